import type { ErrorCode, GatewayError } from "./errors.ts";

/** A route that was called and gave no answer. */
export interface TriedRoute {
  readonly provider: string;
  /** The public id. */
  readonly model: string;
  /** A short word or a status: `429`, `connect`, `timeout`. */
  readonly reason: string;
}

const REASONS: Partial<Record<ErrorCode, string>> = {
  rate_limit_exceeded: "429",
  upstream_timeout: "timeout",
  internal_error: "bug",
};

/** Why a route gave no answer, in a word: what its adapter says, else what the error's code tells. */
export function reasonOf({ code, details }: GatewayError): string {
  return details.reason ?? (details.upstream && String(details.upstream.status)) ?? REASONS[code] ?? "error";
}

/** A ledger record has at most 670 bytes, whatever else is long in it. */
const LONGEST_TEXT = 40;

/** `openai:429 azure:connect`, for a ledger record: as many as there is room for, and the number of the others. */
export function triedText(tried: readonly TriedRoute[]): string | undefined {
  const words = tried.map(({ provider, reason }) => `${provider}:${reason}`);
  for (let count = words.length; count >= 0; count -= 1) {
    const rest = words.length - count;
    const text = [...words.slice(0, count), ...(rest > 0 ? [`+${rest}`] : [])].join(" ");
    if (text.length <= LONGEST_TEXT) return text || undefined;
  }
  return undefined;
}
