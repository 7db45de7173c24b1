import { afterAll, beforeAll, expect, test } from "vitest";
import type { HoldAnswer } from "../../../lambda/core/ports.ts";
import { minuteOf, type RateLimit, rateNames } from "../../../lambda/core/rate-limit.ts";
import { startDynamo } from "../../../local/dynamodb.ts";
import { isHold } from "../../fakes/dynamodb-call.ts";
import { inOrder } from "../../fakes/fault-plans.ts";
import { expectSound } from "./invariants.ts";
import {
  factsOf,
  type HoldWish,
  holdRequest,
  type LedgerWorld,
  newAccount,
  openWorld,
  readAccountOf,
  START_MS,
} from "./ledger-world.ts";

const MINUTE = minuteOf(START_MS);

let world: LedgerWorld;
beforeAll(async () => {
  world = await openWorld(startDynamo, { seed: 1, lateByAtMost: 1_000_000 });
});
afterAll(() => world.close());

interface Wish extends HoldWish {
  readonly tokens?: number;
  readonly minute?: number;
}

/** A hold of one picodollar by a key with this limit. */
function hold(accountId: string, limit: RateLimit | undefined, wish: Wish = {}): Promise<HoldAnswer> {
  const { tokens = 1, minute = MINUTE, keyId = "key_1" } = wish;
  const rate = limit && { limit, keyId, minute, tokens };
  return world.ledger.hold({ ...holdRequest(accountId, 1n, wish), rate });
}

async function ratesOf(accountId: string): Promise<Record<string, number>> {
  return Object.fromEntries((await readAccountOf(world, accountId)).rates);
}

/** The counters of a minute as they are stored. */
function counted(requests: number, tokens: number, minute = MINUTE): Record<string, number> {
  const names = rateNames("key_1", minute);
  return { [names.requests]: requests, [names.tokens]: tokens };
}

