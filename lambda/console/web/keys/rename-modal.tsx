import { Button, Group, Stack, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { KeyView } from "../../views.ts";
import { api, read } from "../api.ts";
import { Dialog } from "../parts/dialog.tsx";
import { errorOf, isOfForm } from "../parts/fields.ts";
import { Failure } from "../parts/states.tsx";

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
  const submit = (event: FormEvent) => {
    event.preventDefault();
    mutate();
  };
  return (
    <Dialog onClose={onClose} title="Rename the key">
      <form onSubmit={submit} noValidate>
        <Stack>
          <TextInput
            label="Name"
            value={name}
            maxLength={64}
            onChange={(event) => setName(event.currentTarget.value)}
            error={errorOf(error, "name")}
            required
            data-autofocus
          />
          {isOfForm(error, ["name"]) && <Failure error={error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={isPending}>
              Rename
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
