import { GatewayError } from "../../core/errors.ts";
import { StoreError } from "./store.ts";

/**
 * Makes a call on a client's way whose failure is the store's, and nobody's bug.
 * @throws GatewayError `rate_limit_exceeded` when DynamoDB throttles, `service_unavailable` when it doesn't answer.
 */
export async function orUnavailable<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw error instanceof StoreError ? unavailable(error) : error;
  }
}

function unavailable(cause: StoreError): GatewayError {
  return cause.failure === "throttled"
    ? new GatewayError("rate_limit_exceeded", "This account is too busy right now: try again in a second.", {
        retryable: true,
        retryAfterSeconds: 1,
        cause,
      })
    : new GatewayError(
        "service_unavailable",
        "The balance could not be reached: nothing was charged. Try again.",
        { retryable: true, retryAfterSeconds: 1, cause },
      );
}
