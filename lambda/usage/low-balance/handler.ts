/**
 * Trigger: the queue behind the bus's rule for whatever moves a balance, in batches.
 * Purpose: `balance.low`, once for each crossing of an account's threshold.
 * Steps: read the events; for each account they name, look at its balance, write a crossing down, publish it, mark it.
 * A retry finds what is written down and goes on from there. What is no event waits among the dead letters.
 */
import { setTimeout as pause } from "node:timers/promises";
import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { createDynamoClient } from "../../adapters/dynamodb/client.ts";
import { createLowBalances } from "../../adapters/dynamodb/low-balances.ts";
import { createSdkStore } from "../../adapters/dynamodb/sdk-store.ts";
import { createEventBridgeClient, createEventBus } from "../../adapters/eventbridge/bus.ts";
import { ENV, environmentVariable } from "../../env.ts";
import { readMessages } from "../messages.ts";
import { watchBalance } from "./watch-balance.ts";

const nowMs = () => Date.now();
const world = {
  balances: createLowBalances(createSdkStore(createDynamoClient()), environmentVariable(ENV.accountsTable)),
  bus: createEventBus(createEventBridgeClient(), environmentVariable(ENV.eventBusName), (milliseconds) =>
    pause(milliseconds),
  ),
  nowMs,
};
const metrics = new Metrics({ namespace: "WLRouter", serviceName: "low-balance" });

export async function handler({ Records }: SQSEvent): Promise<SQSBatchResponse> {
  const { messages, poison } = readMessages(Records);
  const causes = new Map<string, unknown>();
  for (const accountId of new Set(messages.map(({ event }) => event.detail.account_id))) {
    try {
      await watchBalance(world, accountId);
    } catch (cause) {
      causes.set(accountId, cause);
    }
  }
  const again = messages
    .map(({ messageId, event }) => ({ messageId, accountId: event.detail.account_id }))
    .filter(({ accountId }) => causes.has(accountId))
    .map(({ messageId, accountId }) => ({ messageId, cause: causes.get(accountId) }));
  for (const { messageId, cause } of [...poison, ...again]) {
    const line = { at: new Date(nowMs()).toISOString(), event: "low_balance_failed", messageId };
    process.stdout.write(`${JSON.stringify({ ...line, cause: String(cause) })}\n`);
  }
  metrics.addMetric("PoisonEvents", MetricUnit.Count, poison.length);
  metrics.publishStoredMetrics();
  return { batchItemFailures: [...poison, ...again].map(({ messageId }) => ({ itemIdentifier: messageId })) };
}
