import { describe, expect, test } from "vitest";
import { GatewayError } from "../../lambda/core/errors.ts";
import type { Provider, ProviderAnswer } from "../../lambda/core/ports.ts";
import type { Prices } from "../../lambda/core/prices.ts";
import { createDispatch, type UsableRoute, usableRoutes } from "../../lambda/gateway/dispatch.ts";

const ANSWER: ProviderAnswer = { type: "json", body: Buffer.from("{}"), fields: {}, usage: undefined };
const AGAIN = new GatewayError("upstream_error", "it failed", { retryable: true });
const FREE = {
  input: 0n,
  output: 0n,
  cacheRead: 0n,
  cacheWrite: 0n,
  cacheWrite1h: 0n,
  reasoning: 0n,
  audioInput: 0n,
  audioCacheRead: 0n,
  audioOutput: 0n,
  imageOutput: 0n,
};
const COSTS: Prices = { ...FREE, tiers: [] };

function route(provider: string, chat: Provider["chat"]): UsableRoute {
  return { route: { provider, model: `${provider}-model`, costs: COSTS }, provider: { chat } };
}

function request(signal = new AbortController().signal) {
  return { body: Buffer.from("{}"), fields: {}, outputCapTokens: 1, stream: false, signal };
}

const fails = async (): Promise<never> => {
  throw AGAIN;
};

describe("dispatch", () => {
  test("asks each route for the model by its name there, until one answers", async () => {
    const models: string[] = [];
    const answers: Provider["chat"] = async ({ model }) => {
      models.push(model);
      return ANSWER;
    };
    const dispatch = createDispatch([route("a", fails), route("b", answers), route("c", answers)], request());
    expect(await dispatch.next()).toMatchObject({ route: { provider: "b" }, answer: ANSWER });
    expect([models, dispatch.current?.provider]).toEqual([["b-model"], "b"]);
  });

  test("goes on where it was when a route fails after it answered, and ends with the last failure", async () => {
    const dispatch = createDispatch([route("a", async () => ANSWER), route("b", fails)], request());
    await dispatch.next();
    const first = new GatewayError("upstream_error", "the stream broke", { retryable: true });
    await expect(dispatch.next(first)).rejects.toBe(AGAIN);
    await expect(dispatch.next(first)).rejects.toBe(first);
  });

  test("does not go on after a failure that another route cannot mend", async () => {
    const final = new GatewayError("upstream_timeout", "nobody knows");
    const dispatch = createDispatch(
      [route("a", () => Promise.reject(final)), route("b", async () => ANSWER)],
      request(),
    );
    await expect(dispatch.next()).rejects.toBe(final);
    expect(dispatch.current?.provider).toBe("a");
  });

  test("does not go on when the time is over, whatever has failed", async () => {
    const deadline = new AbortController();
    const reason = new GatewayError("upstream_timeout", "the time is over");
    const failsLate = async () => {
      deadline.abort(reason);
      throw AGAIN;
    };
    const dispatch = createDispatch(
      [route("a", failsLate), route("b", async () => ANSWER)],
      request(deadline.signal),
    );
    await expect(dispatch.next()).rejects.toBe(reason);
  });

  test("has no route where none was given", async () => {
    await expect(createDispatch([], request()).next()).rejects.toMatchObject({ code: "no_route_available" });
  });
});

test("routes whose provider cannot be used are left out, and the order stays", async () => {
  const provider: Provider = { chat: async () => ANSWER };
  const routes = ["a", "b", "c"].map((name) => ({ provider: name, model: "m", costs: COSTS }));
  const usable = await usableRoutes(routes, { get: async (name) => (name === "b" ? undefined : provider) });
  expect(usable.map(({ route }) => route.provider)).toEqual(["a", "c"]);
});
