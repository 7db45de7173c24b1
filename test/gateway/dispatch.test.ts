import { describe, expect, test } from "vitest";
import { GatewayError } from "../../lambda/core/errors.ts";
import type { Provider, ProviderAnswer, StreamPart } from "../../lambda/core/ports.ts";
import { createDispatch } from "../../lambda/gateway/dispatch.ts";
import { testModel } from "../core/test-model.ts";
import { AGAIN, ANSWER, answers, dispatchTo, fails, route } from "./dispatch-world.ts";

describe("dispatch", () => {
  test("asks each route for the model by its name there, until one answers", async () => {
    const models: string[] = [];
    const noting: Provider["chat"] = async ({ model }) => {
      models.push(model);
      return ANSWER;
    };
    const { dispatch } = dispatchTo([route("a", fails), route("b", noting), route("c", noting)]);
    expect(await dispatch.next()).toMatchObject({ planned: { route: { provider: "b" } }, answer: ANSWER });
    expect([models, dispatch.current?.route.provider]).toEqual([["b-model"], "b"]);
    expect(dispatch.tried).toEqual([{ provider: "a", model: "demo/test", reason: "500" }]);
  });

  test("goes on where it was when a route fails after it answered, and ends with the last failure", async () => {
    const { dispatch } = dispatchTo([route("a", answers), route("b", fails)]);
    await dispatch.next();
    const first = new GatewayError("upstream_error", "the stream broke", { retryable: true });
    await expect(dispatch.next(first)).rejects.toBe(AGAIN);
    await expect(dispatch.next(first)).rejects.toBe(first);
  });

  test("does not go on after a failure that another route cannot mend", async () => {
    const final = new GatewayError("upstream_timeout", "nobody knows");
    const { dispatch } = dispatchTo([route("a", () => Promise.reject(final)), route("b", answers)]);
    await expect(dispatch.next()).rejects.toBe(final);
    expect(dispatch.current?.route.provider).toBe("a");
  });

  test("does not go on when the time is over, whatever has failed", async () => {
    const deadline = new AbortController();
    const reason = new GatewayError("upstream_timeout", "the time is over");
    const failsLate = async () => {
      deadline.abort(reason);
      throw AGAIN;
    };
    const { dispatch } = dispatchTo([route("a", failsLate), route("b", answers)], {
      signal: deadline.signal,
    });
    await expect(dispatch.next()).rejects.toBe(reason);
  });

  test("has no route where none was given", async () => {
    await expect(dispatchTo([]).dispatch.next()).rejects.toMatchObject({ code: "no_route_available" });
  });
});

describe("what a request may ask", () => {
  test("is no more calls than it may make", async () => {
    const routes = ["a", "b", "c"].map((name) => route(name, fails));
    const { dispatch } = dispatchTo(routes, { maxAttempts: 2 });
    await expect(dispatch.next()).rejects.toBe(AGAIN);
    expect(dispatch.tried.map(({ provider }) => provider)).toEqual(["a", "b"]);
  });

  test("is no cap above what the model at hand can give", async () => {
    const caps: number[] = [];
    const noting: Provider["chat"] = async ({ outputCapTokens }) => {
      caps.push(outputCapTokens);
      return ANSWER;
    };
    await dispatchTo([route("a", noting)], { outputCapTokens: 100 }).dispatch.next();
    await dispatchTo([route("a", noting)], { outputCapTokens: 7 }).dispatch.next();
    expect(caps).toEqual([50, 7]);
  });

  test("is another model, not another provider of the same, when it was refused", async () => {
    const refusal = new GatewayError("upstream_rejected", "too long", {
      upstream: { status: 400, type: "invalid_request_error", code: null },
    });
    const refuses = () => Promise.reject(refusal);
    const other = testModel({ id: "other" });
    const { dispatch } = dispatchTo([
      route("a", refuses),
      route("b", answers),
      route("c", answers, { model: other }),
    ]);
    expect((await dispatch.next()).planned.model.id).toBe("other");
    expect(dispatch.tried).toEqual([{ provider: "a", model: "demo/test", reason: "400" }]);
  });

  test("is the next route where one has no word for a field", async () => {
    const refusal = new GatewayError("unsupported_parameter", "no logprobs here", { param: "logprobs" });
    const { dispatch, monitor } = dispatchTo([
      route("a", () => Promise.reject(refusal)),
      route("b", answers),
    ]);
    expect((await dispatch.next()).planned.route.provider).toBe("b");
    expect(monitor.snapshot()[0]).toMatchObject({ provider: "a", failures: 0 });
  });

  test("keeps what an operator has to look at, though another route answered", async () => {
    const refused = new GatewayError("upstream_error", "no", {
      retryable: true,
      alarm: "provider_key_refused",
    });
    const { dispatch } = dispatchTo([route("a", () => Promise.reject(refused)), route("b", answers)]);
    await dispatch.next();
    expect(dispatch.alarm).toBe("provider_key_refused");
  });
});

