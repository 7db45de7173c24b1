import { Alert, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { checkoutTimeMs } from "./checkout-time.ts";
import { receiptsQuery } from "./queries.ts";

type Outcome = "done" | "cancelled" | null;

/** Back from the page of the payment provider, which says so in the address. The ledger says when the money is there. */
export function PaidNotice() {
  const [outcome] = useState<Outcome>(outcomeInAddress);
  if (outcome === "cancelled") {
    return (
      <Alert color="gray" title="Nothing was paid">
        <Text size="sm">You left the payment page. Your balance is as it was.</Text>
      </Alert>
    );
  }
  return outcome === "done" ? <Crediting /> : null;
}

/** Usually a second; the payment provider's message brings it. */
function Crediting() {
  const client = useQueryClient();
  const [sinceMs] = useState(() => checkoutTimeMs(Date.now()));
  const isNew = (createdAt: string) => Date.parse(createdAt) >= sinceMs;
  const { data } = useQuery({
    ...receiptsQuery,
    refetchInterval: ({ state }) => {
      if (!state.data?.some((receipt) => isNew(receipt.created_at))) return 1_000;
      void client.invalidateQueries({ queryKey: ["balance"] });
      return false;
    },
  });
  const hasCome = data?.some((receipt) => isNew(receipt.created_at)) ?? false;
  return hasCome ? (
    <Alert color="green" title="Paid and credited" role="status">
      <Text size="sm">The payment has arrived in your balance. Its receipt is below.</Text>
    </Alert>
  ) : (
    <Alert title="Paid; the credit is on its way" role="status">
      <Text size="sm">It is there as soon as the payment is confirmed, which is usually at once.</Text>
    </Alert>
  );
}

/** Read once and then taken out of the address, so that a reload does not say it again. */
function outcomeInAddress(): Outcome {
  const url = new URL(location.href);
  const outcome = url.searchParams.get("top_up");
  if (outcome !== "done" && outcome !== "cancelled") return null;
  url.searchParams.delete("top_up");
  history.replaceState(history.state, "", url);
  return outcome;
}
