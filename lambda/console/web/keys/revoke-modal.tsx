import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { KeyView } from "../../views.ts";
import { api, read } from "../api.ts";
import { ConfirmModal } from "../parts/confirm-modal.tsx";

export function RevokeModal({ apiKey, onClose }: { apiKey: KeyView; onClose: () => void }) {
  const client = useQueryClient();
  const { mutate, error, isPending } = useMutation({
    mutationFn: () => read(api.keys[":keyId"].revoke.$post({ param: { keyId: apiKey.key_id } })),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["keys"] });
      onClose();
    },
  });
  return (
    <ConfirmModal
      title={`Revoke "${apiKey.name}"?`}
      action="Revoke the key"
      isBusy={isPending}
      error={error}
      onConfirm={() => mutate()}
      onClose={onClose}
    >
      Whatever still uses …{apiKey.last4} is refused from its next request on. This cannot be undone. Requests
      that are running now end as they would have.
    </ConfirmModal>
  );
}
