/** SWEEP on the real ledger: what crashes, lost writes and hands leave behind. */
import { UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { keyPeriodOf } from "../../lambda/core/hold.ts";
import type { Ledger, OpenHold } from "../../lambda/core/ports.ts";
import { minuteOf } from "../../lambda/core/rate-limit.ts";
import { rotated, type Sweep, type SweepReport, sumOf, sweep } from "../../lambda/ledger/sweep.ts";
import { type LocalDynamo, startDynamo } from "../../local/dynamodb.ts";
import { expectSound } from "../adapters/dynamodb/invariants.ts";
import {
  entriesOf,
  factsOf,
  holdRequest,
  type LedgerWorld,
  newAccount,
  openWorld,
  readAccountOf,
  START_MS,
  take,
} from "../adapters/dynamodb/ledger-world.ts";
import { isDrainClear, isHold } from "../fakes/dynamodb-call.ts";
import { inOrder } from "../fakes/fault-plans.ts";
import { patientClient } from "../fakes/patient-client.ts";

const MINUTE_MS = 60_000;
const EXPIRY_MS = START_MS + 6 * MINUTE_MS;
const JANUARY = keyPeriodOf("key_1", { period: "month" }, Date.UTC(2026, 0));
const NOTHING_DONE = { expired: 0, givenBack: 0, drained: 0, failed: 0, complete: true };

let dynamo: LocalDynamo;
let world: LedgerWorld;
beforeEach(async () => {
  dynamo = await startDynamo();
  world = await openWorld(async () => dynamo, { seed: 1, lateByAtMost: 1_000_000 });
});
afterEach(() => world.close());

function sweepAll(changes: Partial<Sweep> = {}): Promise<SweepReport> {
  return sweep({
    accounts: world.accounts.scan(),
    ledger: world.direct.ledger,
    nowMs: () => world.clock.nowMs,
    stopAtMs: Number.POSITIVE_INFINITY,
    ...changes,
  });
}

/** A request that was settled and not drained, at this time. */
async function settled(accountId: string, createdAtMs: number): Promise<OpenHold> {
  const open = await take(world, accountId, 10n);
  const facts = { ...factsOf(open), createdAt: new Date(createdAtMs).toISOString() };
  await world.ledger.settle(open, 4n, facts);
  return open;
}

async function damage(accountId: string, expression: string, value: { S: string } | { N: string }) {
  const client = patientClient(dynamo.endpoint);
  await client.send(
    new UpdateItemCommand({
      TableName: dynamo.tables.accounts,
      Key: { accountId: { S: accountId }, shard: { S: "0" } },
      UpdateExpression: expression,
      ExpressionAttributeValues: { ":value": value },
    }),
  );
  client.destroy();
}

describe("a hold", () => {
  test("past its expiry ends at zero, with an entry that says so, and its money and its key's are back", async () => {
    const accountId = await newAccount(world, 100n);
    const open = await take(world, accountId, 30n, { keyPeriod: JANUARY, limitPicoUsd: 50n });
    world.clock.nowMs = EXPIRY_MS - 1;
    expect(await sweepAll()).toMatchObject({ ...NOTHING_DONE, accounts: 1, open: 1, overdue: 0 });
    world.clock.nowMs = EXPIRY_MS;
    expect(await sweepAll()).toMatchObject({ ...NOTHING_DONE, accounts: 1, expired: 1 });
    const account = await readAccountOf(world, accountId);
    expect([account.availablePicoUsd, account.postedPicoUsd, account.holds.size]).toEqual([100n, 100n, 0]);
    expect(account.keySpendPicoUsd).toEqual(new Map([[JANUARY, 0n]]));
    expect((await expectSound(world, accountId)).get(open.requestId)).toMatchObject({
      type: "charge",
      amountPicoUsd: 0n,
      createdAt: new Date(EXPIRY_MS).toISOString(),
      charge: { outcome: "expired", keyId: "key_1", model: "demo/echo", catalogVersion: "0a1b2c3d" },
    });
    world.clock.nowMs += MINUTE_MS;
    expect(await sweepAll()).toMatchObject({ ...NOTHING_DONE, accounts: 1, drained: 1 });
    expect(await sweepAll()).toMatchObject({ ...NOTHING_DONE, accounts: 1 });
  });

  test("that landed after its request had ended goes back, its key's spend too, without a second entry", async () => {
    const accountId = await newAccount(world, 100n);
    world.proxy.plan = inOrder(["delayed"], isHold);
    const open = await take(world, accountId, 30n, { keyPeriod: JANUARY, limitPicoUsd: 80n });
    const { entry } = await world.ledger.settle(open, 12n, factsOf(open));
    if (entry) await world.ledger.drain(entry);
    await world.proxy.flush();
    expect((await readAccountOf(world, accountId)).keySpendPicoUsd.get(JANUARY)).toBe(42n);
    world.clock.nowMs = EXPIRY_MS;
    expect(await sweepAll()).toMatchObject({ ...NOTHING_DONE, accounts: 1, givenBack: 1 });
    const account = await readAccountOf(world, accountId);
    expect([account.availablePicoUsd, account.keySpendPicoUsd.get(JANUARY)]).toEqual([88n, 12n]);
    expect((await entriesOf(world, accountId)).map(({ entryId }) => entryId).sort()).toEqual([
      open.requestId,
      "topup_opening",
    ]);
    await expectSound(world, accountId);
  });
});

test("a hold that sweeps have not ended for five minutes is overdue, and is said to be", async () => {
  const accountId = await newAccount(world, 100n);
  await take(world, accountId, 30n);
  world.clock.nowMs = EXPIRY_MS + 5 * MINUTE_MS + 1;
  expect(await sweepAll()).toMatchObject({ overdue: 1, expired: 1, open: 0 });
});

describe("a record", () => {
  test("older than a minute is drained, and a younger one is left to its request", async () => {
    const accountId = await newAccount(world, 100n);
    const stale = await settled(accountId, START_MS - MINUTE_MS);
    const young = await settled(accountId, START_MS - MINUTE_MS + 1);
    expect(await sweepAll()).toMatchObject({ ...NOTHING_DONE, accounts: 1, drained: 1 });
    expect([...(await readAccountOf(world, accountId)).outbox.keys()]).toEqual([young.requestId]);
    expect(await world.ledger.entry(accountId, stale.requestId)).toMatchObject({ amountPicoUsd: -4n });
    await expectSound(world, accountId);
  });

  test("whose entry was put and not cleared from the account is cleared", async () => {
    const accountId = await newAccount(world, 100n);
    const open = await settled(accountId, START_MS - MINUTE_MS);
    const record = (await readAccountOf(world, accountId)).outbox.get(open.requestId);
    world.proxy.plan = (call) => (isDrainClear(call) ? "lostRequest" : undefined);
    if (record) await expect(world.ledger.drain(record)).rejects.toThrow();
    expect(await sweepAll()).toMatchObject({ drained: 1, failed: 0 });
    expect((await readAccountOf(world, accountId)).outbox.size).toBe(0);
    await expectSound(world, accountId);
  });
});

/** Accounts with two holds, two records and the counters of a rate limit each, all of them left behind. */
async function leftBehind(count: number): Promise<string[]> {
  const accountIds = await Promise.all(Array.from({ length: count }, () => newAccount(world, 100n)));
  const rate = { limit: { requestsPerMinute: 9 }, keyId: "key_1", minute: minuteOf(START_MS), tokens: 1 };
  for (const accountId of accountIds) {
    for (let round = 0; round < 2; round++) {
      await world.ledger.hold({ ...holdRequest(accountId, 10n), rate });
      await settled(accountId, START_MS - MINUTE_MS);
    }
  }
  world.clock.nowMs = EXPIRY_MS;
  return accountIds;
}

async function expectMended(accountIds: readonly string[]): Promise<void> {
  for (const accountId of accountIds) {
    const account = await readAccountOf(world, accountId);
    expect([account.availablePicoUsd, account.postedPicoUsd, account.sequence]).toEqual([92n, 92n, 5]);
    expect(account.rates.size).toBe(0);
    await expectSound(world, accountId);
  }
}

describe("sweeping", () => {
  test("three times at once, and again, does nothing twice", async () => {
    const accountIds = await leftBehind(4);
    const reports = await Promise.all([sweepAll(), sweepAll(), sweepAll()]);
    expect(reports.map(({ failed }) => failed)).toEqual([0, 0, 0]);
    await expectMended(accountIds);
    expect(await sweepAll()).toMatchObject({ ...NOTHING_DONE, accounts: 4 });
    await expectMended(accountIds);
  });

  test("stops between two accounts when its time is over, and the next goes on", async () => {
    const accountIds = await leftBehind(5);
    let looks = 0;
    const cut = await sweepAll({ nowMs: () => EXPIRY_MS + looks++, stopAtMs: EXPIRY_MS + 2 });
    expect(cut).toMatchObject({
      accounts: 2,
      expired: 4,
      givenBack: 0,
      drained: 4,
      failed: 0,
      complete: false,
    });
    const rest = await sweepAll();
    expect(rest).toMatchObject({ accounts: 5, expired: 6, drained: 6, complete: true });
    await expectMended(accountIds);
  });

  const STEPS: readonly (readonly [
    string,
    (ledger: Ledger, fail: () => Promise<void>) => Partial<Ledger>,
  ])[] = [
    ["expires a hold", ({ expire }, fail) => ({ expire: (...of) => fail().then(() => expire(...of)) })],
    ["drains a record", ({ drain }, fail) => ({ drain: (...of) => fail().then(() => drain(...of)) })],
    [
      "clears counters",
      ({ clearRates }, fail) => ({ clearRates: (...of) => fail().then(() => clearRates(...of)) }),
    ],
  ];

  test.each(STEPS)(
    "goes on behind a step that %s and fails, counts it, and leaves it to the next",
    async (_, spoil) => {
      const accountIds = await leftBehind(2);
      let calls = 0;
      const spoiled = spoil(world.direct.ledger, async () => {
        calls += 1;
        if (calls === 1) throw new Error("DynamoDB is down");
      });
      const ledger = { ...world.direct.ledger, ...spoiled };
      expect(await sweepAll({ ledger })).toMatchObject({
        accounts: 2,
        failed: 1,
        causes: [expect.stringMatching(/^acct_\S+ (hold \S+|record \S+|rates): Error: DynamoDB is down$/)],
        complete: true,
      });
      expect(calls).toBeGreaterThan(1);
      expect(await sweepAll()).toMatchObject({ accounts: 2, failed: 0 });
      await expectMended(accountIds);
    },
  );
});

describe("what was written by hand", () => {
  test.each([
    ["no hold at all", { S: "garbage" }],
    ["a hold of no number", { S: "x|1|key_1|-|m|v|a" }],
    ["a hold that never expires", { S: "5|never|key_1|-|m|v|a" }],
    ["a hold that is a number", { N: "5" }],
  ])("%s stops the sweep of nothing else, and each sweep says that something failed", async (_, value) => {
    const accountIds = await leftBehind(3);
    for (const accountId of accountIds) await damage(accountId, "SET holds.bad = :value", value);
    expect(await sweepAll()).toMatchObject({ accounts: 3, expired: 6, drained: 6, failed: 3 });
    expect(await sweepAll()).toMatchObject({ ...NOTHING_DONE, accounts: 3, failed: 3 });
    for (const accountId of accountIds) {
      expect([...(await readAccountOf(world, accountId)).holds.keys()]).toEqual(["bad"]);
    }
  });

  test("a balance that is no whole number stops the sweep of no other account", async () => {
    const accountIds = await leftBehind(3);
    const broken = await newAccount(world, 100n);
    await damage(broken, "SET posted = :value", { N: "99.5" });
    expect(await sweepAll()).toMatchObject({
      accounts: 4,
      expired: 6,
      drained: 6,
      failed: 1,
      complete: true,
    });
    await expectMended(accountIds);
  });
});

test("Reports of parts are one, which is complete only if all are.", () => {
  const part = {
    accounts: 1,
    open: 6,
    overdue: 7,
    expired: 2,
    givenBack: 3,
    drained: 4,
    failed: 5,
    causes: ["one", "two", "three"],
    complete: true,
  };
  const sum = {
    accounts: 2,
    open: 12,
    overdue: 14,
    expired: 4,
    givenBack: 6,
    drained: 8,
    failed: 10,
    causes: ["one", "two", "three", "one", "two"],
  };
  expect(sumOf([part, part])).toEqual({ ...sum, complete: true });
  expect(sumOf([part, { ...part, complete: false }])).toEqual({ ...sum, complete: false });
  expect(sumOf([])).toMatchObject({ ...NOTHING_DONE, accounts: 0 });
});

test("Every turn begins with another segment and leaves none out.", () => {
  expect([rotated(3, 0), rotated(3, 2), rotated(3, 4)]).toEqual([
    [0, 1, 2],
    [2, 0, 1],
    [1, 2, 0],
  ]);
});
