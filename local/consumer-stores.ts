import { createAccounts } from "../lambda/adapters/dynamodb/accounts.ts";
import { createDynamoClient } from "../lambda/adapters/dynamodb/client.ts";
import { createLowBalances } from "../lambda/adapters/dynamodb/low-balances.ts";
import { createQueries } from "../lambda/adapters/dynamodb/queries.ts";
import { createRollups } from "../lambda/adapters/dynamodb/rollups.ts";
import { createSdkStore } from "../lambda/adapters/dynamodb/sdk-store.ts";
import type { AllTableNames } from "../lambda/adapters/dynamodb/tables.ts";
import type { LowBalances } from "../lambda/core/low-balance.ts";
import type { RollupWorld } from "../lambda/usage/rollup/roll-up.ts";

/** Every call of theirs may be repeated: totals are computed, not counted up, and crossings written on conditions. The embedded store may be busy for seconds. */
const ATTEMPTS = 3;
const ANSWER_MS = 30_000;

/** What the functions behind the bus read and write. */
export interface ConsumerStores {
  readonly rollUps: RollupWorld;
  readonly balances: LowBalances;
}

export type ConsumerTables = Pick<AllTableNames, "accounts" | "ledger" | "apiKeys" | "rollups">;

/** On a client of their own, as in AWS. */
export function openConsumerStores(endpoint: string, tables: ConsumerTables): ConsumerStores {
  const client = createDynamoClient(endpoint, ATTEMPTS, ANSWER_MS);
  const store = createSdkStore(client);
  const queries = createQueries(client);
  return {
    rollUps: {
      ledger: createAccounts(store, queries, tables),
      rollups: createRollups(store, queries, tables.rollups),
    },
    balances: createLowBalances(store, tables.accounts),
  };
}
