import { Box, Group, Stack, Table, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import type { ReactNode } from "react";

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ReactNode;
  /** Figures stand to the right, under each other. */
  readonly isFigure?: boolean;
  /** On a phone it is the row's own heading and has no title. */
  readonly leads?: boolean;
}

export interface DataTableProps<Row> {
  /** What is listed, for who cannot see it. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
}

/** A table where there is room for one, a list of what its rows say where there is not. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const isNarrow = useMediaQuery("(max-width: 48em)", false, { getInitialValueInEffect: false });
  return isNarrow ? <NarrowList {...props} /> : <WideTable {...props} />;
}

function WideTable<Row>({ label, columns, rows, rowKey }: DataTableProps<Row>) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it may scroll sideways, and the keyboard must reach it then.
    <section className="scrolls" aria-label={`${label}, table`} tabIndex={0}>
      <Table highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            {columns.map(({ title, isFigure }) => (
              <Table.Th key={title} ta={isFigure ? "right" : "left"} className="column-title">
                {title}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={rowKey(row)}>
              {columns.map(({ title, cell, isFigure }) => (
                <Table.Td
                  key={title}
                  ta={isFigure ? "right" : "left"}
                  className={isFigure ? "figures no-wrap" : ""}
                >
                  {cell(row)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}

function NarrowList<Row>({ label, columns, rows, rowKey }: DataTableProps<Row>) {
  return (
    <ul className="narrow-list" aria-label={label}>
      {rows.map((row) => (
        <li key={rowKey(row)}>
          <Stack gap={6}>
            {columns.map(({ title, cell, leads }) =>
              leads ? (
                <Box key={title}>{cell(row)}</Box>
              ) : (
                <Group key={title} justify="space-between" gap="md" wrap="nowrap" align="baseline">
                  <Text size="xs" c="dimmed" className="no-wrap">
                    {title}
                  </Text>
                  <Box ta="right" fz="sm" className="figures breaks">
                    {cell(row)}
                  </Box>
                </Group>
              ),
            )}
          </Stack>
        </li>
      ))}
    </ul>
  );
}
