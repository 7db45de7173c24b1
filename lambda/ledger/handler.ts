/**
 * Trigger: a schedule, each minute.
 * Purpose: end what crashes left behind, so that no money stays held and every charge reaches the ledger.
 * Steps: scan the accounts in parallel segments; expire holds past their time; drain records that linger; report.
 * A retry, or two sweepers at once, does nothing twice: every step is a conditional write of the ledger's own.
 */
import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type { Context } from "aws-lambda";
import { createAccounts } from "../adapters/dynamodb/accounts.ts";
import { createDynamoClient } from "../adapters/dynamodb/client.ts";
import { createLedger } from "../adapters/dynamodb/ledger.ts";
import { createQueries } from "../adapters/dynamodb/queries.ts";
import { createSdkStore } from "../adapters/dynamodb/sdk-store.ts";
import { ENV, environmentVariable } from "../env.ts";
import { rotated, type SweepReport, sumOf, sweep } from "./sweep.ts";

/** Parts of the table; so many are scanned at a time. */
const SEGMENTS = 64;
const AT_ONCE = 8;
/** Time to finish the account at hand and to report. */
const BEFORE_DEADLINE_MS = 10_000;

const nowMs = () => Date.now();
const client = createDynamoClient();
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
  newAttempt: () => randomBytes(5).toString("base64url"),
});
const metrics = new Metrics({ namespace: "WLRouter", serviceName: "sweeper" });

export async function handler(_event: unknown, context: Context): Promise<SweepReport> {
  const stopAtMs = nowMs() + context.getRemainingTimeInMillis() - BEFORE_DEADLINE_MS;
  // Each minute begins with another segment, so that a table too large for one run is covered by the next ones.
  const segments = rotated(SEGMENTS, Math.floor(nowMs() / 60_000));
  const reports = await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      const parts: SweepReport[] = [];
      for (let index = segments.shift(); index !== undefined; index = segments.shift()) {
        parts.push(await sweepSegment(index, stopAtMs));
      }
      return sumOf(parts);
    }),
  );
  const report = sumOf(reports);
  publish(report);
  return report;
}

/** A segment that cannot be read is left to the next run, and the others are swept all the same. */
async function sweepSegment(index: number, stopAtMs: number): Promise<SweepReport> {
  try {
    return await sweep({ accounts: accounts.scan({ index, of: SEGMENTS }), ledger, nowMs, stopAtMs });
  } catch (error) {
    writeLine({ event: "sweep_failed", segment: index, error: String(error) });
    return { ...sumOf([]), failed: 1, complete: false };
  }
}

function writeLine(line: object): void {
  process.stdout.write(`${JSON.stringify({ at: new Date(nowMs()).toISOString(), ...line })}\n`);
}

function publish(report: SweepReport): void {
  writeLine({ event: "sweep", ...report });
  metrics.addMetric("HoldsOpen", MetricUnit.Count, report.open);
  metrics.addMetric("HoldsOverdue", MetricUnit.Count, report.overdue);
  metrics.addMetric("HoldsExpired", MetricUnit.Count, report.expired);
  metrics.addMetric("HoldsGivenBack", MetricUnit.Count, report.givenBack);
  metrics.addMetric("RecordsDrained", MetricUnit.Count, report.drained);
  metrics.addMetric("SweepFailures", MetricUnit.Count, report.failed);
  metrics.addMetric("SweepsCutShort", MetricUnit.Count, report.complete ? 0 : 1);
  metrics.publishStoredMetrics();
}
