import errors from "undici/lib/core/errors.js";
import { GatewayError } from "../../core/errors.ts";

/** No answer came. Only a timeout leaves open whether the provider is at work, and will be paid, for this request. */
export function sendFailure(error: unknown, signal: AbortSignal): GatewayError {
  if (signal.aborted) return abortion(signal);
  if (error instanceof errors.HeadersTimeoutError) {
    return new GatewayError("upstream_timeout", "The provider did not answer in time.", {
      reason: "first_byte",
      cause: error,
    });
  }
  return new GatewayError("upstream_error", "The provider could not be reached.", {
    retryable: true,
    reason: hasLostConnection(error) ? "reset" : "connect",
    cause: error,
  });
}

/** There was a connection, and it ended with the request on it. */
function hasLostConnection(error: unknown): boolean {
  return (
    error instanceof errors.SocketError || (error instanceof Error && /ECONNRESET|EPIPE/.test(codeOf(error)))
  );
}

function codeOf(error: Error): string {
  return "code" in error ? String(error.code) : "";
}

/** The answer had begun and did not end. @param details may it be asked for again, if nothing of it was used? */
export function bodyFailure(
  error: unknown,
  signal: AbortSignal,
  details: { retryable: boolean },
): GatewayError {
  if (error instanceof GatewayError) return error;
  if (signal.aborted) return abortion(signal);
  if (error instanceof errors.BodyTimeoutError) {
    return new GatewayError("upstream_timeout", "The provider fell silent in the middle of its answer.", {
      reason: "idle",
      cause: error,
    });
  }
  return new GatewayError("upstream_error", "The provider broke off its answer.", {
    ...details,
    reason: "reset",
    cause: error,
  });
}

/** Whoever aborts says why: with a GatewayError, which is passed on. */
export function abortion(signal: AbortSignal): GatewayError {
  if (signal.reason instanceof GatewayError) return signal.reason;
  return new GatewayError(
    "upstream_timeout",
    "The request was aborted before the provider's answer was complete.",
    {
      cause: signal.reason,
    },
  );
}
