import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Dialog } from "./dialog.tsx";
import { DialogForm } from "./dialog-form.tsx";

interface ConfirmProps {
  readonly title: string;
  readonly children: ReactNode;
  /** What the button does: "Revoke the key". */
  readonly action: string;
  readonly isBusy: boolean;
  readonly error: unknown;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Asks before something that cannot be undone; the safe answer has the focus. */
export function ConfirmModal({ title, children, action, isBusy, error, onConfirm, onClose }: ConfirmProps) {
  return (
    <Dialog onClose={onClose} title={title}>
      <DialogForm
        fields={[]}
        action={action}
        color="red"
        isBusy={isBusy}
        error={error}
        onSubmit={onConfirm}
        onClose={onClose}
      >
        <Text size="sm" component="div">
          {children}
        </Text>
      </DialogForm>
    </Dialog>
  );
}
