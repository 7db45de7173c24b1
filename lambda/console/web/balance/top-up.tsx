import { Badge, Button, Checkbox, Group, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useReducer, useState } from "react";
import type { PaymentTermsView } from "../../views.ts";
import { api, read } from "../api.ts";
import { formatCents, formatMoney, typedAmount } from "../money.ts";
import { Section } from "../parts/page.tsx";
import { Failure, Loaded, LoadingBlock, messageOf } from "../parts/states.tsx";
import { useIsOwner } from "../session.tsx";
import { rememberCheckout } from "./checkout-time.ts";
import { termsQuery } from "./queries.ts";

export function TopUpSection() {
  const query = useQuery(termsQuery);
  return (
    <Section
      title="Top up"
      about="The fee is shown before you pay."
      action={query.data?.mode === "test" && <Badge color="yellow">test mode</Badge>}
    >
      <Loaded query={query} loading={<LoadingBlock height={290} label="The terms are loading" />}>
        {(terms) => <TopUp terms={terms} />}
      </Loaded>
    </Section>
  );
}

function TopUp({ terms }: { terms: PaymentTermsView }) {
  const isOwner = useIsOwner();
  if (terms.mode === "off") {
    return (
      <Text size="sm">
        Top-ups by card are off here. Whoever runs this gateway credits accounts by hand: ask them.
      </Text>
    );
  }
  if (!isOwner) return <Text size="sm">Only an owner of the account can top it up.</Text>;
  return <TopUpForm terms={terms} />;
}

const SUGGESTED = ["10", "25", "50", "100"];

function TopUpForm({ terms }: { terms: PaymentTermsView }) {
  const [text, setText] = useState(formatCents(terms.minimum).replace("$", ""));
  const [keepCard, setKeepCard] = useState(false);
  const amount = typedAmount(text);
  // The same click twice is one checkout; whatever is changed in the form makes it another.
  const [checkoutId, renewId] = useReducer(() => crypto.randomUUID(), crypto.randomUUID());
  const change = (value: string) => {
    setText(value);
    renewId();
  };
  const { mutate, isPending, isSuccess, error } = useMutation({
    mutationFn: () =>
      read(
        api.payments.checkout.$post({
          json: { amount, save_payment_method: keepCard, checkout_id: checkoutId },
        }),
      ),
    onSuccess: ({ url }) => {
      rememberCheckout(Date.now());
      location.assign(url);
    },
  });
  const quote = useQuote(amount);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    mutate();
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <Group gap={6}>
          {SUGGESTED.map((value) => (
            <Button key={value} size="xs" variant="default" onClick={() => change(`${value}.00`)}>
              ${value}
            </Button>
          ))}
        </Group>
        <TextInput
          label="Credit in USD"
          description={`From ${formatMoney(terms.minimum)} to ${formatMoney(terms.maximum)}, in whole cents.`}
          inputMode="decimal"
          leftSection="$"
          value={text}
          onChange={(event) => change(event.currentTarget.value)}
          error={quote.error ? messageOf(quote.error) : undefined}
        />
        <Quote quote={quote.data} feePercent={terms.fee_percent} />
        <Checkbox
          label="Keep the card for automatic top-ups"
          checked={keepCard}
          onChange={(event) => {
            setKeepCard(event.currentTarget.checked);
            renewId();
          }}
        />
        {error && <Failure error={error} />}
        <Button type="submit" loading={isPending || isSuccess} disabled={!quote.data || Boolean(quote.error)}>
          {quote.data ? `Pay ${formatMoney(quote.data.total)}` : "Pay"}
        </Button>
        {terms.mode === "test" && (
          <Text size="xs" c="dimmed">
            Test mode: the payment page takes no real money.
          </Text>
        )}
      </Stack>
    </form>
  );
}

/** What a credit costs, asked of whoever will take the money, a moment after the last key. */
function useQuote(amount: string) {
  const [settled] = useDebouncedValue(amount, 250);
  const query = useQuery({
    queryKey: ["payments", "quote", settled],
    queryFn: () => read(api.payments.quote.$get({ query: { amount: settled } })),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
  const isCurrent = settled === amount && !query.isPlaceholderData && !query.isFetching;
  return {
    data: isCurrent && !query.isError ? query.data : undefined,
    error: isCurrent ? query.error : null,
  };
}

interface QuoteProps {
  readonly quote: { readonly credit: string; readonly fee: string; readonly total: string } | undefined;
  readonly feePercent: string;
}

function Quote({ quote, feePercent }: QuoteProps) {
  const lines = [
    { label: "Credited to your balance", amount: quote?.credit, isTotal: false },
    { label: `Service fee (${feePercent}%)`, amount: quote?.fee, isTotal: false },
    { label: "You pay", amount: quote?.total, isTotal: true },
  ];
  return (
    <dl className="quote" aria-live="polite">
      {lines.map(({ label, amount, isTotal }) => (
        <div key={label} className={isTotal ? "quote-total" : undefined}>
          <dt>{label}</dt>
          <dd className="figures">{amount === undefined ? "…" : formatMoney(amount)}</dd>
        </div>
      ))}
    </dl>
  );
}
