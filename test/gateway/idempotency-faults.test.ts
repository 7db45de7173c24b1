/** `Idempotency-Key` where answers of the store are lost, and writes arrive late or not at all. */

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { sweep } from "../../lambda/ledger/sweep.ts";
import { type LocalDynamo, startDynamo } from "../../local/dynamodb.ts";
import { expectSoundBooks } from "../contract/books.ts";
import { isDrainPut, isHold, isRead, isSettle } from "../fakes/dynamodb-call.ts";
import { inOrder, NO_FAULTS } from "../fakes/fault-plans.ts";
import { FaultyProxy } from "../fakes/faulty-proxy.ts";
import { chat, completion, usage } from "./completions.ts";
import { manualTimers } from "./manual-timers.ts";
import { expectConflict, post } from "./second-answer.ts";
import { type Client, openWorld, requestIdOf, type World } from "./world.ts";

/** Longer than any hold lives: a function's 15 minutes, and two more. */
const HOLD_LIFE_MS = 1_080_000;
const BODY = chat({ max_completion_tokens: 100 });

const timers = manualTimers();
let dynamo: LocalDynamo;
let proxy: FaultyProxy;
let world: World;
beforeAll(async () => {
  dynamo = await startDynamo();
  const { endpoint: target } = dynamo;
  proxy = new FaultyProxy({ target, seed: 1, plan: NO_FAULTS, nowMs: timers.nowMs, lateByAtMost: 1_000_000 });
  world = await openWorld({ timers, dynamo: { ...dynamo, endpoint: await proxy.listen() } });
  world.provider.always(completion("Hi", usage(10, 2)));
});
afterEach(() => {
  proxy.plan = NO_FAULTS;
});
afterAll(async () => {
  await world.close();
  await proxy.close();
  await dynamo.close();
});

/** The entries there are, apart from the opening credit. */
async function entriesOf({ accountId }: Client) {
  await expectSoundBooks(world.router, accountId);
  const entries = await Array.fromAsync(world.router.accounts.entries(accountId));
  return entries.filter(({ type }) => type !== "topup");
}

test("A first whose HOLD was applied and not answered goes on, and the second is told of it.", async () => {
  const client = await world.client();
  const calls = world.upstreamCalls();
  proxy.plan = inOrder(["lostResponse"], isHold);
  const first = await post(client, "order-1", BODY);
  expect(first.status).toBe(200);
  await client.ended(first);
  await expectConflict(await post(client, "order-1", BODY), {
    requestId: requestIdOf(first),
    outcome: "completed",
  });
  expect(world.upstreamCalls()).toBe(calls + 1);
  expect(await entriesOf(client)).toHaveLength(1);
});

test.each(["lostResponse", "lostRequest", "throttle"] as const)(
  "A second whose HOLD meets %s is told of the first all the same.",
  async (fault) => {
    const client = await world.client();
    const first = await post(client, "order-1", BODY);
    await client.ended(first);
    proxy.plan = inOrder([fault], isHold);
    const second = await post(client, "order-1", BODY);
    await expectConflict(second, { requestId: requestIdOf(first), outcome: "completed" });
    await client.ended(first);
    expect(await entriesOf(client)).toHaveLength(1);
  },
);

test("A HOLD that lands after its request was settled and drained is given back, and charges nobody.", async () => {
  const client = await world.client();
  const calls = world.upstreamCalls();
  proxy.plan = inOrder(["delayed"], isHold);
  const first = await post(client, "order-1", BODY);
  const { amountPicoUsd } = await client.ended(first);
  await proxy.flush();
  expect(await client.held()).toBeGreaterThan(0n);
  // The stray hold looks like the first, still running.
  await expectConflict(await post(client, "order-1", BODY), {
    requestId: requestIdOf(first),
    outcome: "open",
  });
  timers.advance(HOLD_LIFE_MS);
  expect(await world.router.sweep()).toMatchObject({ expired: 0, givenBack: 1, failed: 0 });
  expect(await client.held()).toBe(0n);
  await expectConflict(await post(client, "order-1", BODY), {
    requestId: requestIdOf(first),
    outcome: "completed",
  });
  expect(world.upstreamCalls()).toBe(calls + 1);
  expect(await entriesOf(client)).toMatchObject([{ amountPicoUsd, charge: { outcome: "completed" } }]);
});

test("A second that comes before the first has left the outbox is told how it ended.", async () => {
  const client = await world.client();
  proxy.plan = (call) => (isDrainPut(call) ? "lostRequest" : undefined);
  const first = await post(client, "order-1", BODY);
  expect(first.status).toBe(200);
  const second = await post(client, "order-1", BODY);
  await expectConflict(second, { requestId: requestIdOf(first), outcome: "completed" });
  expect((await world.router.ledger.account(client.accountId))?.outbox.size).toBe(1);
  proxy.plan = NO_FAULTS;
  await client.ended(first);
});

/** The sweeper of a machine that has forgotten which charges wait for the ledger, as a crash makes it. */
function sweepAlone() {
  const { accounts, ledger } = world.router;
  const stopAtMs = Number.POSITIVE_INFINITY;
  return sweep({ accounts: accounts.scan(), ledger, nowMs: timers.nowMs, stopAtMs });
}

test("A first that crashed is told as expired, and the same body as the same.", async () => {
  const client = await world.client();
  proxy.plan = (call) => (isSettle(call) ? "lostRequest" : undefined);
  const first = await post(client, "order-1", BODY);
  proxy.plan = NO_FAULTS;
  timers.advance(HOLD_LIFE_MS);
  expect(await sweepAlone()).toMatchObject({ expired: 1, failed: 0 });
  timers.advance(60_000);
  expect(await sweepAlone()).toMatchObject({ drained: 1, failed: 0 });
  const expired = { requestId: requestIdOf(first), outcome: "expired" };
  await expectConflict(await post(client, "order-1", BODY), expired);
  const other = chat({ max_completion_tokens: 7 });
  await expectConflict(await post(client, "order-1", other), { ...expired, otherBody: true });
  expect(await entriesOf(client)).toMatchObject([{ amountPicoUsd: 0n, charge: { outcome: "expired" } }]);
});

test("A request that cannot learn whether it is the first gives its hold back, and calls nobody.", async () => {
  const client = await world.client();
  await client.get("/key");
  const calls = world.upstreamCalls();
  proxy.plan = (call) => (isRead(call) && call.table === "Ledger" ? "lostRequest" : undefined);
  expect((await post(client, "order-1", BODY)).status).toBe(503);
  proxy.plan = NO_FAULTS;
  expect(world.upstreamCalls()).toBe(calls);
  await client.expectUntouched();
  const again = await post(client, "order-1", BODY);
  expect(again.status).toBe(200);
  await client.ended(again);
});
