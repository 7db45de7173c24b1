import { Button, Group, Stack, TextInput } from "@mantine/core";
import { type FormEvent, type ReactNode, useState } from "react";
import { errorOf, isOfForm } from "../parts/fields.ts";
import { Failure } from "../parts/states.tsx";

interface ReasonFormProps {
  /** What comes before the reason. */
  readonly children?: ReactNode;
  /** Which of the API's fields `children` show the errors of. */
  readonly fields?: readonly string[];
  readonly label?: string;
  /** The reason's name in the API. */
  readonly param?: string;
  readonly action: string;
  readonly color?: string;
  readonly isBusy: boolean;
  readonly error: unknown;
  readonly onSubmit: (reason: string) => void;
  readonly onClose: () => void;
}

/** An operator's action is never without a reason: it goes to the audit log, and where money moves to the customer too. */
export function ReasonForm(props: ReasonFormProps) {
  const { children, fields = [], label = "Reason", param = "reason", action, color, isBusy, error } = props;
  const [reason, setReason] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    props.onSubmit(reason);
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        {children}
        <TextInput
          label={label}
          maxLength={200}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          error={errorOf(error, param)}
          required
        />
        {isOfForm(error, [...fields, param]) && <Failure error={error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={props.onClose}>
            Cancel
          </Button>
          <Button type="submit" color={color} loading={isBusy}>
            {action}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
