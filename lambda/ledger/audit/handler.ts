/**
 * Trigger: a schedule, each night.
 * Purpose: say so if anything that must be equal is not: balances and entries, ledger and lake, log and ledger. The
 * ledger and Stripe are compared each hour, by payments/reconcile, whose alarms also ring when it does not run.
 * Steps: verify each account; compare yesterday's charges with the lake's rows; take up charges that only the log knows.
 * A retry, or a second run, reads the same again; what it puts into the queue twice is applied once.
 */
import { setTimeout as pause } from "node:timers/promises";
import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type { Context } from "aws-lambda";
import { functionAccess, sqsClient } from "../../adapters/aws-json/services.ts";
import { lostSettlesIn } from "../../adapters/cloudwatch/lost-settles.ts";
import { createAccounts } from "../../adapters/dynamodb/accounts.ts";
import { createDynamoClient } from "../../adapters/dynamodb/client.ts";
import { createLedger } from "../../adapters/dynamodb/ledger.ts";
import { createQueries } from "../../adapters/dynamodb/queries.ts";
import { createSdkStore } from "../../adapters/dynamodb/sdk-store.ts";
import { lakeChargesOfDay } from "../../adapters/s3/lake.ts";
import { createObjectStore, createS3Client } from "../../adapters/s3/object-store.ts";
import { createOwedSettles } from "../../adapters/sqs/owed-settles.ts";
import { ENV, environmentVariable } from "../../env.ts";
import { type AuditReport, type AuditWorld, audit } from "./audit.ts";

/** Time to report. */
const BEFORE_DEADLINE_MS = 30_000;
const READ_ATTEMPTS = 5;
const DAY_MS = 86_400_000;
/** As far back as the log is searched: a night that failed is made up for by the next. */
const LOST_WITHIN_MS = 3 * DAY_MS;

const nowMs = () => Date.now();
const client = createDynamoClient(undefined, READ_ATTEMPTS);
const store = createSdkStore(client);
const tables = {
  accounts: environmentVariable(ENV.accountsTable),
  ledger: environmentVariable(ENV.ledgerTable),
  apiKeys: environmentVariable(ENV.apiKeysTable),
};
const accounts = createAccounts(store, createQueries(client), tables);
const ledger = createLedger({
  store,
  tables,
  nowMs,
  pause: (milliseconds) => pause(milliseconds),
  newAttempt: () => "audit",
});
const lake = createObjectStore(createS3Client(), environmentVariable(ENV.lakeBucket));
const access = functionAccess(process.env, nowMs);
const owedSettles = createOwedSettles(
  sqsClient(access).call,
  environmentVariable(ENV.owedSettlesQueue),
  (milliseconds) => pause(milliseconds),
);
const gatewayLog = environmentVariable(ENV.gatewayLogGroup);
const metrics = new Metrics({ namespace: "WLRouter", serviceName: "audit" });

export async function handler(_event: unknown, context: Context): Promise<AuditReport> {
  const stopAtMs = nowMs() + context.getRemainingTimeInMillis() - BEFORE_DEADLINE_MS;
  const world: AuditWorld = {
    accounts: () => accounts.scan(),
    reader: (accountId) => ({
      account: () => ledger.account(accountId),
      entries: (order) => accounts.entriesById(accountId, order),
    }),
    entries: accounts,
    ledger,
    lakeRows: ({ from }) => lakeChargesOfDay(lake, from.slice(0, 10)),
    lostSettles: () => lostSettlesIn(gatewayLog, nowMs() - LOST_WITHIN_MS),
    owedSettles,
    report: (difference) => writeLine({ event: "audit_difference", ...difference }),
    shouldStop: () => nowMs() >= stopAtMs,
  };
  const yesterday = new Date(nowMs() - DAY_MS).toISOString().slice(0, 10);
  const report = await audit(world, { from: `${yesterday}T00:00:00.000Z`, to: `${yesterday}T23:59:59.999Z` });
  writeLine({ event: "audit", day: yesterday, ...report });
  metrics.addMetric("AuditDifferences", MetricUnit.Count, report.differences);
  metrics.addMetric("AuditsCutShort", MetricUnit.Count, report.complete ? 0 : 1);
  metrics.addMetric("AuditedAccounts", MetricUnit.Count, report.accounts);
  metrics.publishStoredMetrics();
  return report;
}

function writeLine(line: object): void {
  process.stdout.write(`${JSON.stringify({ at: new Date(nowMs()).toISOString(), ...line })}\n`);
}