describe("a route that asked for a pause", () => {
  const limited = (retryAfterSeconds: number) => () =>
    Promise.reject(new GatewayError("rate_limit_exceeded", "slowly", { retryable: true, retryAfterSeconds }));

  test("is not called before it, and the soonest of all is passed on", async () => {
    const routes = [route("a", limited(9)), route("b", limited(30))];
    const { dispatch, monitor, timers } = dispatchTo(routes);
    await expect(dispatch.next()).rejects.toMatchObject({
      code: "rate_limit_exceeded",
      details: { retryAfterSeconds: 9 },
    });
    const rest = () => routes.map((each) => monitor.restsUntilMs(each.route) !== undefined);
    expect(rest()).toEqual([true, true]);
    timers.advance(9_000);
    expect(rest()).toEqual([false, true]);
  });

  test("is passed over, and where all are nothing is called: 503 with retry-after", async () => {
    const routes = [route("a", limited(5))];
    const { dispatch, monitor, timers } = dispatchTo(routes);
    await expect(dispatch.next()).rejects.toMatchObject({ details: { retryAfterSeconds: 5 } });
    timers.advance(2_000);
    const request = {
      body: Buffer.from("{}"),
      fields: {},
      outputCapTokens: 1,
      stream: false,
      signal: new AbortController().signal,
    };
    const again = createDispatch(routes, request, { monitor, timers, maxAttempts: 4 });
    await expect(again.next()).rejects.toMatchObject({
      code: "no_route_available",
      details: { retryAfterSeconds: 3 },
    });
    expect(again.current).toBeUndefined();
  });

  test("does not speak for one that may be called at once", async () => {
    const { dispatch } = dispatchTo([route("a", limited(9)), route("b", fails)]);
    await expect(dispatch.next()).rejects.toBe(AGAIN);
  });
});

describe("a stream", () => {
  const event = (content: string): StreamPart => ({
    type: "events",
    bytes: Buffer.from(`data: {"choices":[{"index":0,"delta":{"content":"${content}"}}]}\n\n`),
  });
  const streams = (make: () => AsyncIterable<StreamPart>) => async (): Promise<ProviderAnswer> => ({
    type: "stream",
    parts: make(),
  });

  test("that fails behind an event without text is asked of the next route, and nothing of it is kept", async () => {
    const breaks = streams(async function* () {
      yield event("");
      throw AGAIN;
    });
    const speaks = streams(async function* () {
      yield event("");
      yield event("Hi");
    });
    const { dispatch } = dispatchTo([route("a", breaks), route("b", speaks)], { stream: true });
    const { answer, planned } = await dispatch.next();
    expect(planned.route.provider).toBe("b");
    expect(answer.type === "stream" && answer.opened.read).toEqual([event(""), event("Hi")]);
  });

  test("that is silent for 15 seconds is handed on as it is, and loses no part", async () => {
    const gate = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const slow = streams(async function* () {
      yield event("");
      asked.resolve();
      await gate.promise;
      yield event("Hi");
    });
    const { dispatch, timers } = dispatchTo([route("a", slow)], { stream: true });
    const answering = dispatch.next();
    await asked.promise;
    timers.advance(15_000);
    const { answer } = await answering;
    if (answer.type !== "stream") throw new Error("it streams");
    expect(answer.opened.read).toEqual([event("")]);
    gate.resolve();
    expect(await answer.opened.asked).toEqual({ done: false, value: event("Hi") });
    expect(timers.pending).toBe(0);
  });

  test("that takes longer than its provider may is stopped: nobody knows what it made, so no other is asked", async () => {
    const hangs: Provider["chat"] = ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    const { dispatch, timers } = dispatchTo([route("a", hangs, { totalMs: 60_000 }), route("b", answers)]);
    const answering = dispatch.next();
    timers.advance(60_000);
    await expect(answering).rejects.toMatchObject({ code: "upstream_timeout", details: { reason: "total" } });
    expect(timers.pending).toBe(0);
  });
});
