import { TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { KeyView } from "../../views.ts";
import { api, read } from "../api.ts";
import { Dialog } from "../parts/dialog.tsx";
import { DialogForm } from "../parts/dialog-form.tsx";
import { errorOf } from "../parts/fields.ts";

export function RenameModal({ apiKey, onClose }: { apiKey: KeyView; onClose: () => void }) {
  const [name, setName] = useState(apiKey.name);
  const client = useQueryClient();
  const { mutate, error, isPending } = useMutation({
    mutationFn: () => read(api.keys[":keyId"].$patch({ param: { keyId: apiKey.key_id }, json: { name } })),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["keys"] });
      onClose();
    },
  });
  return (
    <Dialog onClose={onClose} title="Rename the key">
      <DialogForm
        fields={["name"]}
        action="Rename"
        isBusy={isPending}
        error={error}
        onSubmit={mutate}
        onClose={onClose}
      >
        <TextInput
          label="Name"
          value={name}
          maxLength={64}
          onChange={(event) => setName(event.currentTarget.value)}
          error={errorOf(error, "name")}
          required
          data-autofocus
        />
      </DialogForm>
    </Dialog>
  );
}
