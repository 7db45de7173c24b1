import { Badge, Button, Center, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { CreditView } from "../../views.ts";
import { isNegative } from "../money.ts";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { Money } from "../parts/money.tsx";
import { Section } from "../parts/page.tsx";
import { Empty, Failure, LoadingRows } from "../parts/states.tsx";
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
  const credits = query.data?.pages.flatMap((page) => page.credits);
  return (
    <Section
      title="History"
      about="Top-ups, refunds and adjustments, newest first. What requests cost is under Requests."
      flush
    >
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {!credits && !query.isError && <LoadingRows rows={4} label="The history is loading" />}
      {credits?.length === 0 && <Empty title="Nothing yet">The first top-up or credit will be here.</Empty>}
      {credits && credits.length > 0 && <CreditTable credits={credits} />}
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
    </Section>
  );
}

export function CreditTable({ credits }: { credits: readonly CreditView[] }) {
  return <DataTable label="History" columns={COLUMNS} rows={credits} rowKey={(credit) => credit.entry_id} />;
}
