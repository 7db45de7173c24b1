/**
 * Trigger: the queue behind the bus's rule for `usage.settled`, in batches.
 * Purpose: totals by hour and day, model and key, for charts.
 * Steps: read the events; compute the totals of each hour they name from the ledger, then of each day from its hours.
 * A retry computes the same again. A message comes back when its entry is not yet in the ledger's index; what is no
 * event, or never succeeds, waits among the dead letters.
 */
import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { createAccounts } from "../../adapters/dynamodb/accounts.ts";
import { createDynamoClient } from "../../adapters/dynamodb/client.ts";
import { createQueries } from "../../adapters/dynamodb/queries.ts";
import { createRollups } from "../../adapters/dynamodb/rollups.ts";
import { createSdkStore } from "../../adapters/dynamodb/sdk-store.ts";
import { ENV, environmentVariable } from "../../env.ts";
import { readMessages } from "../messages.ts";
import { rollUp } from "./roll-up.ts";

/** Rows are computed, not counted up: every call of this function may be repeated. */
const ATTEMPTS = 3;

const client = createDynamoClient(undefined, ATTEMPTS);
const store = createSdkStore(client);
const queries = createQueries(client);
const tables = {
  accounts: environmentVariable(ENV.accountsTable),
  ledger: environmentVariable(ENV.ledgerTable),
  apiKeys: environmentVariable(ENV.apiKeysTable),
};
const accounts = createAccounts(store, queries, tables);
const world = {
  ledger: accounts,
  rollups: createRollups(store, queries, environmentVariable(ENV.rollupsTable)),
};
const metrics = new Metrics({ namespace: "WLRouter", serviceName: "rollup" });

export async function handler({ Records }: SQSEvent): Promise<SQSBatchResponse> {
  const { messages, poison } = readMessages(Records);
  const usage = messages.flatMap(({ event }) => (event.type === "usage.settled" ? [event.detail] : []));
  const unfinished = await rollUp(world, usage);
  const again = messages.flatMap(({ messageId, event }) => {
    const id = event.type === "usage.settled" ? event.detail.entry_id : "";
    return unfinished.has(id) ? [{ messageId, cause: unfinished.get(id) }] : [];
  });
  for (const { messageId, cause } of [...poison, ...again]) {
    const line = { at: new Date().toISOString(), event: "rollup_failed", messageId, cause: String(cause) };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  }
  metrics.addMetric("EventsRolledUp", MetricUnit.Count, usage.length - again.length);
  metrics.addMetric("PoisonEvents", MetricUnit.Count, poison.length);
  metrics.publishStoredMetrics();
  return { batchItemFailures: [...poison, ...again].map(({ messageId }) => ({ itemIdentifier: messageId })) };
}
