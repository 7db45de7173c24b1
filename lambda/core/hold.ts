import type { PicoUsd } from "./money.ts";

/**
 * Money set aside before the upstream call. It is stored as one short string, and every later condition
 * names that whole string, so two attempts at the same hold can never be taken for each other.
 */
export interface Hold {
  readonly amountPicoUsd: PicoUsd;
  readonly expiresAtMs: number;
  readonly keyId: string;
  /** `keyId#total`, `keyId#2026-11`, or `-` for a key without a limit: where the key's spend was counted. */
  readonly keyPeriod: string;
  readonly model: string;
  readonly catalogVersion: string;
  /** Unique for each try: a delayed first try must not pass for the second (docs/decisions). */
  readonly attempt: string;
}

export const NO_KEY_PERIOD = "-";

/** Ids, model names and versions never contain "|": configuration refuses it. */
export function encodeHold(hold: Hold): string {
  return [
    hold.amountPicoUsd,
    hold.expiresAtMs,
    hold.keyId,
    hold.keyPeriod,
    hold.model,
    hold.catalogVersion,
    hold.attempt,
  ].join("|");
}

const WHOLE = /^\d+$/;

/** @throws Error when the string is not one that `encodeHold` wrote: the table was edited by hand. */
export function decodeHold(text: string): Hold {
  const [amount, expiresAt, keyId, keyPeriod, model, catalogVersion, attempt, ...rest] = text.split("|");
  if (!amount || !expiresAt || !keyId || !keyPeriod || !model || !catalogVersion || !attempt || rest.length) {
    throw new Error(`not a hold: "${text}"`);
  }
  if (!WHOLE.test(amount) || !WHOLE.test(expiresAt)) throw new Error(`not a hold: "${text}"`);
  return {
    amountPicoUsd: BigInt(amount),
    expiresAtMs: Number(expiresAt),
    keyId,
    keyPeriod,
    model,
    catalogVersion,
    attempt,
  };
}

/** A hold lives past the function's own deadline by this much, so the sweeper never races a live request. */
const AFTER_DEADLINE_MS = 120_000;
/** AWS refuses requests signed more than five minutes ago, so nothing lands later than this after it was sent. */
const LANDS_WITHIN_MS = 300_000;
/** A minute for the tries of HOLD, and for each of them the time in which it may land. */
const MINIMUM_LIFE_MS = LANDS_WITHIN_MS + 60_000;

/** Reckoned once for a request, whatever it offers: see `maySendHold`. */
export function holdExpiryMs(nowMs: number, deadlineMs: number): number {
  return Math.max(deadlineMs + AFTER_DEADLINE_MS, nowMs + MINIMUM_LIFE_MS);
}

/**
 * Whether a try of HOLD may still be sent: one that could land after the hold's expiry must not be. By then the sweeper may
 * have ended an earlier try and drained its entry, and the late one would open a second hold for an id that has its end.
 * A process that stands still between two tries (a laptop that sleeps) comes to this.
 */
export function maySendHold(hold: Pick<Hold, "expiresAtMs">, nowMs: number): boolean {
  return nowMs + LANDS_WITHIN_MS < hold.expiresAtMs;
}

/** The period a key's spend is counted in; a month is a calendar month in UTC. */
export function keyPeriodOf(
  keyId: string,
  limit: { period: "total" | "month" } | undefined,
  nowMs: number,
): string {
  if (!limit) return NO_KEY_PERIOD;
  return `${keyId}#${limit.period === "total" ? "total" : new Date(nowMs).toISOString().slice(0, 7)}`;
}
