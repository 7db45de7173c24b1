import { Badge, Text } from "@mantine/core";
import type { RequestDetail, TriedRoute } from "../../usage-views.ts";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { Section } from "../parts/page.tsx";
import { Empty } from "../parts/states.tsx";

type Try = TriedRoute & { readonly number: number };

const COLUMNS: readonly Column<Try>[] = [
  { title: "Try", cell: ({ number }) => number },
  { title: "Provider", leads: true, cell: ({ provider }) => <b>{provider}</b> },
  { title: "Its model", cell: ({ model }) => model ?? "–" },
  { title: "Ended with", cell: ({ error_code }) => <End code={error_code} /> },
];

function End({ code }: { code: string | null }) {
  if (code === null) return <Badge color="green">answer</Badge>;
  return (
    <Text inherit className="mono breaks">
      {code}
    </Text>
  );
}

/** Which providers were asked, in order. */
export function RoutesSection({ request }: { request: RequestDetail }) {
  const tries = request.routes.map((route, index) => ({ ...route, number: index + 1 }));
  return (
    <Section
      title="Routes tried"
      about="In this order; the next one only when nothing had come from the one before."
      flush
    >
      {tries.length > 0 ? (
        <DataTable
          label="Routes tried"
          columns={COLUMNS}
          rows={tries}
          rowKey={({ number }) => String(number)}
        />
      ) : (
        <Empty title="None is known">No provider was asked, or it is not known which.</Empty>
      )}
    </Section>
  );
}
