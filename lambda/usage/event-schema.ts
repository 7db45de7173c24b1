/**
 * The events as a contract: what each detail on the bus looks like, and so what a consumer may count on. Ours read every
 * event through it; `docs/events.md` is written from it. Fields may be added without a new version: unknown ones are
 * ignored. No field holds any text of a prompt or an answer.
 */
import { z } from "zod";
import type { Outcome } from "../core/charge.ts";
import {
  type BalanceLow,
  type BalanceMoved,
  type BusEvent,
  EVENT_VERSION,
  type LedgerTampered,
  type UsageSettled,
} from "../core/events.ts";

const OUTCOMES = [
  "completed",
  "failed",
  "broken",
  "suspense",
  "expired",
  "aborted",
] as const satisfies Outcome[];

const version = z.literal(EVENT_VERSION).describe("Raised when a field is removed or changes its meaning");
const accountId = z.string().min(1).describe("The account");
const entryId = z.string().min(1).describe("The ledger entry: deliveries repeat, this tells repetitions");
const eventId = z.string().min(1).describe("Deliveries repeat: this tells repetitions");
const id = (meaning: string) => z.string().min(1).describe(meaning);
const time = (meaning: string) =>
  z.iso.datetime({ precision: 3 }).describe(`${meaning}: ISO 8601, UTC, milliseconds`);
const tokens = (meaning: string) => z.int().min(0).describe(meaning);
/** Came after the first version: an event that was published before has none. */
const part = (meaning: string) => z.int().min(0).default(0).describe(meaning);
const picoUsd = (meaning: string) =>
  z
    .string()
    .regex(/^-?\d{1,38}$/)
    .describe(`${meaning}: whole pico-USD (10^-12 USD) as a string`);

export const usageSettled = z.object({
  version,
  entry_id: entryId,
  account_id: accountId,
  request_id: id("The request, as in its answer's `x-request-id`"),
  key_id: id("The key that spent"),
  model: id("The model's public id"),
  // Empty where the hold expired and nobody knows who was asked.
  provider: z.string().describe("Who ran it; empty where a crash left that unknown"),
  tag: z.string().nullable().describe("The client's own label, at most 64 characters, or null"),
  outcome: z.enum(OUTCOMES).describe("How the request ended"),
  estimated: z.boolean().describe("The tokens were estimated: the provider gave none"),
  created_at: time("When it was settled"),
  input_tokens: tokens("Without cache reads and writes"),
  cache_read_tokens: tokens("Read from the provider's cache"),
  cache_write_tokens: tokens("Written to the provider's cache"),
  output_tokens: tokens("With reasoning"),
  reasoning_tokens: tokens("The part of the output that is reasoning"),
  total_input_tokens: tokens("The three input kinds together"),
  cost_pico_usd: picoUsd("What was charged"),
  write_off_pico_usd: picoUsd("What nothing was left to pay with"),
  catalog_version: z.string().describe("The prices that applied"),
  latency_ms: z.int().describe("From the request's arrival to its end, in milliseconds"),
  time_to_first_token_ms: z.int().nullable().describe("Until the first output, where it was streamed"),
  cache_write_1h_tokens: part("The part of the cache writes that is kept for an hour"),
  audio_input_tokens: part("The part of the input that is audio"),
  audio_cache_read_tokens: part("The part of the cache reads that is audio"),
  audio_output_tokens: part("The part of the output that is audio"),
  image_output_tokens: part("The part of the output that is images"),
}) satisfies z.ZodType<UsageSettled>;

export const balanceMoved = z.object({
  version,
  entry_id: entryId,
  account_id: accountId,
  type: z.enum(["topup", "refund", "adjustment", "late"]).describe("The entry's type"),
  amount_pico_usd: picoUsd("What the balance moved by"),
  write_off_pico_usd: picoUsd("What nothing was left to pay with"),
  fee_pico_usd: picoUsd(
    "The fee paid on top of a top-up, or paid back with a refund (negative); no balance moved by it",
  ),
  created_at: time("When it was posted"),
}) satisfies z.ZodType<BalanceMoved>;

export const balanceLow = z.object({
  version,
  event_id: eventId,
  account_id: accountId,
  posted_pico_usd: picoUsd("The balance when it was found low"),
  threshold_pico_usd: picoUsd("The account's threshold"),
  created_at: time("When it was found low"),
}) satisfies z.ZodType<BalanceLow>;

export const ledgerTampered = z.object({
  version,
  event_id: eventId,
  account_id: accountId,
  entry_id: id("The entry that was changed"),
  change: z.enum(["modified", "removed"]).describe("What was done to it"),
  created_at: time("When, to the second"),
}) satisfies z.ZodType<LedgerTampered>;

const event = z.discriminatedUnion("type", [
  z.object({ type: z.literal("usage.settled"), detail: usageSettled }),
  z.object({ type: z.literal("balance.credited"), detail: balanceMoved }),
  z.object({ type: z.literal("balance.adjusted"), detail: balanceMoved }),
  z.object({ type: z.literal("balance.low"), detail: balanceLow }),
  z.object({ type: z.literal("ledger.tampered"), detail: ledgerTampered }),
]);

/** @throws Error that names each field at fault, and never shows a value. */
export function parseEvent(value: { readonly type: unknown; readonly detail: unknown }): BusEvent {
  const parsed = event.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new Error(`not an event of ours: ${problems.join("; ")}`);
}
