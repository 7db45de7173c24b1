/**
 * Trigger: the queue of charges that the gateway could not write to the ledger, in batches.
 * Purpose: no charge is lost while DynamoDB does not answer.
 * Steps: read each charge; SETTLE as the gateway would have; drain it; report by message what failed.
 * A retry, or a message that comes twice, finds what is done; a hold that expired meanwhile becomes a late charge.
 */
import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { createDynamoClient } from "../../adapters/dynamodb/client.ts";
import { createLedger } from "../../adapters/dynamodb/ledger.ts";
import { createSdkStore } from "../../adapters/dynamodb/sdk-store.ts";
import { ENV, environmentVariable } from "../../env.ts";
import { settleOwed } from "./settle-owed.ts";

const ledger = createLedger({
  store: createSdkStore(createDynamoClient()),
  tables: {
    accounts: environmentVariable(ENV.accountsTable),
    ledger: environmentVariable(ENV.ledgerTable),
  },
  nowMs: () => Date.now(),
  pause: (milliseconds) => pause(milliseconds),
  newAttempt: () => randomBytes(5).toString("base64url"),
});
const metrics = new Metrics({ namespace: "WLRouter", serviceName: "settle" });

export async function handler({ Records }: SQSEvent): Promise<SQSBatchResponse> {
  const report = await settleOwed(ledger, Records);
  for (const { messageId, cause } of report.failed) {
    const line = { at: new Date().toISOString(), event: "owed_settle_failed", messageId };
    process.stdout.write(`${JSON.stringify({ ...line, cause: String(cause) })}\n`);
  }
  metrics.addMetric("OwedSettled", MetricUnit.Count, report.settled);
  metrics.addMetric("OwedSettledLate", MetricUnit.Count, report.late);
  metrics.publishStoredMetrics();
  return { batchItemFailures: report.failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}
