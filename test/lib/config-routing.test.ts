/** What the configuration may say of routes: weights, prices of their own, variants, deadlines, breaker and hedging. */
import { expect, test } from "vitest";
import { compileCatalog } from "../../lib/config.ts";
import { changed, EXAMPLE, load, model, openai, problemsOf, tiers } from "./config-example.ts";

// biome-ignore format: one row a case
test.each<[string, Parameters<typeof changed>[0], unknown, string]>([
  ["a weight of nothing", model("routes", 0, "weight"), 0, "routes[0].weight: found 0, expected"],
  ["a weight above all", model("routes", 0, "weight"), 1_001, "routes[0].weight: found 1001, expected"],
  [
    "a price of half a kind",
    model("routes", 0, "prices"),
    { outputUsdPerMillion: "1" },
    "prices.inputUsdPerMillion: missing",
  ],
  ["a variant with a capital", model("variants"), { EU: {} }, "a name of 1 to 32 of a-z 0-9 -"],
  [
    "a variant for nobody",
    model("variants"),
    { eu: { only: ["azure"] } },
    'variants.eu.only[0]: found "azure", expected one of the providers: openai',
  ],
  [
    "a variant sorted by mood",
    model("variants"),
    { eu: { sort: "mood" } },
    'variants.eu.sort: found "mood", expected one of "price", "latency", "throughput"',
  ],
  ["no attempt", ["routing"], { maxAttempts: 0 }, "routing.maxAttempts: found 0, expected a number of calls"],
  ["nine attempts", ["routing"], { maxAttempts: 9 }, "routing.maxAttempts: found 9, expected at most 8"],
  [
    "a breaker that needs more calls than it sees",
    ["routing"],
    { breaker: { windowCalls: 4, minimumCalls: 5 } },
    "routing.breaker.minimumCalls: found 5, expected at most windowCalls, 4",
  ],
  [
    "a rest of nothing",
    ["routing"],
    { breaker: { restMs: 0 } },
    "routing.breaker.restMs: found 0, expected milliseconds",
  ],
  [
    "hedging at once",
    ["routing"],
    { hedging: { afterMs: 50 } },
    "routing.hedging.afterMs: found 50, expected at least 100",
  ],
  [
    "hedging behind the headers",
    ["routing"],
    { hedging: { afterMs: 15_000 } },
    "routing.hedging.afterMs: found 15000, expected at most 10000",
  ],
  ["hedging that says nothing", ["routing"], { hedging: {} }, "routing.hedging.afterMs: missing"],
  [
    "a deadline that is none",
    openai("timeouts"),
    { totalMs: "1s" },
    'timeouts.totalMs: found "1s", expected milliseconds',
  ],
  ["an unknown deadline", openai("timeouts"), { readMs: 1 }, "timeouts.readMs: unknown field"],
  ["a connection that must be there before", openai("timeouts"), { connectMs: -1 }, "timeouts.connectMs: found -1, expected milliseconds"],
  ["half a millisecond", openai("timeouts"), { firstByteMs: 0.5 }, "timeouts.firstByteMs: found 0.5, expected milliseconds"],
  ["a weight as text", model("routes", 0, "weight"), "3", 'routes[0].weight: found "3", expected a whole number above 0'],
  ["a route's price as a number", model("routes", 0, "prices"), { inputUsdPerMillion: 1, outputUsdPerMillion: "1" }, 'routes[0].prices.inputUsdPerMillion: found 1, expected USD per million tokens as a decimal string, such as "0.40" ("0" says free); quote it: "1"'],
  ["a route's tiers that do not ascend", model("routes", 0, "prices"), { inputUsdPerMillion: "1", outputUsdPerMillion: "1", tiers: tiers(2, 1) }, "routes[0].prices.tiers[1].aboveInputTokens: found 1, expected more than 2"],
  ["an order with nobody in it", model("variants"), { eu: { order: ["openai", "azure"] } }, 'variants.eu.order[1]: found "azure", expected one of the providers: openai'],
  ["a variant without a stranger", model("variants"), { eu: { ignore: ["azure"] } }, 'variants.eu.ignore[0]: found "azure", expected one of the providers: openai'],
  ["a variant that falls back perhaps", model("variants"), { eu: { allowFallbacks: "no" } }, 'variants.eu.allowFallbacks: found "no", expected true or false'],
  ["a variant in OpenRouter's words", model("variants"), { eu: { allow_fallbacks: false } }, "variants.eu.allow_fallbacks: unknown field, expected one of order, only, ignore, sort, allowFallbacks"],
  ["variants in a list", model("variants"), [], "variants: found [], expected an object of variants by name"],
  ["a breaker that is off in words", ["routing"], { breaker: { enabled: "off" } }, 'routing.breaker.enabled: found "off", expected true or false'],
  ["a breaker with a long memory", ["routing"], { breaker: { windowCalls: 1_001 } }, "routing.breaker.windowCalls: found 1001, expected at most 1000"],
  ["a longest rest below the first", ["routing"], { breaker: { restMs: 120_000 } }, "routing.breaker.longestRestMs: missing, expected at least restMs, 120000"],
  ["an unknown field of routing", ["routing"], { retries: 3 }, "routing.retries: unknown field, expected one of maxAttempts, breaker, hedging"],
])("%s is refused", async (_name, path, value, expected) => {
  const problems = await problemsOf(changed(path, value));
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(expected);
});

