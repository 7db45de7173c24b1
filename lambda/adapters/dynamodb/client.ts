import { DynamoDBClient } from "@aws-sdk/client-dynamodb";

/**
 * Milliseconds. A write of one item takes about 5; beyond a second, a new try is the better bet. Without the last
 * setting, the SDK only logs that the time is up and goes on waiting.
 */
const TIMEOUTS = { connectionTimeout: 1_000, requestTimeout: 2_000, throwOnRequestTimeout: true };

/**
 * The one way to make a client. It tries once, because only the ledger knows which write may be repeated.
 * @param endpoint another place that speaks DynamoDB, for one machine; its credentials are not secret.
 * @param maxAttempts more than one only for a client that does nothing but read.
 */
export function createDynamoClient(endpoint?: string, maxAttempts = 1): DynamoDBClient {
  return new DynamoDBClient({
    maxAttempts,
    requestHandler: TIMEOUTS,
    ...(endpoint
      ? { endpoint, region: "local", credentials: { accessKeyId: "local", secretAccessKey: "local" } }
      : {}),
  });
}
