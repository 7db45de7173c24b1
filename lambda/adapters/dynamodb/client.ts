import { DynamoDBClient } from "@aws-sdk/client-dynamodb";

/** A write of one item takes about 5 milliseconds; beyond a second or two, a new try is the better bet. */
const ANSWER_MS = 2_000;

/**
 * The one way to make a client. It tries once, because only the ledger knows which write may be repeated.
 * @param endpoint another place that speaks DynamoDB, for one machine; its credentials are not secret.
 * @param maxAttempts more than one only for a client that does nothing but read.
 * @param answerMs how long an answer may take; half of it for a connection.
 */
export function createDynamoClient(endpoint?: string, maxAttempts = 1, answerMs = ANSWER_MS): DynamoDBClient {
  return new DynamoDBClient({
    maxAttempts,
    requestHandler: {
      connectionTimeout: answerMs / 2,
      requestTimeout: answerMs,
      // Else the SDK only logs that the time is up and goes on waiting.
      throwOnRequestTimeout: true,
    },
    ...(endpoint
      ? { endpoint, region: "local", credentials: { accessKeyId: "local", secretAccessKey: "local" } }
      : {}),
  });
}
