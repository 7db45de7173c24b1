import { afterAll, beforeAll, expect, test } from "vitest";
import { createAccounts } from "../../lambda/adapters/dynamodb/accounts.ts";
import { entryItem } from "../../lambda/adapters/dynamodb/items.ts";
import { createQueries } from "../../lambda/adapters/dynamodb/queries.ts";
import { createRollups } from "../../lambda/adapters/dynamodb/rollups.ts";
import { createSdkStore } from "../../lambda/adapters/dynamodb/sdk-store.ts";
import type { Entry } from "../../lambda/core/charge.ts";
import { eventOf, type UsageSettled } from "../../lambda/core/events.ts";
import type { Grain, RollupRow } from "../../lambda/core/rollup.ts";
import { rollUp } from "../../lambda/usage/rollup/roll-up.ts";
import { type LocalDynamo, startDynamo } from "../../local/dynamodb.ts";
import { patientClient } from "../fakes/patient-client.ts";
import { seededRandom } from "../fakes/seeded-random.ts";
import { charge, late, movement } from "./entries.ts";

let dynamo: LocalDynamo;
let client: ReturnType<typeof patientClient>;
beforeAll(async () => {
  dynamo = await startDynamo();
  client = patientClient(dynamo.endpoint);
});
afterAll(async () => {
  client.destroy();
  await dynamo.close();
});

function openWorld() {
  const store = createSdkStore(client);
  const queries = createQueries(client);
  return {
    store,
    ledger: createAccounts(store, queries, dynamo.tables),
    rollups: createRollups(store, queries, dynamo.tables.rollups),
  };
}

function usageOf(entry: Entry): UsageSettled[] {
  const event = eventOf(entry);
  return event.type === "usage.settled" ? [event.detail] : [];
}

