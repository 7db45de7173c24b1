/** What the console's API takes. Every `error` says what would be right. */
import { z } from "zod";
import { parseUsd } from "../core/money.ts";

const usdOrZero = z
  .string({ error: 'an amount in USD as a string, such as "10" or "0.40"' })
  .regex(/^\d{1,9}(\.\d{1,12})?$/, { error: "an amount in USD with at most 12 decimals, such as 10 or 0.40" })
  .transform(parseUsd);

/** USD, above zero, as pico-USD. */
const usd = usdOrZero.refine((amount) => amount > 0n, { error: "an amount above zero" });

const text = (most: number) =>
  z
    .string({ error: `a text of 1 to ${most} characters` })
    .trim()
    .min(1, { error: "a text that is not empty" })
    .max(most, { error: `at most ${most} characters` })
    .refine((value) => !hasControlCharacter(value), { error: "a text in one line" });

function hasControlCharacter(value: string): boolean {
  return /\p{Cc}/u.test(value);
}

const FORM_ID = "1 to 40 of A-Z a-z 0-9 _ -, made once for each form that is shown";
/** Makes a click that happens twice one action. */
const formId = z.string({ error: FORM_ID }).regex(/^[A-Za-z0-9_-]{1,40}$/, { error: FORM_ID });

const DAY_FORM = "a day of the calendar, such as 2026-11-23";
const day = z.iso.date({ error: DAY_FORM });

/** Given by an answer's `next`, never made up. */
const cursor = z.string().max(1_000).optional();

// --- keys -----------------------------------------------------------------------------------------------------

const spendLimit = z.strictObject({
  amount: usd,
  period: z.enum(["total", "month"], { error: 'one of "total", "month"' }),
});

const allowedModels = z
  .array(z.string().min(1).max(64))
  .min(1, { error: "at least one model; leave it out to allow every model" })
  .max(100, { error: "at most 100 models" });

export const NewKeyInput = z.strictObject({
  name: text(64),
  spend_limit: spendLimit.optional(),
  /** Absent: every model, also those that come later. */
  allowed_models: allowedModels.optional(),
  expires_at: z.iso.datetime({ offset: true, error: "a time, such as 2026-11-23T12:00:00Z" }).optional(),
});

export const KeyNameInput = z.strictObject({ name: text(64) });

// --- balance and payments -------------------------------------------------------------------------------------

/** Null: the default again. */
export const ThresholdInput = z.strictObject({ threshold: usdOrZero.nullable() });

export const PageQuery = z.object({ cursor });

export const QuoteQuery = z.object({ amount: usd });

export const CheckoutInput = z.strictObject({
  amount: usd,
  save_payment_method: z.boolean().default(false),
  checkout_id: formId,
});

export const AutoTopUpInput = z.strictObject({
  enabled: z.boolean(),
  amount: usd,
  maximum_per_day: z.int().min(1).max(24),
});

// --- usage and requests ---------------------------------------------------------------------------------------

export const UsageQuery = z.object({
  /** Days of UTC, both inclusive. Absent: the last 30 days. */
  from: day.optional(),
  to: day.optional(),
  grain: z.enum(["hour", "day"]).default("day"),
  group_by: z.enum(["model", "key", "none"]).default("none"),
});

const OUTCOMES = ["open", "completed", "failed", "broken", "suspense", "expired", "aborted"] as const;

export const RequestsQuery = z.object({
  cursor,
  key_id: z.string().max(64).optional(),
  model: z.string().max(64).optional(),
  outcome: z.enum(OUTCOMES, { error: `one of ${OUTCOMES.join(", ")}` }).optional(),
  /** The whole id of one request. */
  request_id: z.string().max(80).optional(),
});

// --- sign-in and operator -------------------------------------------------------------------------------------

export const LoginQuery = z.object({
  /** Where in the page to go afterwards: `/keys`. */
  return_to: z.string().max(500).optional(),
  /** From an invite's link. */
  invite: z.string().max(100).optional(),
});

export const AccountsQuery = z.object({
  /** A part of the name or of the id, in any case. */
  search: z.string().max(100).optional(),
});

export const AdjustmentInput = z.strictObject({
  adjustment_id: formId,
  direction: z.enum(["credit", "debit"], { error: 'one of "credit", "debit"' }),
  amount: usd,
  reason: text(200),
});

export const StatusInput = z.strictObject({
  status: z.enum(["active", "suspended"], { error: 'one of "active", "suspended"' }),
  reason: text(200),
});

export const RefundInput = z.strictObject({
  refund_id: formId,
  /** Of the credit; absent: all that is left. */
  amount: usd.optional(),
  reason: text(200),
});

export const ResolutionInput = z.strictObject({
  /** What the provider's bill has for this request. */
  provider_charged: usdOrZero,
  note: text(200),
});

export const RangeQuery = z.object({ from: day.optional(), to: day.optional() });
