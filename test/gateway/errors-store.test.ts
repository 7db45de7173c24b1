import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { decodeOwedSettle } from "../../lambda/core/owed-settle.ts";
import type { Timers } from "../../lambda/core/timers.ts";
import { type LocalDynamo, startDynamo } from "../../local/dynamodb.ts";
import { systemTimers } from "../../local/runtime.ts";
import { isHold, isSettle } from "../fakes/dynamodb-call.ts";
import { NO_FAULTS } from "../fakes/fault-plans.ts";
import { FaultyProxy, type Plan } from "../fakes/faulty-proxy.ts";
import { chat, chunk, completion, streamed, usage, usageChunk } from "./completions.ts";
import { expectError, openWorld, PRICE, type World } from "./world.ts";

const HOUR_MS = 3_600_000;
const COST = 10n * PRICE.input + 2n * PRICE.output;

let dynamo: LocalDynamo;
let proxy: FaultyProxy;
let world: World;
/** A laptop that was shut, or a process that was stopped. */
let sleptMs = 0;
const timers: Timers = { ...systemTimers, nowMs: () => systemTimers.nowMs() + sleptMs };
beforeAll(async () => {
  dynamo = await startDynamo();
  proxy = new FaultyProxy({
    target: dynamo.endpoint,
    seed: 1,
    plan: NO_FAULTS,
    nowMs: Date.now,
    lateByAtMost: 1,
  });
  world = await openWorld({ dynamo: { ...dynamo, endpoint: await proxy.listen() }, timers });
});
afterEach(() => {
  proxy.plan = NO_FAULTS;
  sleptMs = 0;
});
afterAll(async () => {
  await world.close();
  await proxy.close();
  await dynamo.close();
});

describe("a balance that cannot be reached", () => {
  test.each<[string, Plan]>([
    ["for the key", () => "lostRequest"],
    ["for the hold", (call) => (isHold(call) ? "lostRequest" : undefined)],
  ])("%s is a 503, and nothing is called", async (_, plan) => {
    const client = await world.client();
    const before = world.upstreamCalls();
    proxy.plan = plan;
    const response = await client.post(chat());
    await expectError(response, { status: 503, code: "service_unavailable", type: "server_error" });
    expect(response.headers.get("retry-after")).toBe("1");
    proxy.plan = NO_FAULTS;
    expect(world.upstreamCalls()).toBe(before);
    await client.expectUntouched();
  });

  test("because there is too much traffic is a 429 with a time to come back", async () => {
    const client = await world.client();
    const before = world.upstreamCalls();
    proxy.plan = (call) => (isHold(call) ? "throttle" : undefined);
    const response = await client.post(chat());
    await expectError(response, { status: 429, code: "rate_limit_exceeded", type: "rate_limit_error" });
    expect(response.headers.get("retry-after")).toBe("1");
    expect(world.upstreamCalls()).toBe(before);
  });
});

describe("a process that stood still between two offers", () => {
  test("holds nothing more: by then the sweeper may have ended its first hold, and the second would be another", async () => {
    const client = await world.client({ creditUsd: "0.01" });
    const before = world.upstreamCalls();
    let holds = 0;
    proxy.plan = (call) => {
      // More than the balance covers, so a smaller offer follows.
      if (isHold(call) && ++holds === 1) sleptMs = HOUR_MS;
      return undefined;
    };
    const response = await client.post(chat());
    await expectError(response, { status: 503, code: "service_unavailable", type: "server_error" });
    expect({ holds, calls: world.upstreamCalls() - before }).toEqual({ holds: 1, calls: 0 });
    await client.expectUntouched();
  });
});

describe("a charge that cannot be written", () => {
  test.each([false, true])(
    "leaves the client its answer, waits in the queue, and is written once when the ledger answers: stream %s",
    async (asStream) => {
      const client = await world.client();
      const events = [chunk("Hi"), usageChunk(usage(10, 2)), "[DONE]"];
      world.provider.next(asStream ? streamed(events) : completion("Hi", usage(10, 2)));
      proxy.plan = (call) => (isSettle(call) ? "lostRequest" : undefined);
      const response = await client.post(chat({ stream: asStream }));
      expect(await response.text()).toContain(asStream ? "[DONE]" : '"cost":"0.0000072"');
      const line = await world.line(response);
      expect(line).toMatchObject({ status: 200, outcome: "completed", costUsd: "0.0000072" });
      expect(line.alarm).toMatch(/^settle_queued/);
      expect(await client.held()).toBeGreaterThan(COST);
      proxy.plan = NO_FAULTS;
      await world.router.sweep();
      expect((await client.ended(response)).amountPicoUsd).toBe(-COST);
    },
  );

  test("and cannot wait either is told whole by its line, for the audit", async () => {
    const client = await world.client();
    world.provider.next(completion("Hi", usage(10, 2)));
    proxy.plan = (call) => (isSettle(call) ? "lostRequest" : undefined);
    const put = vi.spyOn(world.router.owedSettles, "put").mockRejectedValue(new Error("no queue"));
    const response = await client.post(chat());
    expect(response.status).toBe(200);
    const line = await world.line(response);
    put.mockRestore();
    expect(line.alarm).toMatch(/^settle_failed/);
    const { costPicoUsd, open } = decodeOwedSettle(line.owedSettle ?? "");
    expect([costPicoUsd, open.accountId]).toEqual([COST, client.accountId]);
  });

  test("and whose line cannot be written either stays in the queue: no zero comes before it", async () => {
    const client = await world.client();
    world.provider.next(completion("Hi", usage(10, 2)));
    const settle = vi.spyOn(world.router.ledger, "settle").mockRejectedValueOnce(new Error("no store"));
    const push = vi.spyOn(world.router.lines, "push").mockImplementationOnce(() => {
      throw new Error("no log");
    });
    const response = await client.post(chat());
    await expectError(response, { status: 500, code: "internal_error" });
    expect(settle).toHaveBeenCalledOnce();
    settle.mockRestore();
    push.mockRestore();
    await world.router.sweep();
    expect((await client.ended(response)).amountPicoUsd).toBe(-COST);
  });

  test("at first is written by the next try, once", async () => {
    const client = await world.client();
    world.provider.next(completion("Hi", usage(10, 2)));
    let lost = false;
    proxy.plan = (call) => {
      if (!isSettle(call) || lost) return undefined;
      lost = true;
      return "lostResponse";
    };
    expect((await client.ended(await client.post(chat()))).amountPicoUsd).toBe(-COST);
  });
});
