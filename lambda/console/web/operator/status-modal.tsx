import { Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { AccountRow } from "../../operator-views.ts";
import { api, read } from "../api.ts";
import { Dialog } from "../parts/dialog.tsx";
import { ReasonForm } from "./reason-form.tsx";

export function StatusModal({ account, onClose }: { account: AccountRow; onClose: () => void }) {
  const isActive = account.status === "active";
  const client = useQueryClient();
  const { mutate, isPending, error } = useMutation({
    mutationFn: (reason: string) =>
      read(
        api.operator.accounts[":accountId"].status.$put({
          param: { accountId: account.account_id },
          json: { status: isActive ? "suspended" : "active", reason },
        }),
      ),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["operator"] });
      onClose();
    },
  });
  return (
    <Dialog onClose={onClose} title={`${isActive ? "Suspend" : "Activate"} ${account.name}?`}>
      <ReasonForm
        action={isActive ? "Suspend the account" : "Activate the account"}
        color={isActive ? "red" : undefined}
        isBusy={isPending}
        error={error}
        onSubmit={mutate}
        onClose={onClose}
      >
        <Text size="sm">
          {isActive
            ? "All its keys are refused from their next request on. Its balance stays as it is, and requests that are running end as they would have."
            : "Its keys work again from their next request on."}
        </Text>
      </ReasonForm>
    </Dialog>
  );
}
