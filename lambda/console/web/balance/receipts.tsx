import { Anchor, Badge, Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReceiptView } from "../../views.ts";
import { isZero } from "../money.ts";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { Money } from "../parts/money.tsx";
import { Section } from "../parts/page.tsx";
import { Empty, Loaded, LoadingRows } from "../parts/states.tsx";
import { Time } from "../parts/time.tsx";
import { receiptsQuery } from "./queries.ts";

export const RECEIPT_COLUMNS: readonly Column<ReceiptView>[] = [
  { title: "When", leads: true, cell: (receipt) => <When receipt={receipt} /> },
  { title: "Credit", isFigure: true, cell: ({ credit }) => <Money amount={credit} /> },
  { title: "Service fee", isFigure: true, cell: ({ fee }) => <Money amount={fee} /> },
  { title: "Paid", isFigure: true, cell: ({ total }) => <Money amount={total} /> },
  {
    title: "Paid back",
    isFigure: true,
    cell: ({ refunded }) => (isZero(refunded) ? "–" : <Money amount={refunded} />),
  },
  { title: "Receipt", cell: (receipt) => <ReceiptLink receipt={receipt} /> },
];

function When({ receipt }: { receipt: ReceiptView }) {
  return (
    <Group gap={8}>
      <Time iso={receipt.created_at} />
      {receipt.automatic && <Badge color="gray">automatic</Badge>}
    </Group>
  );
}

function ReceiptLink({ receipt }: { receipt: ReceiptView }) {
  if (!receipt.url) {
    return (
      <Text inherit c="dimmed" className="mono breaks">
        {receipt.payment_id}
      </Text>
    );
  }
  return (
    <Anchor href={receipt.url} target="_blank" rel="noreferrer" inherit>
      Open
    </Anchor>
  );
}

export function Receipts() {
  const query = useQuery(receiptsQuery);
  return (
    <Section title="Receipts" about="What was paid by card, and what of it was the fee." flush>
      <Loaded query={query} loading={<LoadingRows rows={2} label="The receipts are loading" />}>
        {(receipts) =>
          receipts.length > 0 ? (
            <DataTable
              label="Receipts"
              columns={RECEIPT_COLUMNS}
              rows={receipts}
              rowKey={(receipt) => receipt.payment_id}
            />
          ) : (
            <Empty title="No receipt yet">Your first payment’s receipt will be here.</Empty>
          )
        }
      </Loaded>
    </Section>
  );
}
