import { type Item, StoreError } from "./store.ts";

/** Errors after which DynamoDB has certainly not applied the write, and a later try may succeed. */
const THROTTLES = new Set([
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "ThrottlingException",
]);

/**
 * What a failed call means for money, by the name that DynamoDB gave it: the same for every client.
 * @param item as it was when a condition failed, where the store returned it
 * @returns a StoreError, or the cause itself when it is a bug of ours
 */
export function storeErrorOf(cause: Error, item: Item | undefined): Error {
  if (cause.name === "ConditionalCheckFailedException")
    return new StoreError("condition_failed", cause, item);
  if (THROTTLES.has(cause.name)) return new StoreError("throttled", cause);
  // A request DynamoDB calls wrong is a bug of ours, and repeating it would not help.
  if (cause.name === "ValidationException" || cause.name === "ResourceNotFoundException") return cause;
  return new StoreError("unknown", cause);
}
