/** Charges that come from the queue: late, twice, after a network that answers nothing, and beside what is no charge. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createOwedSettles } from "../../lambda/adapters/sqs/owed-settles.ts";
import { decodeOwedSettle, encodeOwedSettle } from "../../lambda/core/owed-settle.ts";
import type { OpenHold } from "../../lambda/core/ports.ts";
import { settleOwed } from "../../lambda/ledger/settle/settle-owed.ts";
import { startDynamo } from "../../local/dynamodb.ts";
import { expectSound } from "../adapters/dynamodb/invariants.ts";
import {
  factsOf,
  type LedgerWorld,
  newAccount,
  openWorld,
  readAccountOf,
  take,
} from "../adapters/dynamodb/ledger-world.ts";
import { isSettle } from "../fakes/dynamodb-call.ts";

let world: LedgerWorld;
beforeAll(async () => {
  world = await openWorld(() => startDynamo(), { seed: 1, lateByAtMost: 1_000_000 });
});
afterAll(() => world.close());

function owed(open: OpenHold, costPicoUsd: bigint) {
  return { open, costPicoUsd, facts: { ...factsOf(open), possibleCostPicoUsd: 10n ** 20n } };
}

const message = (body: string, messageId = "m1") => ({ messageId, body });

test("a charge survives being text, money beyond what JSON counts included", async () => {
  const wanted = owed(await take(world, await newAccount(world, 100n), 30n), 12n);
  expect(decodeOwedSettle(encodeOwedSettle(wanted))).toEqual(wanted);
});

test.each([
  "",
  "{}",
  "null",
  '{"accountId":"a","requestId":"r","hold":"x","costPicoUsd":{"picoUsd":"1"},"facts":{}}',
])("what is no charge goes back alone: %s", async (body) => {
  const open = await take(world, await newAccount(world, 100n), 30n);
  const report = await settleOwed(world.ledger, [
    message(body, "bad"),
    message(encodeOwedSettle(owed(open, 12n))),
  ]);
  expect(report).toMatchObject({ settled: 1, late: 0, failed: [{ messageId: "bad" }] });
});

test("a charge that the network swallowed is written from the queue, however often it comes", async () => {
  const accountId = await newAccount(world, 100n);
  const open = await take(world, accountId, 30n);
  const wanted = owed(open, 12n);
  world.proxy.plan = (call) => (isSettle(call) ? "lostRequest" : undefined);
  await expect(world.ledger.settle(open, wanted.costPicoUsd, wanted.facts)).rejects.toThrow();
  const body = encodeOwedSettle(wanted);
  expect((await settleOwed(world.ledger, [message(body)])).failed).toHaveLength(1);
  world.proxy.plan = () => undefined;
  for (const _ of [1, 2]) {
    expect(await settleOwed(world.ledger, [message(body), message(body, "m2")])).toMatchObject({
      settled: 2,
      failed: [],
    });
  }
  const account = await readAccountOf(world, accountId);
  expect([account.availablePicoUsd, account.postedPicoUsd, account.holds.size]).toEqual([88n, 88n, 0]);
  await expectSound(world, accountId);
});

test("a charge whose hold has expired meanwhile is posted as a late one, once", async () => {
  const accountId = await newAccount(world, 100n);
  const open = await take(world, accountId, 30n);
  await world.ledger.expire(open, factsOf(open, "expired"));
  const body = encodeOwedSettle(owed(open, 12n));
  expect(await settleOwed(world.ledger, [message(body), message(body, "m2")])).toMatchObject({
    settled: 2,
    failed: [],
  });
  const account = await readAccountOf(world, accountId);
  expect([account.availablePicoUsd, account.postedPicoUsd]).toEqual([88n, 88n]);
  expect((await world.ledger.entry(accountId, `late_${open.requestId}`))?.amountPicoUsd).toBe(-12n);
  await expectSound(world, accountId);
});

test("a queue that does not take a charge is asked three times, and says no to who then writes it into the log", async () => {
  const open = await take(world, await newAccount(world, 100n), 30n);
  const answers = [500, 0, 200, 503, 503, 503];
  const calls: string[] = [];
  const queue = createOwedSettles(
    async (operation, body) => {
      calls.push(`${operation} ${JSON.parse(body).QueueUrl}`);
      const status = answers.shift() ?? 0;
      if (status === 0) throw new Error("no answer");
      return { status, body: "" };
    },
    "https://sqs/queue",
    async () => {},
  );
  await queue.put(owed(open, 1n));
  expect(calls).toEqual(Array(3).fill("SendMessage https://sqs/queue"));
  await expect(queue.put(owed(open, 1n))).rejects.toThrow("SQS answered 503");
});
