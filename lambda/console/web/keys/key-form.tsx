import { Group, NativeSelect, SegmentedControl, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { CreatedKeyView } from "../../views.ts";
import { api, read } from "../api.ts";
import { typedAmount } from "../money.ts";
import { DialogForm } from "../parts/dialog-form.tsx";
import { errorOf } from "../parts/fields.ts";
import { type Expiry, expiresAt, expiryOptions } from "./expiry.ts";
import { ModelChoice } from "./model-choice.tsx";

const FIELDS = ["name", "spend_limit", "allowed_models", "expires_at"];

type LimitKind = "none" | "month" | "total";

interface KeyFormProps {
  readonly onCreated: (created: CreatedKeyView) => void;
  readonly onCancel: () => void;
}

/** Everything about a new key; only its name has to be given. */
export function KeyForm({ onCreated, onCancel }: KeyFormProps) {
  const [name, setName] = useState("");
  const [limitKind, setLimitKind] = useState<LimitKind>("none");
  const [limit, setLimit] = useState("");
  const [models, setModels] = useState<readonly string[] | null>(null);
  const [expiry, setExpiry] = useState<Expiry>("never");
  const [expiryDay, setExpiryDay] = useState("");
  const client = useQueryClient();
  const { mutate, error, isPending } = useMutation({
    mutationFn: () => {
      const expires_at = expiresAt(expiry, expiryDay, Date.now());
      const json = {
        name,
        ...(limitKind === "none" ? {} : { spend_limit: { amount: typedAmount(limit), period: limitKind } }),
        ...(models === null ? {} : { allowed_models: [...models] }),
        ...(expires_at === undefined ? {} : { expires_at }),
      };
      return read(api.keys.$post({ json }));
    },
    onSuccess: (created) => {
      void client.invalidateQueries({ queryKey: ["keys"] });
      void client.invalidateQueries({ queryKey: ["start"] });
      onCreated(created);
    },
  });
  return (
    <DialogForm
      fields={FIELDS}
      action="Create key"
      isBusy={isPending}
      error={error}
      onSubmit={mutate}
      onClose={onCancel}
    >
      <TextInput
        label="Name"
        description="For yourself: where the key is used."
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        error={errorOf(error, "name")}
        maxLength={64}
        required
        data-autofocus
      />
      <LimitFields kind={limitKind} setKind={setLimitKind} limit={limit} setLimit={setLimit} error={error} />
      <ModelChoice chosen={models} onChange={setModels} error={errorOf(error, "allowed_models")} />
      <ExpiryFields
        expiry={expiry}
        setExpiry={setExpiry}
        day={expiryDay}
        setDay={setExpiryDay}
        error={error}
      />
    </DialogForm>
  );
}

interface LimitProps {
  readonly kind: LimitKind;
  readonly setKind: (kind: LimitKind) => void;
  readonly limit: string;
  readonly setLimit: (limit: string) => void;
  readonly error: unknown;
}

function LimitFields({ kind, setKind, limit, setLimit, error }: LimitProps) {
  return (
    <div>
      <Text size="sm" fw={500} mb={4} id="limit-kind">
        Spend limit
      </Text>
      <SegmentedControl
        fullWidth
        aria-labelledby="limit-kind"
        value={kind}
        onChange={(value) => setKind(value as LimitKind)}
        data={[
          { value: "none", label: "None" },
          { value: "month", label: "A month" },
          { value: "total", label: "In total" },
        ]}
      />
      {kind !== "none" && (
        <TextInput
          mt="xs"
          label={kind === "month" ? "At most a month, in USD" : "At most in total, in USD"}
          inputMode="decimal"
          placeholder="20.00"
          value={limit}
          onChange={(event) => setLimit(event.currentTarget.value)}
          error={errorOf(error, "spend_limit")}
          leftSection="$"
        />
      )}
    </div>
  );
}

interface ExpiryProps {
  readonly expiry: Expiry;
  readonly setExpiry: (expiry: Expiry) => void;
  readonly day: string;
  readonly setDay: (day: string) => void;
  readonly error: unknown;
}

function ExpiryFields({ expiry, setExpiry, day, setDay, error }: ExpiryProps) {
  return (
    <Group grow align="flex-start">
      <NativeSelect
        label="Expires"
        data={expiryOptions}
        value={expiry}
        onChange={(event) => setExpiry(event.currentTarget.value as Expiry)}
        error={expiry === "day" ? undefined : errorOf(error, "expires_at")}
      />
      {expiry === "day" && (
        <TextInput
          type="date"
          label="Last day"
          value={day}
          onChange={(event) => setDay(event.currentTarget.value)}
          error={errorOf(error, "expires_at")}
        />
      )}
    </Group>
  );
}