test("Of 50 at once, as many get through as the requests of a minute, and each other is refused with that reason.", async () => {
  const accountId = await newAccount(world, 100n);
  const limit = { requestsPerMinute: 20 };
  const answers = await Promise.all(Array.from({ length: 50 }, () => hold(accountId, limit)));
  const admitted = answers.flatMap((answer) => (answer.held ? [answer.rateUse?.requests ?? 0] : []));
  expect(admitted.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  expect(answers.filter((answer) => !answer.held && answer.refusal === "rate_limited")).toHaveLength(30);
  expect(await ratesOf(accountId)).toEqual(counted(20, 20));
  expect((await readAccountOf(world, accountId)).availablePicoUsd).toBe(80n);
});

test("Of 50 at once, as many get through as their tokens fit into a minute, to the last one.", async () => {
  const accountId = await newAccount(world, 100n);
  const limit = { tokensPerMinute: 100 };
  const tokens = [7, 11, 13];
  const answers = await Promise.all(
    Array.from({ length: 51 }, (_, index) => hold(accountId, limit, { tokens: tokens[index % 3] ?? 0 })),
  );
  const used = (await ratesOf(accountId))[rateNames("key_1", MINUTE).tokens] ?? 0;
  expect(used).toBeLessThanOrEqual(100);
  // Whoever was refused would not have fitted: less than the smallest of the refused is left.
  expect(100 - used).toBeLessThan(13);
  expect(
    answers.filter((answer) => !answer.held && answer.refusal === "rate_limited").length,
  ).toBeGreaterThan(40);
  const rest = await hold(accountId, limit, { tokens: 100 - used });
  expect(rest).toMatchObject({ held: true, rateUse: { tokens: 100 } });
  expect(await hold(accountId, limit, { tokens: 1 })).toMatchObject({ refusal: "rate_limited" });
});

test("A first request that is larger than a minute is refused, though nothing is counted yet.", async () => {
  const accountId = await newAccount(world, 100n);
  const answer = await hold(accountId, { tokensPerMinute: 10 }, { tokens: 11 });
  expect(answer).toMatchObject({ held: false, refusal: "rate_limited" });
  expect(await ratesOf(accountId)).toEqual({});
});

test("Keys and minutes are counted apart, and a minute's counters go with the second HOLD after it.", async () => {
  const accountId = await newAccount(world, 100n);
  const limit = { requestsPerMinute: 1 };
  expect((await hold(accountId, limit)).held).toBe(true);
  expect((await hold(accountId, limit)).held).toBe(false);
  expect((await hold(accountId, limit, { keyId: "key_2" })).held).toBe(true);
  expect((await hold(accountId, limit, { minute: MINUTE + 1 })).held).toBe(true);
  expect(await ratesOf(accountId)).toMatchObject({ ...counted(1, 1), ...counted(1, 1, MINUTE + 1) });
  expect((await hold(accountId, limit, { minute: MINUTE + 2 })).held).toBe(true);
  const rates = await ratesOf(accountId);
  expect(rates).not.toHaveProperty(rateNames("key_1", MINUTE).requests);
  expect(rates).not.toHaveProperty(rateNames("key_1", MINUTE).tokens);
  expect(rates).toMatchObject(counted(1, 1, MINUTE + 2));
});

test("A HOLD that began in a minute that is used up is refused, also when it lands after one of the next minute.", async () => {
  const accountId = await newAccount(world, 100n);
  const limit = { requestsPerMinute: 2 };
  await hold(accountId, limit);
  await hold(accountId, limit);
  expect((await hold(accountId, limit, { minute: MINUTE + 1 })).held).toBe(true);
  expect(await hold(accountId, limit)).toMatchObject({ held: false, refusal: "rate_limited" });
});

test.each(["lostResponse", "lostRequest", "delayed", "serverError", "throttle"] as const)(
  "A HOLD that meets %s counts once.",
  async (fault) => {
    const accountId = await newAccount(world, 100n);
    world.proxy.plan = inOrder([fault], isHold);
    const answer = await hold(accountId, { requestsPerMinute: 5, tokensPerMinute: 50 }, { tokens: 10 });
    expect(answer).toMatchObject({ held: true, rateUse: { requests: 1, tokens: 10 } });
    await world.proxy.flush();
    expect(await ratesOf(accountId)).toEqual(counted(1, 10));
    await expectSound(world, accountId);
  },
);

test("A HOLD that lands after its request has ended counts once more, never less.", async () => {
  const accountId = await newAccount(world, 100n);
  world.proxy.plan = inOrder(["delayed"], isHold);
  const answer = await hold(accountId, { requestsPerMinute: 5 });
  if (!answer.held) throw new Error("refused");
  const { entry } = await world.ledger.settle(answer.open, 1n, factsOf(answer.open));
  if (entry) await world.ledger.drain(entry);
  await world.proxy.flush();
  expect(await ratesOf(accountId)).toEqual(counted(2, 2));
  await expectSound(world, accountId);
});

test("A HOLD that is refused for another reason counts nothing.", async () => {
  const accountId = await newAccount(world, 0n);
  expect(await hold(accountId, { requestsPerMinute: 5 })).toMatchObject({ refusal: "insufficient_balance" });
  expect(await ratesOf(accountId)).toEqual({});
});

test("A key without a limit writes no counter, and is told of none.", async () => {
  const accountId = await newAccount(world, 100n);
  const answer = await hold(accountId, undefined);
  expect(answer).toMatchObject({ held: true, rateUse: undefined });
  expect(await ratesOf(accountId)).toEqual({});
});

test("Counters are cleared by name, a hundred at once, and those of an account that is gone are no error.", async () => {
  const accountId = await newAccount(world, 1_000n);
  const keys = Array.from({ length: 60 }, (_, index) => `key_${index}`);
  for (const keyId of keys) await hold(accountId, { requestsPerMinute: 1 }, { keyId });
  const names = Object.keys(await ratesOf(accountId));
  expect(names).toHaveLength(120);
  await world.ledger.clearRates(accountId, names);
  expect(Object.keys(await ratesOf(accountId))).toEqual(names.slice(100));
  await world.ledger.clearRates(accountId, names.slice(100));
  expect(await ratesOf(accountId)).toEqual({});
  await world.ledger.clearRates("acct_nowhere", names.slice(0, 1));
  expect(await world.direct.ledger.account("acct_nowhere")).toBeUndefined();
});