test("hedging is off unless it is asked for", async () => {
  const catalog = await load(changed(["routing"], { maxAttempts: 2 }));
  expect(catalog.routing).toMatchObject({ maxAttempts: 2, breaker: { enabled: true, windowCalls: 10 } });
  expect(catalog.routing.hedging).toBeUndefined();
  const hedged = await load(changed(["routing"], { hedging: { afterMs: 2_000 } }));
  expect(hedged.routing.hedging).toEqual({ afterMs: 2_000 });
});

test("a route's prices are what its customer pays, and what it costs where no costs are named", async () => {
  const prices = { inputUsdPerMillion: "3", outputUsdPerMillion: "9", tiers: tiers(1_000) };
  const costs = { inputUsdPerMillion: "2", outputUsdPerMillion: "8" };
  const at = { provider: "openai", model: "m" };
  const routes = [
    { ...at, weight: 7 },
    { ...at, prices },
    { ...at, prices, costs },
  ];
  const [compiled] = compileCatalog(await load(changed(model("routes"), routes))).models;
  expect(compiled?.routes[0]).toEqual({ ...at, weight: 7, costs: compiled?.prices });
  const filled = { ...prices, cacheReadUsdPerMillion: "3", tiers: [{ cacheReadUsdPerMillion: "1" }] };
  expect(compiled?.routes[1]).toMatchObject({ prices: filled, costs: filled });
  expect(compiled?.routes[2]).toMatchObject({ prices: filled, costs: { ...costs, tiers: [] } });
});

test("a model that speaks must name its audio price where a route has prices of its own, too", async () => {
  const prices = { ...EXAMPLE.models[0]?.prices, audioOutputUsdPerMillion: "9" };
  const routes = [{ provider: "openai", model: "m", prices: EXAMPLE.models[0]?.prices }];
  const speaking = { ...EXAMPLE.models[0], outputModalities: ["text", "audio"], prices, routes };
  expect(await problemsOf({ ...EXAMPLE, models: [speaking] })).toEqual([
    expect.stringMatching(/^models\[0\]\.routes\[0\]\.prices\.audioOutputUsdPerMillion: missing/),
  ]);
});

test("variants, deadlines and the breaker arrive as they were written", async () => {
  const variants = { eu: { order: ["openai"], only: ["openai"], sort: "latency", allowFallbacks: false } };
  const config = await load(changed(model("variants"), variants));
  expect(compileCatalog(config).models[0]?.variants).toEqual(variants);
  const timeouts = { connectMs: 1, firstByteMs: 2, idleMs: 3, totalMs: 4 };
  expect((await load(changed(openai("timeouts"), timeouts))).providers["openai"]?.timeouts).toEqual(timeouts);
  const breaker = { enabled: false, windowCalls: 4, minimumCalls: 4, restMs: 9, longestRestMs: 9 };
  expect((await load(changed(["routing"], { breaker }))).routing.breaker).toEqual(breaker);
});
