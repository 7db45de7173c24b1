import { Badge, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { CreditView } from "../../views.ts";
import { isNegative } from "../money.ts";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { Money } from "../parts/money.tsx";
import { Section } from "../parts/page.tsx";
import { PagedTable } from "../parts/paged-table.tsx";
import { Empty, LoadingRows } from "../parts/states.tsx";
import { Time } from "../parts/time.tsx";
import { creditsQuery } from "./queries.ts";

const TYPES: Readonly<Record<CreditView["type"], { readonly label: string; readonly color: string }>> = {
  topup: { label: "top-up", color: "green" },
  refund: { label: "refund", color: "yellow" },
  adjustment: { label: "adjustment", color: "ink" },
};

const COLUMNS: readonly Column<CreditView>[] = [
  { title: "When", leads: true, cell: (credit) => <Time iso={credit.created_at} /> },
  { title: "What", cell: ({ type }) => <Badge color={TYPES[type].color}>{TYPES[type].label}</Badge> },
  { title: "Reason", cell: (credit) => <Reason credit={credit} /> },
  { title: "Amount", isFigure: true, cell: ({ amount }) => <SignedMoney amount={amount} /> },
];

const TABLE = { label: "History", columns: COLUMNS, rowKey: (credit: CreditView) => credit.entry_id };

function SignedMoney({ amount }: { amount: string }) {
  return (
    <span>
      {isNegative(amount) ? "" : "+"}
      <Money amount={amount} />
    </span>
  );
}

function Reason({ credit }: { credit: CreditView }) {
  return (
    <div className="breaks">
      {credit.reason ?? "–"}
      <Text size="xs" c="dimmed" className="mono">
        {credit.entry_id}
      </Text>
    </div>
  );
}

/** Everything that moved the balance and was no request. */
export function Credits() {
  const query = useInfiniteQuery(creditsQuery);
  return (
    <Section
      title="History"
      about="Top-ups, refunds and adjustments, newest first. What requests cost is under Requests."
      flush
    >
      <PagedTable
        {...TABLE}
        query={query}
        rows={query.data?.pages.flatMap((page) => page.credits)}
        loading={<LoadingRows rows={4} label="The history is loading" />}
        empty={<Empty title="Nothing yet">The first top-up or credit will be here.</Empty>}
      />
    </Section>
  );
}

export function CreditTable({ credits }: { credits: readonly CreditView[] }) {
  return <DataTable {...TABLE} rows={credits} />;
}
