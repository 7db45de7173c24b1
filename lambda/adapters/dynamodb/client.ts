import { DynamoDBClient } from "@aws-sdk/client-dynamodb";

/** Milliseconds. A write of one item takes about 5; beyond a second, a new try is the better bet. */
const TIMEOUTS = { connectionTimeout: 1_000, requestTimeout: 2_000 };

/**
 * The one way to make a client: `maxAttempts: 1`, because only the ledger knows what may be repeated.
 * @param endpoint another place that speaks DynamoDB, for one machine; its credentials are not secret.
 */
export function createDynamoClient(endpoint?: string): DynamoDBClient {
  return new DynamoDBClient({
    maxAttempts: 1,
    requestHandler: TIMEOUTS,
    ...(endpoint
      ? { endpoint, region: "local", credentials: { accessKeyId: "local", secretAccessKey: "local" } }
      : {}),
  });
}
