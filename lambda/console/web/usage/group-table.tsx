import type { UsageView } from "../../usage-views.ts";
import { formatCount } from "../format.ts";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { Money } from "../parts/money.tsx";
import { Section } from "../parts/page.tsx";
import { Empty } from "../parts/states.tsx";
import { type GroupTotal, groupTotals } from "./series.ts";

const TITLES = { model: "Models", key: "Keys", none: "All requests" } as const;

const COLUMNS: readonly Column<GroupTotal>[] = [
  { title: "Requests", isFigure: true, cell: (row) => formatCount(row.requests) },
  { title: "Input", isFigure: true, cell: (row) => formatCount(row.input_tokens) },
  { title: "Cached", isFigure: true, cell: (row) => formatCount(row.cache_read_tokens) },
  { title: "Cache writes", isFigure: true, cell: (row) => formatCount(row.cache_write_tokens) },
  { title: "Output", isFigure: true, cell: (row) => formatCount(row.output_tokens) },
  { title: "Saved", isFigure: true, cell: (row) => <Money amount={row.cache_savings} /> },
  { title: "Cost", isFigure: true, cell: (row) => <Money amount={row.cost} /> },
];

/** The charts' figures, exact. */
export function GroupTable({ view }: { view: UsageView }) {
  const title = TITLES[view.group_by];
  const columns: Column<GroupTotal>[] = [
    { title: view.group_by === "key" ? "Key" : "Model", leads: true, cell: (row) => <b>{row.name}</b> },
    ...COLUMNS,
  ];
  return (
    <Section
      title={title}
      about="In this time, the dearest first. Tokens by kind; each is counted once."
      flush
    >
      {view.rows.length === 0 ? (
        <Empty title="Nothing in this time">No request was charged on these days.</Empty>
      ) : (
        <DataTable label={title} columns={columns} rows={groupTotals(view)} rowKey={(row) => row.group} />
      )}
    </Section>
  );
}
