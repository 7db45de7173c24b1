import type { Answer } from "../core/answer.ts";
import { type ErrorCode, GatewayError } from "../core/errors.ts";

interface HttpMeaning {
  readonly status: number;
  readonly type: string;
}

const INVALID: HttpMeaning = { status: 400, type: "invalid_request_error" };

/** The only place that knows what a code means in HTTP. A code without a line here does not compile. */
const MEANINGS: Readonly<Record<ErrorCode, HttpMeaning>> = {
  invalid_json: INVALID,
  invalid_type: INVALID,
  invalid_value: INVALID,
  missing_required_parameter: INVALID,
  unsupported_parameter: INVALID,
  context_length_exceeded: INVALID,
  invalid_api_key: { status: 401, type: "authentication_error" },
  insufficient_balance: { status: 402, type: "insufficient_balance" },
  key_limit_exceeded: { status: 402, type: "insufficient_balance" },
  model_not_allowed: { status: 403, type: "permission_error" },
  account_suspended: { status: 403, type: "permission_error" },
  model_not_found: { status: 404, type: "invalid_request_error" },
  not_found: { status: 404, type: "invalid_request_error" },
  method_not_allowed: { status: 405, type: "invalid_request_error" },
  idempotency_conflict: { status: 409, type: "invalid_request_error" },
  request_too_large: { status: 413, type: "invalid_request_error" },
  rate_limit_exceeded: { status: 429, type: "rate_limit_error" },
  concurrency_limit_exceeded: { status: 429, type: "rate_limit_error" },
  internal_error: { status: 500, type: "server_error" },
  upstream_error: { status: 502, type: "upstream_error" },
  upstream_rejected: INVALID,
  no_route_available: { status: 503, type: "server_error" },
  service_unavailable: { status: 503, type: "server_error" },
  upstream_timeout: { status: 504, type: "upstream_error" },
};

/** OpenAI's error envelope, with our request id in it. */
export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string | null;
    readonly request_id: string;
  };
}

export function statusOf(error: GatewayError): number {
  return error.details.upstream?.status ?? MEANINGS[error.code].status;
}

export function errorBody(error: GatewayError, requestId: string): ErrorBody {
  const { upstream, param } = error.details;
  return {
    error: {
      message: error.message,
      type: upstream?.type ?? MEANINGS[error.code].type,
      param: param ?? null,
      code: upstream ? upstream.code : error.code,
      request_id: requestId,
    },
  };
}

function errorHeaders(error: GatewayError): Record<string, string> {
  const { retryAfterSeconds, shouldRetry, headers } = error.details;
  return {
    ...headers,
    ...(retryAfterSeconds === undefined ? {} : { "retry-after": String(Math.ceil(retryAfterSeconds)) }),
    ...(shouldRetry === undefined ? {} : { "x-should-retry": String(shouldRetry) }),
  };
}

export function errorAnswer(error: GatewayError, requestId: string): Answer {
  return {
    status: statusOf(error),
    headers: { "content-type": "application/json", ...errorHeaders(error) },
    body: JSON.stringify(errorBody(error, requestId)),
  };
}

export function tooLarge(): GatewayError {
  return new GatewayError("request_too_large", "The body is larger than 6 MB. Send less, or images by URL.");
}

/** Anything that is not meant for the client is a bug: it sees 500 and nothing of it. */
export function asGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  return new GatewayError("internal_error", "Something went wrong here. It has been noted; try again.", {
    cause: error,
  });
}

/** What the log says of an error that somebody here must look at: its kind and place, never its text. */
export function alarmOf(error: GatewayError): string | undefined {
  if (error.code !== "internal_error") return error.details.alarm;
  const { cause } = error;
  if (!(cause instanceof Error)) return "bug";
  const place = /\n\s+at (.*)/.exec(cause.stack ?? "")?.[1] ?? "";
  return `bug: ${cause.name} at ${place}`;
}
