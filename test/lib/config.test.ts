import { expect, test } from "vitest";
import { loadCatalog } from "../../lambda/core/catalog.ts";
import { compileCatalog, defineConfig, loadConfig } from "../../lib/config.ts";
import { changed, EXAMPLE, load, model, openai, write } from "./config-example.ts";

const SHIPPED = "wlrouter.config.ts";

test("the shipped configuration is valid and has models of nine vendors", async () => {
  const config = await loadConfig(SHIPPED);
  expect(new Set(config.models.map(({ ownedBy }) => ownedBy))).toEqual(
    new Set([
      "openai",
      "anthropic",
      "google",
      "amazon-bedrock",
      "deepseek",
      "mistral",
      "xai",
      "groq",
      "cohere",
    ]),
  );
});

test("the shipped configuration holds the documentation's example field for field", async () => {
  const shipped = (await loadConfig(SHIPPED)).models.find(({ id }) => id === "gpt-4.1-mini");
  expect(shipped).toMatchObject(EXAMPLE.models[0] ?? {});
});

test("the documentation's JSON example loads, with defaults for what it leaves out", async () => {
  const config = await load(EXAMPLE);
  expect(config).toMatchObject(EXAMPLE);
  expect(config.cors.origins).toEqual(["*"]);
  expect(config.providers["openai"]?.timeouts.connectMs).toBe(10_000);
});

test("billing has the documented defaults", async () => {
  const { billing } = await load(changed(["billing"], undefined));
  expect(billing).toEqual({
    minimumTopUpUsd: "10",
    maximumTopUpUsd: "1000",
    serviceFeePercent: "5",
    autoTopUpsPerDay: 5,
  });
});

test("a TypeScript file's default export loads", async () => {
  const path = await write(`export default ${JSON.stringify(EXAMPLE)} as object;`, "ts");
  expect(await loadConfig(path)).toEqual(await load(EXAMPLE));
});

test("defineConfig only adds types", () => {
  expect(defineConfig(EXAMPLE)).toBe(EXAMPLE);
});

test("a slash at the end of a base URL is dropped", async () => {
  const config = await load(changed(openai("baseUrl"), "https://api.openai.com/v1/"));
  expect(config.providers["openai"]?.baseUrl).toBe("https://api.openai.com/v1");
});

test.each(["http://localhost:11434/v1", "http://127.0.0.1:8000", "http://[::1]:8000", "https://172.32.0.1"])(
  "%s is a base URL",
  async (baseUrl) => {
    await expect(load(changed(openai("baseUrl"), baseUrl))).resolves.toBeDefined();
  },
);

test.each(["0", "0.000001", "0.1250000", "123456789"])("%s is a price", async (price) => {
  const config = await load(changed(model("prices", "inputUsdPerMillion"), price));
  expect(() => loadCatalog(compileCatalog(config))).not.toThrow();
});

test("a file that is not there is named, and so is the way to choose another", async () => {
  await expect(loadConfig("nowhere.config.ts")).rejects.toThrow(
    "nowhere.config.ts: there is no such file; WLROUTER_CONFIG can name another (.ts or .json)",
  );
});

test("a file of another kind, broken JSON, broken TypeScript and a missing default export are refused", async () => {
  await expect(loadConfig("config.yaml")).rejects.toThrow(
    "config.yaml: a configuration is a .ts or a .json file",
  );
  await expect(loadConfig(await write("{"))).rejects.toThrow(/config-\d+\.json: cannot be read: /);
  await expect(loadConfig(await write("export default {", "ts"))).rejects.toThrow(/\.ts: cannot be read: /);
  await expect(loadConfig(await write("export const config = {};", "ts"))).rejects.toThrow(
    "the configuration: missing, expected an object",
  );
});
