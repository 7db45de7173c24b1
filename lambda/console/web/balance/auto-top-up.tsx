import { Alert, Button, Group, NativeSelect, Stack, Switch, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { AutoTopUpView } from "../../views.ts";
import { api, read } from "../api.ts";
import { formatMoney, typedAmount } from "../money.ts";
import { errorOf, isOfForm } from "../parts/fields.ts";
import { Section } from "../parts/page.tsx";
import { Failure, Loaded, LoadingBlock } from "../parts/states.tsx";
import { useIsOwner } from "../session.tsx";
import { autoTopUpQuery, termsQuery } from "./queries.ts";

export function AutoTopUpSection() {
  const query = useQuery(autoTopUpQuery);
  const isOwner = useIsOwner();
  const { data: terms } = useQuery(termsQuery);
  if (terms?.mode === "off") return null;
  return (
    <Section title="Automatic top-up" about="Pays with the saved card when the balance is low.">
      <Loaded query={query} loading={<LoadingBlock height={140} label="Automatic top-up is loading" />}>
        {(settings) => (isOwner ? <Settings settings={settings} /> : <InWords settings={settings} />)}
      </Loaded>
    </Section>
  );
}

function InWords({ settings }: { settings: AutoTopUpView }) {
  return (
    <Text size="sm">{settings.enabled ? `On: ${formatMoney(settings.amount)} each time.` : "Off."}</Text>
  );
}

function Settings({ settings }: { settings: AutoTopUpView }) {
  return (
    <Stack gap="sm">
      {settings.stopped_because && (
        <Alert color="red" title="It has stopped">
          <Text size="sm">{settings.stopped_because}</Text>
        </Alert>
      )}
      {settings.payment_method ? (
        <>
          <SavedCard method={settings.payment_method} />
          <SettingsForm key={JSON.stringify(settings)} settings={settings} />
        </>
      ) : (
        <Text size="sm">
          No card is saved yet. Top up once with “Keep the card” chosen, and it can be turned on here.
        </Text>
      )}
    </Stack>
  );
}

function SavedCard({ method }: { method: NonNullable<AutoTopUpView["payment_method"]> }) {
  const client = useQueryClient();
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => read(api.payments.method.$delete()),
    onSuccess: (view) => client.setQueryData(autoTopUpQuery.queryKey, view),
  });
  return (
    <>
      <Group justify="space-between">
        <Text size="sm">
          {method.brand} ending in <span className="mono">{method.last4}</span>
        </Text>
        <Button size="compact-xs" variant="default" onClick={() => mutate()} loading={isPending}>
          Forget the card
        </Button>
      </Group>
      {error && <Failure error={error} />}
    </>
  );
}

function SettingsForm({ settings }: { settings: AutoTopUpView }) {
  const [enabled, setEnabled] = useState(settings.enabled);
  const [amount, setAmount] = useState(formatMoney(settings.amount).replace("$", ""));
  const [perDay, setPerDay] = useState(settings.maximum_per_day);
  const client = useQueryClient();
  const { mutate, isPending, error } = useMutation({
    mutationFn: () =>
      read(
        api.payments["auto-top-up"].$put({
          json: { enabled, amount: typedAmount(amount), maximum_per_day: perDay },
        }),
      ),
    onSuccess: (view) => client.setQueryData(autoTopUpQuery.queryKey, view),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    mutate();
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <Switch
          label="Top up automatically"
          checked={enabled}
          onChange={(event) => setEnabled(event.currentTarget.checked)}
        />
        <Group grow align="flex-start">
          <TextInput
            label="Credit in USD"
            inputMode="decimal"
            leftSection="$"
            value={amount}
            onChange={(event) => setAmount(event.currentTarget.value)}
            error={errorOf(error, "amount")}
          />
          <NativeSelect
            label="At most a day"
            data={PER_DAY}
            value={String(perDay)}
            onChange={(event) => setPerDay(Number(event.currentTarget.value))}
          />
        </Group>
        {isOfForm(error, ["amount"]) && <Failure error={error} />}
        <Button type="submit" variant="default" loading={isPending}>
          Save
        </Button>
      </Stack>
    </form>
  );
}

const PER_DAY = Array.from({ length: 24 }, (_, index) => ({
  value: String(index + 1),
  label: index === 0 ? "once" : `${index + 1} times`,
}));
