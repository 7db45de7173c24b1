import type { RequestDetail } from "../../usage-views.ts";
import { formatCount } from "../format.ts";
import { formatMoney } from "../money.ts";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { Section } from "../parts/page.tsx";

interface Kind {
  readonly name: string;
  readonly tokens: number;
  /** USD per million; null when it has no price of its own to show. */
  readonly price: string | null;
}

const COLUMNS: readonly Column<Kind>[] = [
  { title: "Kind", leads: true, cell: ({ name }) => name },
  { title: "Tokens", isFigure: true, cell: ({ tokens }) => formatCount(tokens) },
  { title: "USD per million", isFigure: true, cell: ({ price }) => (price ? formatMoney(price) : "–") },
];

/** What was counted, and what each kind costs. */
export function TokensSection({ request }: { request: RequestDetail }) {
  return (
    <Section title="Tokens by kind" about={priceWords(request)} flush>
      <DataTable
        label="Tokens by kind"
        columns={COLUMNS}
        rows={kindsOf(request)}
        rowKey={({ name }) => name}
      />
    </Section>
  );
}

function priceWords({ prices, prices_are_of_request }: RequestDetail): string {
  if (!prices) return "The model is not sold any more, so its prices are not shown.";
  if (!prices_are_of_request) return "Prices are today’s; the request was charged with those of its time.";
  return "With the prices it was charged with.";
}

function kindsOf({ tokens, prices }: RequestDetail): readonly Kind[] {
  const kinds: readonly Kind[] = [
    { name: "Input", tokens: tokens.input, price: prices?.input_per_million ?? null },
    { name: "Cached input", tokens: tokens.cache_read, price: prices?.cache_read_per_million ?? null },
    { name: "Cache writes", tokens: tokens.cache_write, price: prices?.cache_write_per_million ?? null },
    { name: "Output", tokens: tokens.output, price: prices?.output_per_million ?? null },
    { name: "Reasoning (part of output)", tokens: tokens.reasoning, price: null },
    { name: "Audio input", tokens: tokens.audio_input, price: null },
    { name: "Audio output", tokens: tokens.audio_output, price: null },
  ];
  return kinds.filter(({ name, tokens: count }) => count > 0 || name === "Input" || name === "Output");
}
