import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { GatewayError } from "../../lambda/core/errors.ts";
import { createRouteMonitor, type RouteMonitor } from "../../lambda/gateway/route-monitor.ts";
import { TEST_PRICES } from "../core/test-model.ts";

const ROUTE = { provider: "p1", model: "m", costs: TEST_PRICES, prices: TEST_PRICES };
const SETTINGS = { enabled: true, windowCalls: 4, minimumCalls: 3, restMs: 1_000, longestRestMs: 3_000 };
const BROKEN = new GatewayError("upstream_error", "no", { retryable: true, reason: "500" });

let monitor: RouteMonitor;
beforeEach(() => {
  // The breakers' clock is `Date`: it stands still until a test moves it.
  vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000 });
  monitor = createRouteMonitor(SETTINGS, Date.now);
});
afterEach(() => void vi.useRealTimers());

function pass(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
}

/** The breaker hears of a verdict in microtasks. */
async function call(end: (attempt: ReturnType<RouteMonitor["begin"]>) => void): Promise<void> {
  end(monitor.begin(ROUTE, true));
  await new Promise((resolve) => setImmediate(resolve));
}
const fail = () => call((attempt) => attempt.failed(BROKEN));
const succeed = () => call((attempt) => attempt.ended(10));
const restMs = () => {
  const until = monitor.restsUntilMs(ROUTE);
  return until === undefined ? undefined : until - Date.now();
};

describe("a route", () => {
  test("rests when more than half of its last calls failed, and not before there are enough", async () => {
    await fail();
    await fail();
    expect(restMs()).toBeUndefined();
    expect(monitor.resting()).toEqual([]);
    await fail();
    expect(restMs()).toBe(1_000);
    expect(monitor.resting()).toEqual(["p1|m"]);
    pass(1_000);
    expect(monitor.resting()).toEqual([]);
  });

  test("does not rest for half of its calls, nor for what was not its fault", async () => {
    for (const end of [succeed, fail, succeed, fail]) await end();
    for (let i = 0; i < 5; i += 1) await call((attempt) => attempt.dropped());
    expect(restMs()).toBeUndefined();
  });

  test("is probed by one request after its rest; meanwhile others leave it alone", async () => {
    for (let i = 0; i < 3; i += 1) await fail();
    pass(999);
    expect(restMs()).toBe(1);
    pass(1);
    expect(restMs()).toBeUndefined();
    const probe = monitor.begin(ROUTE, true);
    expect(restMs()).toBe(1_000);
    expect(monitor.snapshot()).toMatchObject([{ state: "probing" }]);
    probe.answered();
    await new Promise((resolve) => setImmediate(resolve));
    expect(restMs()).toBeUndefined();
    // It begins anew: what failed before its rest counts no more.
    await fail();
    expect(restMs()).toBeUndefined();
  });

  test("rests twice as long after each probe that fails, up to the longest", async () => {
    for (let i = 0; i < 3; i += 1) await fail();
    const rests = [restMs()];
    for (let i = 0; i < 3; i += 1) {
      pass(restMs() ?? 0);
      await fail();
      rests.push(restMs());
    }
    expect(rests).toEqual([1_000, 2_000, 3_000, 3_000]);
  });

  test("counts a stream that breaks after its first output", async () => {
    for (let i = 0; i < 3; i += 1) {
      await call((attempt) => {
        attempt.answered();
        attempt.failed(BROKEN);
      });
    }
    expect(monitor.snapshot()).toMatchObject([{ calls: 3, failures: 3, lastFailure: { reason: "500" } }]);
    expect(restMs()).toBe(1_000);
  });

  test("rests for as long as its provider says, whatever it did before", async () => {
    await succeed();
    const slowly = new GatewayError("rate_limit_exceeded", "", { retryable: true, retryAfterSeconds: 30 });
    await call((attempt) => attempt.failed(slowly));
    expect(restMs()).toBe(30_000);
    expect(monitor.snapshot()).toMatchObject([{ state: "resting", restsUntilMs: Date.now() + 30_000 }]);
    pass(30_000);
    expect(restMs()).toBeUndefined();
  });

  test("never rests where the breaker is off", async () => {
    monitor = createRouteMonitor({ ...SETTINGS, enabled: false }, Date.now);
    for (let i = 0; i < 9; i += 1) await fail();
    expect(restMs()).toBeUndefined();
    expect(monitor.snapshot()).toMatchObject([{ state: "working", failures: 9 }]);
  });
});

describe("what is learned", () => {
  test("are latency and throughput, which follow the newest and are forgotten after five minutes", async () => {
    const answer = async (latency: number) => {
      const attempt = monitor.begin(ROUTE, true);
      pass(latency);
      attempt.answered();
      pass(1_000 - latency);
      attempt.ended(50);
    };
    await answer(100);
    expect(monitor.figures(ROUTE, true)).toEqual({ latencyMs: 100, tokensPerSecond: 50 });
    await answer(600);
    expect(monitor.figures(ROUTE, true).latencyMs).toBe(200);
    expect(monitor.figures(ROUTE, false).latencyMs).toBeUndefined();
    pass(5 * 60_000 + 1);
    expect(monitor.figures(ROUTE, true).latencyMs).toBeUndefined();
    expect(monitor.snapshot()).toMatchObject([{ calls: 2, failures: 0, errorRate: undefined }]);
  });
});