function shuffled<Item>(items: readonly Item[], random: ReturnType<typeof seededRandom>): Item[] {
  return items
    .map((item) => ({ item, place: random.next() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

/** Added up in the plainest way, to compare with. */
function expectedRows(entries: readonly Entry[], grain: Grain): Map<string, object> {
  const rows = new Map<
    string,
    { entries: number; requests: number; failures: number; tokens: number; cost: bigint }
  >();
  for (const { charge: facts, createdAt, type, amountPicoUsd } of entries) {
    if (!facts) continue;
    const name = `${createdAt.slice(0, grain === "hour" ? 13 : 10)} ${facts.model} ${facts.keyId}`;
    const row = rows.get(name) ?? { entries: 0, requests: 0, failures: 0, tokens: 0, cost: 0n };
    rows.set(name, row);
    row.entries += 1;
    row.requests += type === "charge" ? 1 : 0;
    row.failures += type === "charge" && facts.outcome !== "completed" ? 1 : 0;
    row.tokens += facts.usage.inputTokens + facts.usage.outputTokens + facts.usage.reasoningTokens;
    row.cost -= amountPicoUsd;
  }
  return rows;
}

function comparable(rows: readonly RollupRow[]): Map<string, object> {
  return new Map(
    rows.map((row) => [
      `${row.period} ${row.model} ${row.keyId}`,
      {
        entries: row.entries,
        requests: row.requests,
        failures: row.failures,
        tokens: row.inputTokens + row.outputTokens + row.reasoningTokens,
        cost: row.costPicoUsd,
      },
    ]),
  );
}

test("delivered one to five times, shuffled, replayed and at once, the rollups equal the ledger", async () => {
  const { store, ledger, rollups } = openWorld();
  const random = seededRandom(4);
  const accountId = "acct_many";
  const entries: Entry[] = Array.from({ length: 300 }, (_, number) =>
    charge(number, {
      accountId,
      keyId: `key_${random.between(1, 3)}`,
      model: random.chance(0.5) ? "gpt-4.1-mini" : "openrouter/a:b@c",
      outcome: random.chance(0.2) ? "failed" : "completed",
      createdAt: new Date(Date.UTC(2026, 10, 22, 22) + random.between(0, 5 * 3_600_000)).toISOString(),
    }),
  );
  entries.push({ ...late(1), accountId }, { ...movement("topup_1", "topup", 5n), accountId });
  const deliveries = entries.flatMap((entry) => Array.from({ length: random.between(1, 5) }, () => entry));
  const batches = new Map<number, Entry[]>();
  for (const [index, entry] of shuffled(deliveries, random).entries()) {
    const batch = batches.get(Math.floor(index / 50)) ?? [];
    batches.set(Math.floor(index / 50), [...batch, entry]);
  }
  const written = new Set<string>();
  const deliver = async (batch: Entry[]) => {
    let left = batch.flatMap(usageOf);
    // As a queue does: what is unfinished comes again.
    while (left.length > 0) {
      const unfinished = await rollUp({ ledger, rollups }, left);
      left = left.filter(({ entry_id }) => unfinished.has(entry_id));
    }
  };
  const waiting = [...batches.values()];
  while (waiting.length > 0) {
    const pair = waiting.splice(0, 2);
    for (const entry of pair.flat()) {
      if (written.has(entry.entryId)) continue;
      written.add(entry.entryId);
      await store.putIfAbsent(dynamo.tables.ledger, entryItem(entry), "entryId");
    }
    await Promise.all(pair.map(deliver));
  }
  await deliver(shuffled(entries, random));
  for (const grain of ["hour", "day"] as const) {
    const rows = await Array.fromAsync(rollups.forAccount(accountId, "2026-11-22", "2026-11-23", grain));
    expect(comparable(rows)).toEqual(expectedRows(entries, grain));
    const cost = rows.reduce((sum, { costPicoUsd }) => sum + costPicoUsd, 0n);
    expect(cost).toBe(-entries.reduce((sum, entry) => sum + (entry.charge ? entry.amountPicoUsd : 0n), 0n));
  }
});

test("an event whose entry is not yet in the index comes again; the others of its hour are counted", async () => {
  const { store, ledger, rollups } = openWorld();
  const [here, notYet] = [charge(1, { accountId: "acct_behind" }), charge(2, { accountId: "acct_behind" })];
  await store.putIfAbsent(dynamo.tables.ledger, entryItem(here), "entryId");
  const events = [here, notYet].flatMap(usageOf);
  expect([...(await rollUp({ ledger, rollups }, events)).keys()]).toEqual([notYet.entryId]);
  const requests = async () =>
    (await Array.fromAsync(rollups.forAccount("acct_behind", "2026-11-23", "2026-11-23", "day"))).map(
      (row) => row.requests,
    );
  expect(await requests()).toEqual([1]);
  await store.putIfAbsent(dynamo.tables.ledger, entryItem(notYet), "entryId");
  expect(await rollUp({ ledger, rollups }, events)).toEqual(new Map());
  expect(await requests()).toEqual([2]);
});

test("a reading that has seen less, or others, never replaces one that has seen more", async () => {
  const { rollups } = openWorld();
  const [first, second, third] = [1, 2, 3].map((number) => charge(number, { accountId: "acct_stale" }));
  if (!first || !second || !third) throw new Error("there are three");
  const reading = (...entries: Entry[]) => ({
    rollups,
    ledger: {
      async *entries() {
        yield* entries;
      },
    },
  });
  const cost = async () =>
    (await Array.fromAsync(rollups.forAccount("acct_stale", "2026-11-23", "2026-11-23", "hour"))).map(
      ({ costPicoUsd }) => costPicoUsd,
    );
  expect((await rollUp(reading(first, second), usageOf(second))).size).toBe(0);
  expect((await rollUp(reading(first), usageOf(first))).size).toBe(1);
  expect((await rollUp(reading(first, third), usageOf(third))).size).toBe(1);
  expect(await cost()).toEqual([3n * 1_000_003n]);
  expect((await rollUp(reading(first, second, third), usageOf(third))).size).toBe(0);
  expect(await cost()).toEqual([6n * 1_000_003n]);
});

test("of a batch, each hour of an account is read once", async () => {
  const { rollups } = openWorld();
  const entries = [1, 2, 3, 4].map((number) => charge(number, { accountId: `acct_${number % 2}_once` }));
  const reads: string[] = [];
  const ledger = {
    async *entries(accountId: string) {
      reads.push(accountId);
      yield* entries.filter((entry) => entry.accountId === accountId);
    },
  };
  expect((await rollUp({ rollups, ledger }, entries.flatMap(usageOf))).size).toBe(0);
  expect(reads.sort()).toEqual(["acct_0_once", "acct_1_once"]);
});
