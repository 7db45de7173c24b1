import { TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { DialogForm } from "../parts/dialog-form.tsx";
import { errorOf } from "../parts/fields.ts";

interface ReasonFormProps {
  /** What comes before the reason. */
  readonly children?: ReactNode;
  /** Which of the API's fields `children` show the errors of. */
  readonly fields?: readonly string[];
  readonly label?: string;
  /** The reason's name in the API. */
  readonly param?: string;
  readonly action: string;
  readonly color?: string | undefined;
  readonly isBusy: boolean;
  readonly error: unknown;
  readonly onSubmit: (reason: string) => void;
  readonly onClose: () => void;
}

/** An operator's action is never without a reason: it goes to the audit log, and where money moves to the customer too. */
export function ReasonForm(props: ReasonFormProps) {
  const { children, fields = [], label = "Reason", param = "reason", onSubmit, ...form } = props;
  const [reason, setReason] = useState("");
  return (
    <DialogForm {...form} fields={[...fields, param]} onSubmit={() => onSubmit(reason)}>
      {children}
      <TextInput
        label={label}
        maxLength={200}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        error={errorOf(form.error, param)}
        required
        data-autofocus={fields.length === 0 || undefined}
      />
    </DialogForm>
  );
}
