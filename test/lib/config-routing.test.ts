/** What the configuration may say of routes: weights, prices of their own, variants, deadlines, breaker and hedging. */
import { expect, test } from "vitest";
import { changed, load, model, openai, problemsOf } from "./config-example.ts";

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
