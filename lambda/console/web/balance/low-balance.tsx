import { Button, Group, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { BalanceView } from "../../views.ts";
import { api, read } from "../api.ts";
import { formatMoney, typedAmount } from "../money.ts";
import { errorOf, isOfForm } from "../parts/fields.ts";
import { Section } from "../parts/page.tsx";
import { Failure, Loaded, LoadingBlock } from "../parts/states.tsx";
import { balanceQuery } from "../queries.ts";
import { useIsOwner } from "../session.tsx";

export function LowBalanceSection() {
  const query = useQuery(balanceQuery);
  const isOwner = useIsOwner();
  return (
    <Section
      title="Low balance"
      about="Below this amount the balance counts as low, and automatic top-ups begin."
    >
      <Loaded query={query} loading={<LoadingBlock height={62} label="The threshold is loading" />}>
        {({ low_balance }) =>
          isOwner ? (
            <ThresholdForm key={low_balance.threshold} low={low_balance} />
          ) : (
            <Text size="sm">{formatMoney(low_balance.threshold)}</Text>
          )
        }
      </Loaded>
    </Section>
  );
}

function ThresholdForm({ low }: { low: BalanceView["low_balance"] }) {
  const [text, setText] = useState(formatMoney(low.threshold).replace("$", ""));
  const client = useQueryClient();
  const { mutate, error, isPending } = useMutation({
    mutationFn: (threshold: string | null) => read(api.balance.threshold.$put({ json: { threshold } })),
    onSuccess: (balance) => client.setQueryData(balanceQuery.queryKey, balance),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    mutate(typedAmount(text));
  };
  return (
    <form onSubmit={submit} noValidate>
      <Group align="flex-end" gap="sm" wrap="nowrap">
        <TextInput
          label="Threshold in USD"
          inputMode="decimal"
          leftSection="$"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          error={errorOf(error, "threshold")}
          className="grows"
        />
        <Button type="submit" variant="default" loading={isPending}>
          Save
        </Button>
      </Group>
      <Group mt={6} gap="xs" mih={22}>
        {low.is_default ? (
          <Text size="xs" c="dimmed">
            This is the default.
          </Text>
        ) : (
          <Button size="compact-xs" variant="subtle" onClick={() => mutate(null)}>
            Back to the default
          </Button>
        )}
      </Group>
      {isOfForm(error, ["threshold"]) && <Failure error={error} />}
    </form>
  );
}
