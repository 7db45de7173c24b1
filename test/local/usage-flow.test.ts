/** Requests of every kind; what they cost is in the ledger, the rollups, the lake and the reports, alike to the picodollar. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createObjectStore, createS3Client } from "../../lambda/adapters/s3/object-store.ts";
import type { Entry } from "../../lambda/core/charge.ts";
import { eventOf } from "../../lambda/core/events.ts";
import { formatUsd, parseUsd } from "../../lambda/core/money.ts";
import type { ObjectStore } from "../../lambda/core/ports.ts";
import { dayAt, monthAt } from "../../lambda/core/report/period.ts";
import { writeReports } from "../../lambda/reports/run.ts";
import type { LocalBus } from "../../local/bus.ts";
import { type ConsumerStores, openConsumerStores } from "../../local/consumer-stores.ts";
import { createConsumers } from "../../local/consumers.ts";
import { queryLake } from "../../local/lake-database.ts";
import type { LakeWriter } from "../../local/lake-writer.ts";
import { reportWorld } from "../../local/reports.ts";
import { LOCAL_BUCKET, type LocalS3, startS3 } from "../../local/s3.ts";
import { newLakeName } from "../../local/usage.ts";
import {
  type Behavior,
  failure,
  type ProviderServer,
  startProviderServer,
} from "../fakes/provider-server.ts";
import { type Router, startRouter } from "../fakes/router.ts";
import { seededRandom } from "../fakes/seeded-random.ts";
import { chat, chunk, completion, streamed, usage, usageChunk } from "../gateway/completions.ts";

const REQUESTS = 2_000;
const AT_ONCE = 20;
const random = seededRandom(20_261_123);

let folder: string;
let provider: ProviderServer;
let router: Router;
let s3: LocalS3;
let objects: ObjectStore;
let stores: ConsumerStores;
let consumers: { bus: LocalBus; lake: LakeWriter };
const buried: unknown[] = [];

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "wlrouter-flow-"));
  s3 = await startS3(folder);
  objects = createObjectStore(createS3Client(s3.endpoint), LOCAL_BUCKET);
  provider = await startProviderServer();
  provider.always((response, call) => behavior()(response, call));
  router = await startRouter({ providerUrl: provider.baseUrl, creditUsd: "25" });
  stores = openConsumerStores(router.dynamo.endpoint, router.dynamo.tables);
  consumers = createConsumers({
    objects,
    stores,
    // Nobody waits for batches to fill, nor between two tries.
    pause: async () => {},
    newName: newLakeName,
    bury: (letter) => buried.push(letter),
  });
});
afterAll(async () => {
  await provider.close();
  await router.close();
  await s3.close();
  rmSync(folder, { recursive: true });
});

function upTo(limit: number): number {
  return Math.floor(random.next() * limit);
}

/** One in ten fails, one in ten breaks off, half of the rest have read from the cache. */
function behavior(): Behavior {
  const prompt = 20 + upTo(50);
  const reported = usage(prompt, 1 + upTo(20), {
    prompt_tokens_details: { cached_tokens: upTo(2) * upTo(prompt) },
  });
  const kind = upTo(10);
  if (kind === 0) return failure(500);
  return async (response, call) => {
    const wanted = call.json;
    const isStream =
      typeof wanted === "object" && wanted !== null && "stream" in wanted && wanted.stream === true;
    if (!isStream) return completion("Hi", reported)(response, call);
    const whole = [chunk("Hel"), chunk("lo"), usageChunk(reported), "[DONE]"];
    return streamed(kind === 1 ? whole.slice(0, 1) : whole)(response, call);
  };
}

