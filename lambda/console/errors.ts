import type { PaymentErrorCode } from "../core/payments.ts";

/** Every code an answer of the console's API can carry. */
export type ConsoleErrorCode =
  | PaymentErrorCode
  | "invalid_request"
  | "not_signed_in"
  | "session_expired"
  | "cross_site_request"
  | "forbidden"
  | "not_found"
  | "method_not_allowed"
  | "conflict"
  | "request_too_large"
  | "not_implemented"
  | "service_unavailable"
  | "internal_error";

/** The only place that knows what a code means in HTTP. A code without a line here does not compile. */
const STATUSES: Readonly<Record<ConsoleErrorCode, number>> = {
  invalid_request: 400,
  invalid_amount: 400,
  not_signed_in: 401,
  session_expired: 401,
  cross_site_request: 403,
  forbidden: 403,
  not_found: 404,
  payment_not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  payment_conflict: 409,
  no_payment_method: 409,
  payments_off: 409,
  request_too_large: 413,
  payment_refused: 402,
  internal_error: 500,
  not_implemented: 501,
  payments_unavailable: 503,
  service_unavailable: 503,
};

export function statusOf(code: ConsoleErrorCode): number {
  return STATUSES[code];
}

/** The one error that is meant for who uses the console: its message is shown as it is. */
export class ConsoleError extends Error {
  override readonly name = "ConsoleError";
  readonly code: ConsoleErrorCode;
  /** The field that is wrong. */
  readonly param: string | null;

  constructor(code: ConsoleErrorCode, message: string, details: { param?: string; cause?: unknown } = {}) {
    super(message, { cause: details.cause });
    this.code = code;
    this.param = details.param ?? null;
  }
}

/** What every answer with a status of 400 or more looks like. */
export interface ErrorBody {
  readonly error: {
    readonly code: ConsoleErrorCode;
    readonly message: string;
    readonly param: string | null;
    readonly request_id: string;
  };
}
