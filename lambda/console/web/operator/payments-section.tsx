import { Button, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { ReceiptView } from "../../views.ts";
import { api, read } from "../api.ts";
import { RECEIPT_COLUMNS } from "../balance/receipts.tsx";
import { typedAmount } from "../money.ts";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { errorOf } from "../parts/fields.ts";
import { Money } from "../parts/money.tsx";
import { Section } from "../parts/page.tsx";
import { Empty, Loaded, LoadingRows } from "../parts/states.tsx";
import { ReasonForm } from "./reason-form.tsx";

/** What the account has paid by card, to be paid back whole or in part. */
export function PaymentsSection({ accountId }: { accountId: string }) {
  const [refunding, setRefunding] = useState<ReceiptView>();
  const query = useQuery({
    queryKey: ["operator", "receipts", accountId],
    queryFn: async () =>
      (await read(api.operator.accounts[":accountId"].receipts.$get({ param: { accountId } }))).receipts,
  });
  const columns: readonly Column<ReceiptView>[] = [
    ...RECEIPT_COLUMNS,
    {
      title: "Actions",
      cell: (receipt) =>
        receipt.refunded === receipt.total ? null : (
          <Button size="compact-xs" variant="light" color="red" onClick={() => setRefunding(receipt)}>
            Refund
          </Button>
        ),
    },
  ];
  return (
    <Section title="Payments" flush>
      <Loaded query={query} loading={<LoadingRows rows={2} label="The payments are loading" />}>
        {(receipts) =>
          receipts.length > 0 ? (
            <DataTable
              label="Payments"
              columns={columns}
              rows={receipts}
              rowKey={(receipt) => receipt.payment_id}
            />
          ) : (
            <Empty title="No payment">Nothing was paid by card.</Empty>
          )
        }
      </Loaded>
      {refunding && (
        <RefundModal accountId={accountId} receipt={refunding} onClose={() => setRefunding(undefined)} />
      )}
    </Section>
  );
}

interface RefundModalProps {
  readonly accountId: string;
  readonly receipt: ReceiptView;
  readonly onClose: () => void;
}

function RefundModal({ accountId, receipt, onClose }: RefundModalProps) {
  const [amount, setAmount] = useState("");
  const [refundId] = useState(() => crypto.randomUUID());
  const client = useQueryClient();
  const { mutate, isPending, error } = useMutation({
    mutationFn: (reason: string) =>
      read(
        api.operator.accounts[":accountId"].receipts[":paymentId"].refund.$post({
          param: { accountId, paymentId: receipt.payment_id },
          json: { refund_id: refundId, reason, ...(amount.trim() ? { amount: typedAmount(amount) } : {}) },
        }),
      ),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["operator"] });
      onClose();
    },
  });
  return (
    <Dialog onClose={onClose} title="Refund a payment">
      <ReasonForm
        action="Refund"
        color="red"
        fields={["amount"]}
        isBusy={isPending}
        error={error}
        onSubmit={mutate}
        onClose={onClose}
      >
        <Text size="sm">
          Paid: <Money amount={receipt.total} />, of it <Money amount={receipt.fee} /> fee. The fee is paid
          back in proportion. The balance goes down when the payment provider confirms.
        </Text>
        <TextInput
          label="Credit to take back, in USD"
          description="Empty: all that is left of it."
          inputMode="decimal"
          leftSection="$"
          value={amount}
          onChange={(event) => setAmount(event.currentTarget.value)}
          error={errorOf(error, "amount")}
          data-autofocus
        />
      </ReasonForm>
    </Dialog>
  );
}
