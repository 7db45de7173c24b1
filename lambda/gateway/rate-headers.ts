import { GatewayError } from "../core/errors.ts";
import { type RateLimit, type RateUse, secondsToNextMinute } from "../core/rate-limit.ts";

/** OpenAI's names and forms; only for what the key is limited in. */
export function rateHeaders(limit: RateLimit, used: RateUse, nowMs: number): Record<string, string> {
  const reset = `${secondsToNextMinute(nowMs)}s`;
  return {
    ...kindHeaders("requests", limit.requestsPerMinute, used.requests, reset),
    ...kindHeaders("tokens", limit.tokensPerMinute, used.tokens, reset),
  };
}

function kindHeaders(
  kind: "requests" | "tokens",
  limit: number | undefined,
  used: number,
  reset: string,
): Record<string, string> {
  if (limit === undefined) return {};
  return {
    [`x-ratelimit-limit-${kind}`]: String(limit),
    [`x-ratelimit-remaining-${kind}`]: String(Math.max(0, limit - used)),
    [`x-ratelimit-reset-${kind}`]: reset,
  };
}

/** The minute is used up; or, when the request alone is larger than a minute allows, no waiting helps. */
export function rateLimited(limit: RateLimit, used: RateUse, tokens: number, nowMs: number): GatewayError {
  const { requestsPerMinute, tokensPerMinute } = limit;
  const headers = rateHeaders(limit, used, nowMs);
  if (tokensPerMinute !== undefined && tokens > tokensPerMinute) {
    const message =
      `This request may use ${tokens} tokens, and this key may use ${tokensPerMinute} a minute: ` +
      "send less, or lower max_completion_tokens.";
    return new GatewayError("rate_limit_exceeded", message, { headers, shouldRetry: false });
  }
  const requestsAreUsedUp = requestsPerMinute !== undefined && used.requests >= requestsPerMinute;
  const what = requestsAreUsedUp ? `${requestsPerMinute} requests` : `${tokensPerMinute} tokens`;
  return new GatewayError("rate_limit_exceeded", `This key's limit of ${what} a minute is reached.`, {
    headers,
    retryable: true,
    retryAfterSeconds: secondsToNextMinute(nowMs),
  });
}
