/**
 * Trigger: a schedule, each hour.
 * Purpose: reports in S3 that equal the ledger: for each finished day and month one for each account, and a summary.
 * Steps: find what is due; for each day or month add up the entries of the accounts that have changed since the last
 * run; write their reports; write the summary; note how far it came.
 * A retry, or the next hour's run, goes on from the last note. The same entries give the same bytes, so two runs at
 * once, or one that is repeated, do no harm.
 */
import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type { Context } from "aws-lambda";
import { createAccounts } from "../adapters/dynamodb/accounts.ts";
import { createApiKeys } from "../adapters/dynamodb/api-keys.ts";
import { createDynamoClient } from "../adapters/dynamodb/client.ts";
import { createQueries } from "../adapters/dynamodb/queries.ts";
import { createSdkStore } from "../adapters/dynamodb/sdk-store.ts";
import { createObjectStore, createS3Client } from "../adapters/s3/object-store.ts";
import { formatUsd } from "../core/money.ts";
import { ENV, environmentVariable } from "../env.ts";
import type { ReportWorld } from "./account-report.ts";
import { duePeriods } from "./due.ts";
import { type RunReport, writeReports } from "./run.ts";

/** Time to finish the accounts at hand and to write the note. */
const BEFORE_DEADLINE_MS = 60_000;
/** This function only reads tables, and a read may be repeated. */
const READ_ATTEMPTS = 5;

const nowMs = () => Date.now();
const client = createDynamoClient(undefined, READ_ATTEMPTS);
const store = createSdkStore(client);
const queries = createQueries(client);
const tables = {
  accounts: environmentVariable(ENV.accountsTable),
  ledger: environmentVariable(ENV.ledgerTable),
  apiKeys: environmentVariable(ENV.apiKeysTable),
};
const accounts = createAccounts(store, queries, tables);
const keys = createApiKeys(store, queries, tables);
const world: ReportWorld = {
  accounts: () => accounts.scan(),
  entries: (accountId, range) => accounts.entries(accountId, range),
  keys: (accountId) => keys.list(accountId),
  objects: createObjectStore(createS3Client(), environmentVariable(ENV.reportsBucket)),
};
const metrics = new Metrics({ namespace: "WLRouter", serviceName: "reports" });

export async function handler(_event: unknown, context: Context): Promise<void> {
  const stopAtMs = nowMs() + context.getRemainingTimeInMillis() - BEFORE_DEADLINE_MS;
  const shouldStop = () => nowMs() >= stopAtMs;
  for (const period of await duePeriods(world.objects, nowMs())) {
    publish(await writeReports(world, period, { nowMs, shouldStop }));
  }
  metrics.publishStoredMetrics();
}

function publish(report: RunReport): void {
  const line = {
    at: new Date(nowMs()).toISOString(),
    event: "reports",
    ...report,
    costPicoUsd: undefined,
    costUsd: formatUsd(report.costPicoUsd),
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
  metrics.addMetric("ReportsWritten", MetricUnit.Count, report.written);
  metrics.addMetric("ReportsFailed", MetricUnit.Count, report.failed);
  metrics.addMetric("ReportRunsCutShort", MetricUnit.Count, report.complete ? 0 : 1);
}
