import { Alert, Button, Code, Group, Stack, Text } from "@mantine/core";
import { IconInfoCircle } from "@tabler/icons-react";
import { useState } from "react";
import type { CreatedKeyView } from "../../views.ts";
import { CopyButton } from "../parts/copy-button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { KeyForm } from "./key-form.tsx";

interface CreateKeyModalProps {
  readonly onCreated?: (created: CreatedKeyView) => void;
  readonly onClose: () => void;
}

/** The form, and then the key: once, as nobody can show it again. */
export function CreateKeyModal({ onCreated, onClose }: CreateKeyModalProps) {
  const [created, setCreated] = useState<CreatedKeyView>();
  const keep = (view: CreatedKeyView) => {
    setCreated(view);
    onCreated?.(view);
  };
  return (
    <Dialog
      onClose={onClose}
      title={created ? `Your key "${created.key.name}"` : "New key"}
      // A click beside the window must not lose the key.
      closeOnClickOutside={!created}
      closeOnEscape={!created}
      size="md"
    >
      {created ? (
        <Secret secret={created.secret} onDone={onClose} />
      ) : (
        <KeyForm onCreated={keep} onCancel={onClose} />
      )}
    </Dialog>
  );
}

function Secret({ secret, onDone }: { secret: string; onDone: () => void }) {
  return (
    <Stack>
      <Alert icon={<IconInfoCircle size={18} aria-hidden />}>
        <Text size="sm">Copy it now. It is shown once: only a fingerprint of it is kept.</Text>
      </Alert>
      <Code block className="secret" data-testid="secret">
        {secret}
      </Code>
      <Group justify="space-between">
        <CopyButton text={secret} what="key" />
        <Button onClick={onDone} data-autofocus>
          I have copied it
        </Button>
      </Group>
    </Stack>
  );
}
