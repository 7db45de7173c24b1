import { describe, expect, test } from "vitest";
import { GatewayError } from "../../lambda/core/errors.ts";
import type { ProviderAnswer, StreamPart } from "../../lambda/core/ports.ts";
import { hang } from "../fakes/provider-server.ts";
import { chat } from "./completions.ts";
import { AGAIN, ANSWER, answers, type Changes, dispatchTo, fails, route } from "./dispatch-world.ts";
import { FINE } from "./fault-cells.ts";
import { manualTimers } from "./manual-timers.ts";
import { openWorld, PRICE } from "./world.ts";

const HEDGED = { hedgeAfterMs: 2_000 };
const final = new GatewayError("upstream_timeout", "nobody knows", { reason: "first_byte" });

/** A call that ends as it is told, and says whether it was given up. */
function openCall(provider: string) {
  const end = Promise.withResolvers<ProviderAnswer>();
  const called = Promise.withResolvers<AbortSignal>();
  const planned = route(provider, ({ signal }) => {
    called.resolve(signal);
    signal.addEventListener("abort", () => end.reject(signal.reason));
    return end.promise;
  });
  return { planned, end, called: called.promise };
}

/** The first is called, and the second too, since the first says nothing. */
async function bothCalled(changes: Changes = {}) {
  const [a, b] = [openCall("a"), openCall("b")];
  const { dispatch, timers, monitor } = dispatchTo([a.planned, b.planned], { ...HEDGED, ...changes });
  const answering = dispatch.next();
  answering.catch(() => {});
  const signal = await a.called;
  timers.advance(2_000);
  return { a, b, dispatch, timers, monitor, answering, signals: [signal, await b.called] as const };
}

describe("a route that is hedged", () => {
  test("a route that answers in time is alone", async () => {
    const a = openCall("a");
    const { dispatch, timers } = dispatchTo([a.planned, route("b", fails)], HEDGED);
    const answering = dispatch.next();
    await a.called;
    timers.advance(1_999);
    a.end.resolve(ANSWER);
    expect((await answering).planned.route.provider).toBe("a");
    expect([dispatch.tried, timers.pending]).toEqual([[], 0]);
  });

  test("a route that fails in time is followed by the next as ever", async () => {
    const { dispatch, timers } = dispatchTo([route("a", fails), route("b", answers)], HEDGED);
    expect((await dispatch.next()).planned.route.provider).toBe("b");
    expect(dispatch.tried).toEqual([{ provider: "a", model: "demo/test", reason: "500" }]);
    expect(timers.pending).toBe(0);
  });

  test.each([
    [0, "a"],
    [1, "b"],
  ])(
    "of two that are called, the first to answer is taken and the other given up: %d",
    async (winner, name) => {
      const { a, b, dispatch, answering, signals, monitor } = await bothCalled();
      [a, b][winner]?.end.resolve(ANSWER);
      expect((await answering).planned.route.provider).toBe(name);
      expect(dispatch.current?.route.provider).toBe(name);
      expect(signals.map(({ aborted }) => aborted)).toEqual([winner === 1, winner === 0]);
      expect(dispatch.tried).toEqual([
        { provider: winner === 0 ? "b" : "a", model: "demo/test", reason: "hedged" },
      ]);
      // To be slower is no failure.
      expect(monitor.snapshot().map(({ failures }) => failures)).toEqual([0, 0]);
    },
  );

  test("a failure waits for the other's answer", async () => {
    const { a, b, dispatch, answering } = await bothCalled();
    b.end.reject(AGAIN);
    a.end.resolve(ANSWER);
    expect((await answering).planned.route.provider).toBe("a");
    expect(dispatch.tried).toEqual([{ provider: "b", model: "demo/test", reason: "500" }]);
  });

  test("of two failures the one is told after which money may be owed, and no third is asked then", async () => {
    const { a, b, dispatch, answering } = await bothCalled();
    a.end.reject(final);
    b.end.reject(AGAIN);
    await expect(answering).rejects.toBe(final);
    expect(dispatch.current?.route.provider).toBe("a");
    expect(dispatch.tried.map(({ reason }) => reason)).toEqual(["500", "first_byte"]);
  });

  test("no more calls are made than a request may make, and none beside a last route", async () => {
    const [a, b] = [openCall("a"), openCall("b")];
    const { dispatch, timers } = dispatchTo([a.planned, b.planned], { ...HEDGED, maxAttempts: 1 });
    const answering = dispatch.next();
    await a.called;
    timers.advance(2_000);
    a.end.resolve(ANSWER);
    await answering;
    expect(dispatch.tried).toEqual([]);
  });

  test("the deadline ends both", async () => {
    const deadline = new AbortController();
    const reason = new GatewayError("upstream_timeout", "the time is over");
    const { answering, signals } = await bothCalled({ signal: deadline.signal });
    deadline.abort(reason);
    await expect(answering).rejects.toBe(reason);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  });
});

describe("a stream that had begun when it was given up", () => {
  async function* speaking(ended: (name: string) => void, name: string): AsyncIterable<StreamPart> {
    try {
      const text = { choices: [{ index: 0, delta: { content: "Hi" } }] };
      yield { type: "events", bytes: Buffer.from(`data: ${JSON.stringify(text)}\n\n`) };
      yield { type: "done" };
    } finally {
      ended(name);
    }
  }

  test("is ended, and the other is not", async () => {
    const ended: string[] = [];
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const called = Promise.withResolvers<void>();
    const deaf = (name: string, gate: Promise<void> | undefined) =>
      route(name, async () => {
        called.resolve();
        await gate;
        return { type: "stream", parts: speaking((it) => ended.push(it), name) };
      });
    const { dispatch, timers } = dispatchTo([deaf("a", gates[0]?.promise), deaf("b", gates[1]?.promise)], {
      ...HEDGED,
      stream: true,
    });
    const answering = dispatch.next();
    await called.promise;
    timers.advance(2_000);
    for (const { resolve } of gates) resolve();
    const { planned } = await answering;
    expect(planned.route.provider).toBe("a");
    await new Promise(setImmediate);
    expect(ended).toEqual(["b"]);
  });
});

describe("through the whole product", () => {
  test.each([false, true])(
    "the silent provider's call is broken off, and the other's answer charged: stream %s",
    async (stream) => {
      const timers = manualTimers();
      const world = await openWorld({ routes: 2, timers, routing: { hedging: { afterMs: 2_000 } } });
      const client = await world.client();
      const [p1, p2] = world.providers;
      p1?.always(hang);
      p2?.always(FINE[stream ? "streamed" : "whole"]);
      const asking = client.post(chat({ stream }));
      const silent = await p1?.call(1);
      timers.advance(2_000);
      const response = await asking;
      expect([response.status, response.headers.get("x-wlrouter-provider")]).toEqual([200, "p2"]);
      expect(await response.text()).toContain("Hi");
      expect(await silent?.ended).toBe("broken");
      expect(await client.ended(response)).toMatchObject({
        amountPicoUsd: -(10n * PRICE.input + 2n * PRICE.output),
        charge: { provider: "p2", outcome: "completed", tried: "p1:hedged" },
      });
      await world.close();
    },
  );
});
