import type { AnswerHeaders } from "./upstream.ts";

const DAY_SECONDS = 86_400;

/**
 * When a provider says to come back: OpenAI's `retry-after-ms`, `retry-after` (seconds or a date), OpenRouter's
 * `x-ratelimit-reset` (epoch milliseconds; other providers: epoch or plain seconds).
 * @returns whole seconds, rounded up, at most a day; undefined when nothing readable is there
 */
export function retryAfterSeconds(headers: AnswerHeaders, nowMs: number): number | undefined {
  const waitMs = milliseconds(headers) ?? secondsOrDate(headers, nowMs) ?? reset(headers, nowMs);
  if (waitMs === undefined) return undefined;
  return Math.min(DAY_SECONDS, Math.max(0, Math.ceil(waitMs / 1_000)));
}

function milliseconds(headers: AnswerHeaders): number | undefined {
  return decimal(headers["retry-after-ms"]);
}

function secondsOrDate(headers: AnswerHeaders, nowMs: number): number | undefined {
  const value = headers["retry-after"];
  const seconds = decimal(value);
  if (seconds !== undefined) return seconds * 1_000;
  const dateMs = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(dateMs) ? undefined : dateMs - nowMs;
}

function reset(headers: AnswerHeaders, nowMs: number): number | undefined {
  const value = decimal(headers["x-ratelimit-reset"]);
  if (value === undefined) return undefined;
  if (value > 1e12) return value - nowMs;
  return value > 1e9 ? value * 1_000 - nowMs : value * 1_000;
}

function decimal(value: string | string[] | undefined): number | undefined {
  return typeof value === "string" && /^\d+(\.\d+)?$/.test(value) ? Number(value) : undefined;
}
