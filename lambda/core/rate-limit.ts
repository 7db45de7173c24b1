/** What a key may use in one minute. Absent: as much as it likes. */
export interface RateLimit {
  readonly requestsPerMinute?: number | undefined;
  readonly tokensPerMinute?: number | undefined;
}

/** One request against its key's limit, counted by HOLD in the write that takes the hold. */
export interface RateCheck {
  readonly limit: RateLimit;
  readonly keyId: string;
  /** Whole minutes since 1970. */
  readonly minute: number;
  /** Tokens the request may use at most, input and output: counted when it begins, as OpenAI does. */
  readonly tokens: number;
}

/** What a key's minute has seen, this request included where it was let in. */
export interface RateUse {
  readonly requests: number;
  readonly tokens: number;
}

const MINUTE_MS = 60_000;
/** Clocks of different machines may disagree by this many minutes before a window that is in use is cleared. */
const KEPT_MINUTES = 2;

export function minuteOf(nowMs: number): number {
  return Math.floor(nowMs / MINUTE_MS);
}

export function secondsToNextMinute(nowMs: number): number {
  return Math.ceil((MINUTE_MS - (nowMs % MINUTE_MS)) / 1000);
}

/** The names of a minute's two counters in the account's `rates`. */
export function rateNames(keyId: string, minute: number): { requests: string; tokens: string } {
  return { requests: `${keyId}#${minute}#requests`, tokens: `${keyId}#${minute}#tokens` };
}

/** What a key has used in a minute, by the counters of its account. */
export function rateUseOf(
  { rates }: { readonly rates: ReadonlyMap<string, number> },
  { keyId, minute }: Pick<RateCheck, "keyId" | "minute">,
): RateUse {
  const names = rateNames(keyId, minute);
  return { requests: rates.get(names.requests) ?? 0, tokens: rates.get(names.tokens) ?? 0 };
}

export function isWithin(limit: RateLimit, used: RateUse, tokens: number): boolean {
  const { requestsPerMinute, tokensPerMinute } = limit;
  if (requestsPerMinute !== undefined && used.requests + 1 > requestsPerMinute) return false;
  return tokensPerMinute === undefined || used.tokens + tokens <= tokensPerMinute;
}

/** Counters of minutes that are over. HOLD clears the one before the last; the sweeper what keys left that went quiet. */
export function staleRates(names: Iterable<string>, nowMs: number): string[] {
  const oldest = minuteOf(nowMs) - KEPT_MINUTES;
  return [...names].filter((name) => Number(name.split("#")[1]) < oldest);
}