async function makeRequests(keys: readonly string[]): Promise<void> {
  let left = REQUESTS;
  async function worker(): Promise<void> {
    while (left-- > 0) {
      const key = keys[upTo(keys.length)] ?? "";
      const model = upTo(5) === 0 ? "demo/echo" : "test/model";
      const tag = ["team-a", "team-b", ""][upTo(3)] ?? "";
      const isStream = model === "test/model" && upTo(2) === 0;
      const answer = await fetch(`${router.baseUrl}/chat/completions`, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, ...(tag ? { "x-wlrouter-tag": tag } : {}) },
        body: JSON.stringify(chat({ model, stream: isStream })),
      });
      await answer.text().catch(() => {});
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function ledgerEntries(): Promise<Entry[]> {
  await router.sweep();
  const entries: Entry[] = [];
  for await (const { accountId } of router.accounts.all()) {
    for await (const entry of router.accounts.entries(accountId)) entries.push(entry);
  }
  return entries;
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, place: random.next() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

/** Requests, input, cache reads, output and cost of what has the same name. */
type Sums = Map<string, [bigint, bigint, bigint, bigint, bigint]>;

function add(sums: Sums, name: string, figures: readonly bigint[]): void {
  const [a, b, c, d, e] = sums.get(name) ?? [0n, 0n, 0n, 0n, 0n];
  const [v = 0n, w = 0n, x = 0n, y = 0n, z = 0n] = figures;
  sums.set(name, [a + v, b + w, c + x, d + y, e + z]);
}

function ledgerSums(entries: readonly Entry[]): Sums {
  const sums: Sums = new Map();
  for (const { accountId, charge, amountPicoUsd, createdAt } of entries) {
    if (!charge) continue;
    const { inputTokens, cacheReadTokens, outputTokens } = charge.usage;
    add(sums, [createdAt.slice(0, 10), accountId, charge.keyId, charge.model].join(), [
      1n,
      BigInt(inputTokens),
      BigInt(cacheReadTokens),
      BigInt(outputTokens),
      -amountPicoUsd,
    ]);
  }
  return sums;
}

async function lakeSums(): Promise<Sums> {
  const { rows } = await queryLake(
    path.join(folder, LOCAL_BUCKET),
    `SELECT dt, account_id, key_id, model, count(*), sum(input_tokens), sum(cache_read_tokens), sum(output_tokens),
       sum(cost_pico_usd) FROM usage GROUP BY ALL`,
  );
  const sums: Sums = new Map();
  for (const row of rows) {
    add(
      sums,
      row.slice(0, 4).join(),
      row.slice(4).map((figure) => BigInt(String(figure))),
    );
  }
  return sums;
}

async function rollupSums(accountIds: readonly string[], days: readonly string[], grain: "hour" | "day") {
  const sums: Sums = new Map();
  for (const accountId of accountIds) {
    for await (const row of stores.rollUps.rollups.forAccount(
      accountId,
      days[0] ?? "",
      days.at(-1) ?? "",
      grain,
    )) {
      add(sums, [row.period.slice(0, 10), accountId, row.keyId, row.model].join(), [
        BigInt(row.requests),
        BigInt(row.inputTokens),
        BigInt(row.cacheReadTokens),
        BigInt(row.outputTokens),
        row.costPicoUsd,
      ]);
    }
  }
  return sums;
}

async function reportSums(days: readonly string[]): Promise<Sums> {
  const sums: Sums = new Map();
  const options = { nowMs: () => Date.now(), shouldStop: () => false, again: true };
  for (const day of days) {
    const period = dayAt(Date.parse(day));
    await writeReports(reportWorld(router.accounts, router.keys, objects), period, options);
    for await (const { key } of objects.list(`reports/daily/dt=${day}/acct_`)) {
      const rows = parse(Buffer.from((await objects.get(key)) ?? []), { columns: true });
      for (const row of rows as Record<string, string>[]) {
        const { account_id, key_id, model, requests, input_tokens, cache_read_tokens, output_tokens } = row;
        const counts = [requests, input_tokens, cache_read_tokens, output_tokens].map((it) =>
          BigInt(it ?? ""),
        );
        add(sums, [day, account_id, key_id, model].join(), [...counts, parseUsd(row["cost_usd"] ?? "")]);
      }
    }
  }
  return sums;
}

test("Every event one to five times and in any order: ledger, lake, rollups, daily reports and statement agree.", async () => {
  const second = await router.newAccount("25");
  const keys = [router.key, (await router.newKey()).key, (await router.newKey({ accountId: second })).key];
  await makeRequests(keys);
  const entries = await ledgerEntries();
  const charges = entries.filter(({ charge }) => charge);
  expect(charges).toHaveLength(REQUESTS);
  const outcomes = new Set(charges.map(({ charge }) => charge?.outcome));
  expect(outcomes).toEqual(new Set(["completed", "failed", "broken"]));

  const deliveries = shuffled(entries.flatMap((entry) => Array<Entry>(1 + upTo(5)).fill(entry)));
  while (deliveries.length > 0) {
    await consumers.bus.publish(deliveries.splice(0, 1 + upTo(1_500)).map(eventOf));
    await consumers.bus.settled();
    await consumers.lake.write(consumers.lake.collected());
  }
  expect(buried).toEqual([]);

  const expected = ledgerSums(entries);
  const days = [...new Set(entries.map(({ createdAt }) => createdAt.slice(0, 10)))].sort();
  const accountIds = [router.accountId, second];
  expect(await lakeSums()).toEqual(expected);
  expect(await rollupSums(accountIds, days, "hour")).toEqual(expected);
  expect(await rollupSums(accountIds, days, "day")).toEqual(expected);
  expect(await reportSums(days)).toEqual(expected);
  await expectStatements(accountIds, entries);
}, 120_000);

async function expectStatements(accountIds: readonly string[], entries: readonly Entry[]): Promise<void> {
  const options = { nowMs: () => Date.now(), shouldStop: () => false, again: true };
  const month = monthAt(Date.now());
  await writeReports(reportWorld(router.accounts, router.keys, objects), month, options);
  for (const accountId of accountIds) {
    const bytes = await objects.get(`reports/monthly/month=${month.name}/${accountId}.statement.json`);
    const own = entries.filter((entry) => entry.accountId === accountId);
    const posted = sumOf(own);
    expect(posted).toBe((await router.ledger.account(accountId))?.postedPicoUsd);
    expect(JSON.parse(Buffer.from(bytes ?? []).toString())).toMatchObject({
      opening_balance: "0.00",
      top_ups: formatUsd(sumOf(own.filter(({ type }) => type === "topup"))),
      usage: usageByModel(own),
      refunds: "0.00",
      adjustments: "0.00",
      closing_balance: formatUsd(posted),
    });
  }
}

function usageByModel(entries: readonly Entry[]): object[] {
  const charges = entries.filter(({ charge }) => charge);
  const models = [...new Set(charges.map(({ charge }) => charge?.model ?? ""))].sort();
  return models.map((model) => {
    const own = charges.filter(({ charge }) => charge?.model === model);
    return { model, requests: own.length, amount: formatUsd(sumOf(own)) };
  });
}

function sumOf(entries: readonly Entry[]): bigint {
  return entries.reduce((sum, { amountPicoUsd }) => sum + amountPicoUsd, 0n);
}
