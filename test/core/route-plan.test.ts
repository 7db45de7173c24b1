import { describe, expect, test } from "vitest";
import type { Route } from "../../lambda/core/catalog.ts";
import { findVariant, type PlanInput, planRoutes, type RouteFigures } from "../../lambda/core/route-plan.ts";
import {
  BUILT_IN_VARIANTS,
  type RoutePreference,
  readRoutePreference,
} from "../../lambda/core/route-preference.ts";
import { triedText } from "../../lambda/core/tried-routes.ts";
import { seededRandom } from "../fakes/seeded-random.ts";
import { TEST_PRICES, testModel } from "./test-model.ts";

function route(provider: string, more: Partial<Route> = {}): Route {
  return { provider, model: "m", costs: TEST_PRICES, prices: TEST_PRICES, ...more };
}

const ABC = [route("a"), route("b"), route("c")];

function order(routes: readonly Route[], preference: RoutePreference, input: Partial<PlanInput> = {}) {
  const figures = () => ({ latencyMs: undefined, tokensPerSecond: undefined });
  return planRoutes(routes, { preference, figures, random: () => 0, ...input }).map(
    ({ provider }) => provider,
  );
}

describe("routes are planned", () => {
  test.each<[string, RoutePreference, string[]]>([
    ["as configured", {}, ["a", "b", "c"]],
    ["with those of `order` first, the others behind them", { order: ["c", "a"] }, ["c", "a", "b"]],
    ["of `order` alone without fallbacks", { order: ["c", "a"], allowFallbacks: false }, ["c", "a"]],
    ["the first alone without fallbacks", { allowFallbacks: false }, ["a"]],
    ["the first of those left without fallbacks", { ignore: ["a"], allowFallbacks: false }, ["b"]],
    ["of `only` alone, in the configured order", { only: ["c", "b"] }, ["b", "c"]],
    ["without those of `ignore`", { ignore: ["b"] }, ["a", "c"]],
    ["with `ignore` before `order`", { order: ["b", "c"], ignore: ["b"] }, ["c", "a"]],
    ["a provider named twice once", { order: ["b", "b"] }, ["b", "a", "c"]],
    ["none where none is left", { only: ["x"] }, []],
  ])("%s", (_, preference, expected) => {
    expect(order(ABC, preference)).toEqual(expected);
  });

  test("by price, the customer's first and the operator's costs between equals", () => {
    const dear = { ...TEST_PRICES, output: 9_000_000n };
    const routes = [route("dear", { prices: dear }), route("costly", { costs: dear }), route("cheap")];
    expect(order(routes, { sort: "price" })).toEqual(["cheap", "costly", "dear"]);
  });

  test("by latency and throughput as learned; what was not measured goes first", () => {
    const known: Record<string, RouteFigures> = {
      a: { latencyMs: 900, tokensPerSecond: 80 },
      b: { latencyMs: 200, tokensPerSecond: 20 },
    };
    const figures = ({ provider }: Route) =>
      known[provider] ?? { latencyMs: undefined, tokensPerSecond: undefined };
    expect(order(ABC, { sort: "latency" }, { figures })).toEqual(["c", "b", "a"]);
    expect(order(ABC, { sort: "throughput" }, { figures })).toEqual(["c", "a", "b"]);
  });

  test("by weights, whose shares hold for the first and among those that are left", () => {
    const random = seededRandom(20_261_126).next;
    const routes = [
      route("a", { weight: 6 }),
      route("last"),
      route("b", { weight: 3 }),
      route("c", { weight: 1 }),
    ];
    const firsts = { a: 0, b: 0, c: 0 };
    let behindA = 0;
    const times = 10_000;
    for (let i = 0; i < times; i += 1) {
      const [first, second, , last] = order(routes, {}, { random });
      expect(last).toBe("last");
      if (first === "a" || first === "b" || first === "c") firsts[first] += 1;
      if (first === "a" && second === "b") behindA += 1;
    }
    // Four standard deviations of a share of 6,000, 3,000 and 1,000 in 10,000.
    expect(Math.abs(firsts.a - 6_000)).toBeLessThan(200);
    expect(Math.abs(firsts.b - 3_000)).toBeLessThan(185);
    expect(Math.abs(firsts.c - 1_000)).toBeLessThan(120);
    expect(Math.abs(behindA / firsts.a - 0.75)).toBeLessThan(0.025);
  });
});

describe("a variant", () => {
  const fast = testModel({ id: "m", variants: { eu: { only: ["a"] }, floor: { sort: "latency" } } });
  const colon = testModel({ id: "m:8b" });
  const find = (id: string) =>
    findVariant(id, (name) => [fast, colon].find((model) => model.id === name), BUILT_IN_VARIANTS);

  test.each([
    ["m", fast, {}],
    ["m:8b", colon, {}],
    ["m:8b:nitro", colon, { sort: "throughput" }],
    ["m:eu", fast, { only: ["a"] }],
    ["m:floor", fast, { sort: "latency" }],
  ])("%s is found", (id, model, preference) => {
    expect(find(id)).toEqual({ model, preference });
  });

  test.each(["m:", "m:toString", "m:70b", ":floor", "x:floor"])("%s is none", (id) => {
    expect(find(id)).toBeUndefined();
  });
});

test("names of providers may be written with capitals; unknown ones and fields are refused by their place", () => {
  const known = new Set(["openai", "azure"]);
  expect(readRoutePreference({ order: ["OpenAI"], sort: null }, known)).toEqual({
    order: ["openai"],
    allowFallbacks: true,
  });
  expect(() => readRoutePreference({ ignore: ["azure", "x"] }, known)).toThrow("provider.ignore[1]");
  const foreign: object = { data_collection: "deny" };
  expect(() => readRoutePreference(foreign, known)).toThrow("provider.data_collection");
});

test("the tried routes of a record are as many as there is room for", () => {
  const tried = (provider: string) => ({ provider, model: "m", reason: "429" });
  expect(triedText([])).toBeUndefined();
  expect(triedText([tried("openai"), tried("azure")])).toBe("openai:429 azure:429");
  expect(triedText(["a", "b", "c", "d"].map((name) => tried(name.repeat(12))))).toBe(
    "aaaaaaaaaaaa:429 bbbbbbbbbbbb:429 +2",
  );
  expect(triedText([tried("p".repeat(37))])).toBe("+1");
});
