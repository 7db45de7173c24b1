import { createAccounts } from "../lambda/adapters/dynamodb/accounts.ts";
import { createDynamoClient } from "../lambda/adapters/dynamodb/client.ts";
import { createQueries } from "../lambda/adapters/dynamodb/queries.ts";
import { createRollups } from "../lambda/adapters/dynamodb/rollups.ts";
import { createSdkStore } from "../lambda/adapters/dynamodb/sdk-store.ts";
import type { AllTableNames } from "../lambda/adapters/dynamodb/tables.ts";
import type { RollupWorld } from "../lambda/usage/rollup/roll-up.ts";

/** Totals are computed, not counted up, so every call may be repeated. The embedded store may be busy for seconds. */
const ATTEMPTS = 3;
const ANSWER_MS = 30_000;

/** The rollup function's world, on a client of its own, as in AWS. */
export function openRollUps(endpoint: string, tables: AllTableNames): RollupWorld {
  const client = createDynamoClient(endpoint, ATTEMPTS, ANSWER_MS);
  const store = createSdkStore(client);
  const queries = createQueries(client);
  return {
    ledger: createAccounts(store, queries, tables),
    rollups: createRollups(store, queries, tables.rollups),
  };
}
