import { GatewayError } from "../errors.ts";
import { cleanMessage } from "./clean-message.ts";
import { retryAfterSeconds } from "./retry-after.ts";
import type { AnswerHeaders } from "./upstream.ts";

/** What a provider says went wrong, whatever its own shape. Nothing here is clean enough to show. */
export interface ProviderFault {
  readonly message?: string | undefined;
  readonly type?: string | undefined;
  readonly code?: string | undefined;
  readonly param?: string | undefined;
  /** Google says it in the body. */
  readonly retryAfterSeconds?: number | undefined;
  /** An HTTP status inside the body: OpenRouter's numeric `code`, Groq's `status_code` in a stream. */
  readonly status?: number | undefined;
}

/** An answer that is not a completion. */
export interface FailedAnswer {
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** Empty where the body said nothing that could be read. */
  readonly fault: ProviderFault;
  /** When it came: some headers tell a point in time. */
  readonly nowMs: number;
}

/** What only the operator can mend: the words of the log line. The client learns that the provider is unusable. */
const OPERATOR_ALARMS = {
  401: "provider_key_refused",
  402: "provider_credit_exhausted",
  403: "provider_access_denied",
} as const;

const KEY_REFUSED =
  /\b(?:incorrect|invalid|missing)\b.{0,20}\bapi[ _-]?key\b|\bapi[ _-]?key\b.{0,30}\b(?:invalid|not valid|expired)\b/i;
/** OpenAI's words, Anthropic's, Bedrock's and Gemini's. */
const CONTEXT_EXCEEDED =
  /maximum context length|exceeds the context window|prompt is too long|input is too long|input tokens exceed|exceeds the maximum number of tokens/i;
/** The same request may work in a moment. 424 is Bedrock's, for a model that failed. */
const PASSING_STATUSES = new Set([408, 409, 424, 425]);

/** The whole table from a provider's failure to ours. Texts of a provider pass only where the client is at fault. */
export function failureOf(answer: FailedAnswer): GatewayError {
  const alarm = alarmOf(answer);
  if (alarm !== undefined) return operatorFailure(alarm, answer.status);
  const { status } = answer;
  if (status === 429) return rateLimited(answer);
  if (status < 400 || status >= 500 || PASSING_STATUSES.has(status)) {
    return new GatewayError("upstream_error", `The provider failed with status ${status}.`, {
      retryable: true,
      reason: String(status),
      ...retryAfter(answer),
    });
  }
  return rejection(status, answer.fault);
}

/**
 * A failure that a provider reports after its 200: inside a stream, or instead of a completion. Output may exist
 * by then and the status is gone, so it is the provider's failure whatever the cause.
 */
export function reportedFailure(fault: ProviderFault): GatewayError {
  const alarm = alarmOf({ status: fault.status ?? 500, fault });
  if (alarm !== undefined) return operatorFailure(alarm, fault.status);
  const message = fault.message === undefined ? "no details" : cleanMessage(fault.message);
  return new GatewayError("upstream_error", `The provider reported an error: ${message}`, {
    retryable: true,
    reason: "reported",
  });
}

/** The key was refused: xAI says so with a 400. */
export function isKeyRefused({ status, fault }: Pick<FailedAnswer, "status" | "fault">): boolean {
  return status === 401 || (status === 400 && KEY_REFUSED.test(fault.message ?? ""));
}

function alarmOf({ status, fault }: Pick<FailedAnswer, "status" | "fault">): string | undefined {
  if (isKeyRefused({ status, fault }) || fault.code === "invalid_api_key") return OPERATOR_ALARMS[401];
  if (status === 402 || status === 403) return OPERATOR_ALARMS[status];
  if (fault.code === "insufficient_quota" || fault.type === "insufficient_quota") return OPERATOR_ALARMS[402];
  if (status >= 300 && status < 400) return "provider_redirected";
  if (fault.code === "model_not_found" || (status === 404 && isModelMissing(fault)))
    return "provider_model_not_found";
  return undefined;
}

/** A 404 without an error in it is no API: the base URL is wrong. Others may be about a file that the client named. */
function isModelMissing({ message }: ProviderFault): boolean {
  return message === undefined || /\bmodel\b/i.test(message);
}

function operatorFailure(alarm: string, status: number | undefined): GatewayError {
  return new GatewayError("upstream_error", "The provider cannot be used at the moment.", {
    retryable: true,
    alarm,
    reason: status === undefined ? "reported" : String(status),
  });
}

/** Nothing of the provider's text: it names the operator's organization and its limits. */
function rateLimited(answer: FailedAnswer): GatewayError {
  return new GatewayError("rate_limit_exceeded", "The provider's rate limit is reached.", {
    retryable: true,
    ...retryAfter(answer),
  });
}

function retryAfter({ headers, fault, nowMs }: FailedAnswer): { retryAfterSeconds?: number } {
  const seconds = retryAfterSeconds(headers, nowMs) ?? fault.retryAfterSeconds;
  return seconds === undefined ? {} : { retryAfterSeconds: seconds };
}

function rejection(status: number, fault: ProviderFault): GatewayError {
  const message =
    fault.message === undefined ? "The provider rejected the request." : cleanMessage(fault.message);
  return new GatewayError("upstream_rejected", message, {
    retryable: false,
    param: fault.param === undefined ? null : cleanMessage(fault.param),
    upstream: { status, type: fault.type ?? "invalid_request_error", code: rejectionCode(fault) },
  });
}

/** Clients shorten their prompts on this code, which only OpenAI sends by itself. */
function rejectionCode({ code, message }: ProviderFault): string | null {
  return message !== undefined && CONTEXT_EXCEEDED.test(message) ? "context_length_exceeded" : (code ?? null);
}
