import { Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { AccountRow } from "../../operator-views.ts";
import { api, read } from "../api.ts";
import { typedAmount } from "../money.ts";
import { Dialog } from "../parts/dialog.tsx";
import { errorOf } from "../parts/fields.ts";
import { Money } from "../parts/money.tsx";
import { ReasonForm } from "./reason-form.tsx";

interface AdjustmentModalProps {
  readonly account: AccountRow;
  readonly direction: "credit" | "debit";
  readonly onClose: () => void;
}

export function AdjustmentModal({ account, direction, onClose }: AdjustmentModalProps) {
  const [amount, setAmount] = useState("");
  // Made once for this form: a double click is one adjustment.
  const [adjustmentId] = useState(() => crypto.randomUUID());
  const client = useQueryClient();
  const { mutate, isPending, error } = useMutation({
    mutationFn: (reason: string) =>
      read(
        api.operator.accounts[":accountId"].adjustments.$post({
          param: { accountId: account.account_id },
          json: { adjustment_id: adjustmentId, direction, amount: typedAmount(amount), reason },
        }),
      ),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["operator"] });
      void client.invalidateQueries({ queryKey: ["balance"] });
      onClose();
    },
  });
  return (
    <Dialog onClose={onClose} title={`${direction === "credit" ? "Credit" : "Debit"} ${account.name}`}>
      <ReasonForm
        action={direction === "credit" ? "Credit" : "Debit"}
        color={direction === "credit" ? undefined : "red"}
        label="Reason, which the customer sees"
        fields={["amount"]}
        isBusy={isPending}
        error={error}
        onSubmit={mutate}
        onClose={onClose}
      >
        <Text size="sm">
          Available now: <Money amount={account.available} />.
          {direction === "debit" && " A debit takes no more than that; the rest is written off."}
        </Text>
        <TextInput
          label="Amount in USD"
          inputMode="decimal"
          leftSection="$"
          value={amount}
          onChange={(event) => setAmount(event.currentTarget.value)}
          error={errorOf(error, "amount")}
          required
          data-autofocus
        />
      </ReasonForm>
    </Dialog>
  );
}
