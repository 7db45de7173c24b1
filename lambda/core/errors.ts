/** Every code an answer of ours can carry. `gateway/errors.ts` is the only place that knows their HTTP statuses. */
export type ErrorCode =
  // 400: the body
  | "invalid_json"
  | "invalid_type"
  | "invalid_value"
  | "missing_required_parameter"
  | "unsupported_parameter"
  | "context_length_exceeded"
  // the key and the money
  | "invalid_api_key"
  | "insufficient_balance"
  | "key_limit_exceeded"
  | "model_not_allowed"
  | "account_suspended"
  // the request as a whole
  | "model_not_found"
  | "not_found"
  | "request_too_large"
  | "rate_limit_exceeded"
  | "concurrency_limit_exceeded"
  | "method_not_allowed"
  | "idempotency_conflict"
  // us and the providers
  | "internal_error"
  | "upstream_error"
  | "upstream_rejected"
  | "no_route_available"
  | "service_unavailable"
  | "upstream_timeout";

/** A provider's own 4xx, already cleaned of its account data, on its way to the client. */
export interface UpstreamRejection {
  readonly status: number;
  readonly type: string;
  readonly code: string | null;
}

export interface ErrorDetails {
  /** Names the field of the body that is wrong, as OpenAI does: `messages[2].content`. */
  readonly param?: string | null;
  /** May the same request work later, or on another route? */
  readonly retryable?: boolean;
  readonly retryAfterSeconds?: number;
  /** Sent as `x-should-retry`, which OpenAI's SDKs obey before the status. */
  readonly shouldRetry?: boolean;
  /** More headers of the answer: the key's rate limit. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly upstream?: UpstreamRejection;
  /** Only the operator can mend this: a short name for the log (`provider_key_refused`), never a provider's text. */
  readonly alarm?: string;
  /** Why a route failed, in a word of at most 12 characters: `500`, `connect`. It goes into the ledger and the log. */
  readonly reason?: string;
  readonly cause?: unknown;
}

/**
 * The one error that is meant for a client. Anything else that is thrown is a bug: 500, logged.
 * The message is shown as it is, so it must never contain keys, prompts or a provider's account data.
 */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.name = "GatewayError";
    this.code = code;
    this.details = details;
  }

  get retryable(): boolean {
    return this.details.retryable ?? false;
  }
}
