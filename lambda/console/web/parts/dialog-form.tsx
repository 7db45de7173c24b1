import { Button, Group, Stack } from "@mantine/core";
import { type FormEvent, type ReactNode, useEffect, useRef } from "react";
import { isOfForm } from "./fields.ts";
import { Failure } from "./states.tsx";

interface DialogFormProps {
  readonly children: ReactNode;
  /** Which of the API's fields `children` show the errors of. */
  readonly fields: readonly string[];
  /** What the button does: "Create key". */
  readonly action: string;
  readonly color?: string | undefined;
  readonly isBusy: boolean;
  readonly error: unknown;
  readonly onSubmit: () => void;
  readonly onClose: () => void;
}

/** What is filled in within a dialog. What is refused stays as it was typed. */
export function DialogForm(props: DialogFormProps) {
  const { children, fields, action, color, isBusy, error } = props;
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    // While it was busy the button could not keep the focus; what is to be mended is next.
    if (error) form.current?.querySelector<HTMLElement>(FIRST_WRONG)?.focus();
  }, [error]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    props.onSubmit();
  };
  return (
    <form ref={form} onSubmit={submit} noValidate>
      <Stack>
        {children}
        {isOfForm(error, fields) && <Failure error={error} />}
        <Group justify="flex-end">
          {/* The first of a dialog that asks for it gets the focus: a field, or else the safe answer. */}
          <Button variant="default" onClick={props.onClose} disabled={isBusy} data-autofocus>
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

/** In the order of the form, which ends with its button. */
const FIRST_WRONG = 'input[aria-invalid="true"], button[type="submit"]';
