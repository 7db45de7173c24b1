import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createAccounts } from "../../lambda/adapters/dynamodb/accounts.ts";
import { number } from "../../lambda/adapters/dynamodb/attributes.ts";
import { accountKey } from "../../lambda/adapters/dynamodb/items.ts";
import { createLedger } from "../../lambda/adapters/dynamodb/ledger.ts";
import { createLowBalances } from "../../lambda/adapters/dynamodb/low-balances.ts";
import { createQueries } from "../../lambda/adapters/dynamodb/queries.ts";
import { createSdkStore } from "../../lambda/adapters/dynamodb/sdk-store.ts";
import type { BusEvent } from "../../lambda/core/events.ts";
import { parseUsd } from "../../lambda/core/money.ts";
import { watchBalance } from "../../lambda/usage/low-balance/watch-balance.ts";
import { type LocalDynamo, startDynamo } from "../../local/dynamodb.ts";
import { patientClient } from "../fakes/patient-client.ts";

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

/** An account with 25 USD, watched, and a bus that can be made to refuse, or to die while it publishes. */
async function openWorld() {
  const store = createSdkStore(client);
  const accountId = `acct_${randomUUID()}`;
  const clock = { nowMs: Date.UTC(2026, 10, 23, 12) };
  const createdAt = new Date(clock.nowMs).toISOString();
  const ledger = createLedger({
    store,
    tables: dynamo.tables,
    nowMs: () => clock.nowMs,
    pause: async () => {},
    newAttempt: () => randomUUID().slice(0, 8),
  });
  await createAccounts(store, createQueries(client), dynamo.tables).create({
    accountId,
    name: "",
    createdAt,
  });
  const move = (usd: string) =>
    ledger.credit({
      accountId,
      creditId: `adj_${randomUUID()}`,
      type: "adjustment",
      amountPicoUsd: parseUsd(usd),
      createdAt,
    });
  await move("25");
  const events: BusEvent[] = [];
  const bus = { breaks: false };
  const world = {
    balances: createLowBalances(store, dynamo.tables.accounts),
    nowMs: () => clock.nowMs,
    bus: {
      async publish(published: readonly BusEvent[]) {
        events.push(...published);
        return { failed: bus.breaks ? [0] : [] };
      },
    },
  };
  return {
    accountId,
    ledger,
    move,
    clock,
    bus,
    told: () => events.map(({ detail }) => ("event_id" in detail ? detail.event_id : "")),
    events,
    watch: () => watchBalance(world, accountId),
    setThreshold: (usd: string) =>
      store.update(dynamo.tables.accounts, accountKey(accountId), {
        set: ["#lowBalanceThreshold = :threshold"],
        condition: ["attribute_exists(#accountId)"],
        values: { ":threshold": number(parseUsd(usd)) },
      }),
  };
}

test("each crossing is told of once, however many look at once, and the next after the balance was back", async () => {
  const { move, watch, told, events, accountId, ledger } = await openWorld();
  await watch();
  expect(told()).toEqual([]);
  for (const crossing of [1, 2, 3]) {
    await move("-20.5");
    // Those that come second are sent back, and find it told when they come again.
    await Promise.allSettled(Array.from({ length: 10 }, watch));
    await Promise.all(Array.from({ length: 10 }, watch));
    expect(told()).toHaveLength(crossing);
    await move("0.5");
    await move("-0.1");
    await watch();
    expect(told()).toHaveLength(crossing);
    await move("20.1");
    await Promise.all(Array.from({ length: 5 }, watch));
  }
  expect(new Set(told()).size).toBe(3);
  expect(events[0]).toEqual({
    type: "balance.low",
    detail: {
      version: 1,
      event_id: `low_${accountId}_2`,
      account_id: accountId,
      posted_pico_usd: "4500000000000",
      threshold_pico_usd: "5000000000000",
      created_at: "2026-11-23T12:00:00.000Z",
    },
  });
  expect(await ledger.account(accountId)).toMatchObject({
    availablePicoUsd: parseUsd("25"),
    postedPicoUsd: parseUsd("25"),
  });
});

test("who dies between writing down and publishing leaves it to the retry, which tells the same event", async () => {
  const { move, watch, told, bus, clock } = await openWorld();
  await move("-21");
  bus.breaks = true;
  await expect(watch()).rejects.toThrow("did not take");
  bus.breaks = false;
  await expect(watch()).rejects.toThrow("another one is telling");
  clock.nowMs += 60_001;
  await watch();
  await watch();
  const [first, ...rest] = told();
  expect(rest).toEqual([first]);
});

test("a crossing that was not told is told even when the balance is back by then", async () => {
  const { move, watch, told, bus, clock } = await openWorld();
  await move("-21");
  bus.breaks = true;
  await expect(watch()).rejects.toThrow();
  bus.breaks = false;
  await move("21");
  clock.nowMs += 60_001;
  await watch();
  await move("-21");
  await watch();
  expect(told()).toHaveLength(3);
  expect(new Set(told()).size).toBe(2);
});

test("the threshold is the account's own where it has one; zero is never crossed", async () => {
  const { move, watch, told, setThreshold } = await openWorld();
  await setThreshold("0");
  await move("-25");
  await watch();
  expect(told()).toEqual([]);
  await move("10");
  await setThreshold("10.000000000001");
  await watch();
  expect(told()).toHaveLength(1);
});
