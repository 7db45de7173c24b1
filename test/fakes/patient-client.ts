import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { JsonClient } from "../../lambda/adapters/aws-json/client.ts";
import { localDynamoClient } from "../../lambda/adapters/aws-json/services.ts";
import { createDynamoClient } from "../../lambda/adapters/dynamodb/client.ts";

/** Longer than any test may take. */
const NEVER_MS = 3_600_000;

/**
 * A client that never gives a call up by itself. On a busy machine the product's two seconds pass while the embedded
 * store is only slow; a call that was given up is a fault that no plan has chosen and no seed repeats.
 */
export function patientClient(endpoint: string): DynamoDBClient {
  return createDynamoClient(endpoint, 1, NEVER_MS);
}

/** The gateway's own client, as patient. */
export function patientDirectClient(endpoint: string): JsonClient {
  return localDynamoClient(endpoint, NEVER_MS);
}
