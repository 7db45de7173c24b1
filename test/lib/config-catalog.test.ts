import { expect, test } from "vitest";
import { type CatalogFile, loadCatalog } from "../../lambda/core/catalog.ts";
import { compileCatalog, loadConfig } from "../../lib/config.ts";
import { changed, EXAMPLE, load, model, openai, tiers } from "./config-example.ts";

const SHIPPED = "wlrouter.config.ts";

test("it is what core reads, with every price in place", async () => {
  const file: CatalogFile = compileCatalog(await load(EXAMPLE));
  const compiled = file.models[0];
  expect(compiled?.prices).toEqual({
    inputUsdPerMillion: "0.40",
    outputUsdPerMillion: "1.60",
    cacheReadUsdPerMillion: "0.10",
    cacheWriteUsdPerMillion: "0.40",
    cacheWrite1hUsdPerMillion: "0.40",
    reasoningUsdPerMillion: "1.60",
    audioInputUsdPerMillion: "0.40",
    audioCacheReadUsdPerMillion: "0.10",
    audioOutputUsdPerMillion: "1.60",
    imageOutputUsdPerMillion: "1.60",
    tiers: [],
  });
  expect(compiled?.routes[0]?.costs).toEqual(compiled?.prices);
  expect(loadCatalog(file).models.get("gpt-4.1-mini")?.prices.cacheRead).toBe(100_000n);
});

test("a tier's defaults come from the tier, and costs of one's own are kept", async () => {
  const costs = { inputUsdPerMillion: "0.2", outputUsdPerMillion: "0.8" };
  const routes = [{ provider: "openai", model: "m", costs }];
  const prices = { ...EXAMPLE.models[0]?.prices, tiers: tiers(1000) };
  const config = await load({ ...EXAMPLE, models: [{ ...EXAMPLE.models[0], prices, routes }] });
  const compiled = compileCatalog(config).models[0];
  expect(compiled?.prices.tiers[0]).toMatchObject({ aboveInputTokens: 1000, cacheReadUsdPerMillion: "1" });
  expect(compiled?.routes[0]?.costs).toMatchObject({ ...costs, cacheReadUsdPerMillion: "0.2", tiers: [] });
});

test("it survives JSON unchanged", async () => {
  const file = compileCatalog(await loadConfig(SHIPPED));
  expect(JSON.parse(JSON.stringify(file))).toEqual(file);
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, member]) => [name, reversed(member)]),
  );
}

test("the order of fields does not change its version", async () => {
  const two = { ...EXAMPLE, providers: { ...EXAMPLE.providers, spare: EXAMPLE.providers.openai } };
  const { version } = compileCatalog(await load(two));
  expect(version).toMatch(/^[0-9a-f]{8}$/);
  expect(compileCatalog(await load(reversed(two))).version).toBe(version);
});

test.each<[string, (string | number)[], unknown]>([
  ["a price", model("prices", "cacheReadUsdPerMillion"), "0.11"],
  ["a limit", model("maxOutputTokens"), 32767],
  ["a route", model("routes", 0, "model"), "gpt-4.1-mini-2025-04-14"],
  ["a provider", openai("streamUsage"), "always"],
  ["the fee", ["billing", "serviceFeePercent"], "6"],
])("%s changes its version", async (_name, path, value) => {
  const before = compileCatalog(await load(EXAMPLE)).version;
  expect(compileCatalog(await load(changed(path, value))).version).not.toBe(before);
});
