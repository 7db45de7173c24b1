/**
 * `npm run bench:reports`: one day's reports of a million entries, in a heap of 64 MB.
 *
 * The entries come from a generator behind the port that the ledger stands behind in production (nothing but the report
 * code is measured), or, with `--dynamodb N`, N of them from the embedded DynamoDB through the real adapter. Both write
 * to the embedded S3.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { createAccounts } from "../lambda/adapters/dynamodb/accounts.ts";
import { createApiKeys } from "../lambda/adapters/dynamodb/api-keys.ts";
import { createDynamoClient } from "../lambda/adapters/dynamodb/client.ts";
import { entryItem } from "../lambda/adapters/dynamodb/items.ts";
import { createQueries } from "../lambda/adapters/dynamodb/queries.ts";
import { createSdkStore } from "../lambda/adapters/dynamodb/sdk-store.ts";
import { createObjectStore, createS3Client } from "../lambda/adapters/s3/object-store.ts";
import type { Entry } from "../lambda/core/charge.ts";
import { formatUsd } from "../lambda/core/money.ts";
import { dayAt } from "../lambda/core/report/period.ts";
import { NO_USAGE } from "../lambda/core/usage.ts";
import type { ReportWorld } from "../lambda/reports/account-report.ts";
import { writeReports } from "../lambda/reports/run.ts";
import { startDynamo } from "../local/dynamodb.ts";
import { reportWorld } from "../local/reports.ts";
import { LOCAL_BUCKET, startS3 } from "../local/s3.ts";
import { accountOf } from "../test/reports/memory-world.ts";

const HEAP_MB = 64;
const ACCOUNTS = 20;
const DAY = dayAt(Date.parse("2026-11-22"));

function entryNumber(n: number, of: number): Entry {
  const createdAt = new Date(DAY.fromMs + Math.floor((n / of) * 86_400_000)).toISOString();
  const accountId = `acct_${n % ACCOUNTS}`;
  const requestId = `req_${n}`;
  const usage = { ...NO_USAGE, inputTokens: 1_000 + (n % 97), cacheReadTokens: n % 7, outputTokens: n % 501 };
  return {
    accountId,
    entryId: requestId,
    type: "charge",
    amountPicoUsd: -BigInt(n + 1) * 75_000n,
    writeOffPicoUsd: 0n,
    createdAt,
    charge: {
      requestId,
      keyId: `key_${n % 13}`,
      model: `model-${n % 11}`,
      provider: n % 3 === 0 ? "openai" : "azure",
      outcome: n % 50 === 0 ? "failed" : "completed",
      usage,
      estimated: false,
      catalogVersion: "v1",
      createdAt,
      latencyMs: 900,
    },
  };
}

function generated(entries: number): Omit<ReportWorld, "objects"> {
  return {
    async *accounts() {
      for (let i = 0; i < ACCOUNTS; i++) yield accountOf(`acct_${i}`, { ledger: [], outbox: [], keys: [] });
    },
    async *entries(accountId) {
      const first = Number(accountId.slice("acct_".length));
      for (let n = first; n < entries; n += ACCOUNTS) yield entryNumber(n, entries);
    },
    async *keys() {},
  };
}

/** @returns the embedded DynamoDB with so many entries. */
async function stored(entries: number) {
  const dynamo = await startDynamo();
  const client = createDynamoClient(dynamo.endpoint);
  const store = createSdkStore(client);
  const queries = createQueries(client);
  const accounts = createAccounts(store, queries, dynamo.tables);
  for (let i = 0; i < ACCOUNTS; i++) {
    await accounts.create({ accountId: `acct_${i}`, name: "bench", createdAt: "2026-01-01T00:00:00.000Z" });
  }
  for (let n = 0; n < entries; n += 100) {
    const batch = Array.from({ length: Math.min(100, entries - n) }, (_, i) => entryNumber(n + i, entries));
    await Promise.all(
      batch.map((entry) => store.putIfAbsent(dynamo.tables.ledger, entryItem(entry), "entryId")),
    );
  }
  const keys = createApiKeys(store, queries, dynamo.tables);
  return {
    source: (objects: ReportWorld["objects"]) => reportWorld(accounts, keys, objects),
    async close() {
      client.destroy();
      await dynamo.close();
    },
  };
}

async function measure(title: string, world: ReportWorld): Promise<void> {
  const startedAtMs = performance.now();
  const report = await writeReports(world, DAY, { nowMs: () => Date.now(), shouldStop: () => false });
  const seconds = (performance.now() - startedAtMs) / 1_000;
  const peakMb = process.resourceUsage().maxRSS / 1_024;
  if (!report.complete) throw new Error(report.failure ?? "not complete");
  console.log(
    `${title}: entries ${report.entries}, ${seconds.toFixed(1)} s, ${Math.round(report.entries / seconds)} entries/s, ` +
      `peak RSS ${Math.round(peakMb)} MB, usage ${formatUsd(report.costPicoUsd)} USD`,
  );
}

async function main(entries: number, fromDynamo: number): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "wlrouter-bench-"));
  const s3 = await startS3(folder);
  const client = createS3Client(s3.endpoint);
  const objects = createObjectStore(client, LOCAL_BUCKET);
  if (fromDynamo > 0) {
    const dynamo = await stored(fromDynamo);
    await measure("embedded DynamoDB (store included)", dynamo.source(objects));
    await dynamo.close();
  } else {
    await measure(`generator, heap of ${HEAP_MB} MB`, { ...generated(entries), objects });
  }
  client.destroy();
  await s3.close();
  rmSync(folder, { recursive: true });
}

const { values } = parseArgs({
  options: {
    entries: { type: "string", default: "1000000" },
    dynamodb: { type: "string", default: "0" },
    here: { type: "boolean", default: false },
  },
});
if (values.here || values.dynamodb !== "0") await main(Number(values.entries), Number(values.dynamodb));
else {
  // The heap's size is decided at a process's start: memory that grew with the entries would end this one.
  const argv = [
    "--max-semi-space-size=4",
    `--max-old-space-size=${HEAP_MB}`,
    import.meta.filename,
    "--here",
    "--entries",
    values.entries,
  ];
  process.exitCode = spawnSync(process.execPath, argv, { stdio: "inherit" }).status ?? 1;
}
