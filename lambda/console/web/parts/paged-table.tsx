import { Button, Center } from "@mantine/core";
import type { UseInfiniteQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { DataTable, type DataTableProps } from "./data-table.tsx";
import { Failure } from "./states.tsx";

interface PagedTableProps<Row> extends Omit<DataTableProps<Row>, "rows"> {
  readonly query: UseInfiniteQueryResult<unknown>;
  /** Of all pages so far; undefined while the first is on its way. */
  readonly rows: readonly Row[] | undefined;
  readonly loading: ReactNode;
  readonly empty: ReactNode;
}

/** A list that is read page by page, newest first. What was read stays when a later page cannot be. */
export function PagedTable<Row>({ query, rows, loading, empty, ...table }: PagedTableProps<Row>) {
  return (
    <>
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {!rows && !query.isError && loading}
      {rows?.length === 0 && empty}
      {rows && rows.length > 0 && <DataTable rows={rows} {...table} />}
      {query.hasNextPage && (
        <Center p="sm">
          <Button
            variant="default"
            onClick={() => void query.fetchNextPage()}
            loading={query.isFetchingNextPage}
          >
            Show older ones
          </Button>
        </Center>
      )}
    </>
  );
}
