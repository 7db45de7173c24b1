import { expect, test } from "vitest";
import { compareCatalog } from "../../bin/catalog/compare.ts";
import { EXPLAINED } from "../../bin/catalog/explained.ts";
import { genaiPrices, modelsDev } from "../../bin/catalog/sources.ts";
import { loadConfig, type ValidConfig } from "../../lib/config.ts";

/** The shipped prices are compared with those of this day: a later one's are `npm run catalog:check`'s to find. */
const DAY = new Date("2026-11-26T00:00:00Z");
const list = modelsDev();
if (!list) console.log("models.dev's list is not beside this checkout: limits are not compared");
const sources = [genaiPrices(DAY), ...(list ? [list] : [])];
const shipped = await loadConfig("wlrouter.config.ts");

type Model = ValidConfig["models"][number];

/** The shipped catalog with a change to one model. */
function driftOf(id: string, change: (model: Model) => Model) {
  const models = shipped.models.map((model) => (model.id === id ? change(model) : model));
  const { drift } = compareCatalog({ models }, sources, EXPLAINED);
  return drift.filter(({ why, model }) => why === undefined && model === id);
}

test.skipIf(!list)(
  "of all shipped models no price and no limit differs from what others say, but for a known reason",
  () => {
    const { drift, stale, agreed } = compareCatalog(shipped, sources, EXPLAINED);
    expect(drift.filter(({ why }) => why === undefined)).toEqual([]);
    expect(stale).toEqual([]);
    expect(agreed).toBeGreaterThan(600);
  },
);

test("at least 60 models are shipped", () => {
  expect(shipped.models.length).toBeGreaterThanOrEqual(60);
});

test("a changed price is found, by the model's exact id and the figure's name", () => {
  const dearer = (model: Model): Model => ({
    ...model,
    prices: { ...model.prices, outputUsdPerMillion: "99" },
  });
  expect(driftOf("gpt-4.1-mini", dearer)).toContainEqual({
    model: "gpt-4.1-mini",
    field: "outputUsdPerMillion",
    ours: "99",
    source: "genai-prices",
    theirs: "1.6",
    why: undefined,
  });
});

test("a price left out is found where another kind's would stand in for it", () => {
  const without = ({ prices: { cacheWrite1hUsdPerMillion: _, ...prices }, ...model }: Model): Model => ({
    ...model,
    prices,
  });
  expect(driftOf("claude-sonnet-5", without)).toContainEqual(
    expect.objectContaining({ field: "cacheWrite1hUsdPerMillion", ours: "-", theirs: "4" }),
  );
});

test("a tier's price is compared with the tier's", () => {
  const change = (model: Model): Model => {
    const tiers = model.prices.tiers?.map((tier) => ({ ...tier, inputUsdPerMillion: "9" }));
    return { ...model, prices: { ...model.prices, tiers } };
  };
  expect(driftOf("gpt-5.5", change)).toContainEqual(
    expect.objectContaining({ field: "tiers[0].inputUsdPerMillion", theirs: "10" }),
  );
});

test.skipIf(!list)("a changed limit is found", () => {
  expect(driftOf("gpt-4o", (model) => ({ ...model, maxOutputTokens: 4_096 }))).toMatchObject([
    { field: "maxOutputTokens", source: "models.dev", theirs: "16384" },
  ]);
});

test("an explanation that explains nothing is told of", () => {
  const idle = { models: ["gpt-4o"], source: "genai-prices", why: "once upon a time" };
  expect(compareCatalog(shipped, sources, [...EXPLAINED, idle]).stale).toContainEqual(idle);
});
