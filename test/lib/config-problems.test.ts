import { expect, test } from "vitest";
import { loadConfig } from "../../lib/config.ts";
import { changed, EXAMPLE, model, openai, problemsOf, tiers, write } from "./config-example.ts";

// biome-ignore format: one row a case
test.each<[string, (string | number)[], unknown, string]>([
  ["a number as price", model("prices", "inputUsdPerMillion"), 0.4, 'found 0.4, expected USD per million tokens as a decimal string, such as "0.40" ("0" says free); quote it: "0.4"'],
  ["a negative price", model("prices", "outputUsdPerMillion"), "-1", 'found "-1", expected USD per million tokens'],
  ["a price with an exponent", model("prices", "outputUsdPerMillion"), "1e-3", 'found "1e-3", expected USD per million tokens'],
  ["a price finer than a picodollar a token", model("prices", "cacheReadUsdPerMillion"), "0.0000001", 'found "0.0000001", expected at most six decimals: 1 USD per million tokens is 1,000,000 pico-USD'],
  ["a model without prices", model("prices"), undefined, "missing, expected prices: a model is never free by accident"],
  ["a missing price", model("prices", "outputUsdPerMillion"), undefined, "missing, expected USD per million tokens"],
  ["a missing id", model("id"), undefined, "missing, expected 1 to 64 of"],
  ["an id with a bar, which holds use", model("id"), "a|b", 'found "a|b", expected 1 to 64 of'],
  ["an id of 65 characters", model("id"), "x".repeat(65), "expected 1 to 64 of"],
  ["no owner", model("ownedBy"), "", 'found "", expected 1 to 64 characters'],
  ["a context window as text", model("contextWindow"), "128000", 'found "128000", expected a number of tokens'],
  ["a fraction of a token", model("maxOutputTokens"), 1.5, "found 1.5, expected a number of tokens"],
  ["no output", model("maxOutputTokens"), 0, "found 0, expected a number of tokens"],
  ["more output than context", model("maxOutputTokens"), 2_000_000, "found 2000000, expected at most contextWindow, 1047576"],
  ["an image of no tokens", model("maxImageTokens"), 0, "found 0, expected a number of tokens"],
  ["a date that is none", model("createdAt"), "2026-02-30", 'found "2026-02-30", expected a date'],
  ["no input modality", model("inputModalities"), [], 'found [], expected a list of "text", "image", "audio", "file"'],
  ["an unknown input modality", model("inputModalities", 0), "pdf", 'found "pdf", expected one of "text", "image", "audio", "file"'],
  ["files as output", model("outputModalities", 0), "file", 'found "file", expected one of "text", "image", "audio"'],
  ["a route to nowhere", model("routes", 0, "provider"), "azure", 'found "azure", expected one of the providers: openai'],
  ["no route", model("routes"), [], "found [], expected at least one route"],
  ["no model", ["models"], [], "found [], expected at least one model"],
  ["no providers", ["providers"], undefined, "missing, expected an object of providers by name"],
  ["another kind of provider", openai("kind"), "smtp", 'found "smtp", expected one of "openai-compatible", "anthropic", "bedrock", "gemini", "cohere"'],
  ["a lower-case variable", openai("apiKeyEnv"), "openai_key", "expected the name of an environment variable"],
  ["an unknown cap parameter", openai("outputCapParameter"), "n", 'found "n", expected one of "max_completion_tokens", "max_tokens"'],
  ["an unknown usage mode", openai("streamUsage"), "never", 'found "never", expected one of "request", "always"'],
  ["no tier", openai("serviceTier"), "", 'found "", expected the name of a tier'],
  ["a timeout of nothing", openai("timeouts"), { idleMs: 0 }, "timeouts.idleMs: found 0, expected milliseconds"],
  ["a top-up in tenths of a cent", ["billing", "minimumTopUpUsd"], "10.005", 'found "10.005", expected USD and cents'],
  ["a fee above everything", ["billing", "serviceFeePercent"], "101", 'found "101", expected a percentage'],
  ["a top-up below what Stripe charges", ["billing", "minimumTopUpUsd"], "0.49", "expected at least 0.50"],
  ["a largest top-up below the smallest", ["billing", "maximumTopUpUsd"], "9.99", "expected at least minimumTopUpUsd, 10"],
  ["a largest top-up that Stripe cannot charge", ["billing", "maximumTopUpUsd"], "500000", "expected at most 499999.99"],
  ["no automatic top-up a day", ["billing", "autoTopUpsPerDay"], 0, "expected a number of automatic top-ups"],
  ["Stripe on a private network", ["payments"], { stripeApiBaseUrl: "https://10.0.0.1" }, "expected a public host"],
  ["an origin with a path", ["cors"], { origins: ["https://a.example/x"] }, 'cors.origins[0]: found "https://a.example/x", expected "*" or an origin'],
  ["tiers that do not ascend", model("prices", "tiers"), tiers(200, 100), "tiers[1].aboveInputTokens: found 100, expected more than 200"],
  ["costs of half a kind", model("routes", 0, "costs"), { inputUsdPerMillion: "1" }, "costs.outputUsdPerMillion: missing, expected USD"],
])("%s is refused", async (_name, path, value, expected) => {
  const problems = await problemsOf(changed(path, value));
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(expected);
});

test.each([
  ["http://api.example.com/v1", "https; http only for localhost, 127.0.0.1, [::1], on one machine"],
  ["ftp://api.example.com", "a URL, such as"],
  ["api.example.com", "a URL, such as"],
  ["https://user:secret@api.example.com", "a URL without credentials"],
  ["https://api.example.com/v1?key=1", "a URL without query or fragment"],
  ["https://api.example.com/v1#", "a URL without query or fragment"],
  ...[
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.100.100.200",
    "127.0.0.2",
    "0.0.0.0",
    "0x0a000001",
    "[fc00::1]",
    "[fdff::1]",
    "[fe80::1]",
    "[::ffff:10.0.0.1]",
    "metadata.google.internal",
    "metadata.google.internal.",
  ].map((host) => [`https://${host}/v1`, "a public host"]),
])("base URL %s is refused", async (baseUrl, expected) => {
  const problems = await problemsOf(changed(openai("baseUrl"), baseUrl));
  expect(problems).toEqual([expect.stringContaining(`expected ${expected}`)]);
  expect(problems[0]).toContain("providers.openai.baseUrl: found ");
});

test("an unknown field is refused by name, wherever it stands", async () => {
  expect(await problemsOf({ ...EXAMPLE, model: [] })).toEqual([
    "model: unknown field, expected one of billing, payments, cors, console, routing, deployment, providers, models",
  ]);
  const [problem] = await problemsOf(changed(model("prices", "input"), "1"));
  expect(problem).toMatch(/^models\[0\]\.prices\.input: unknown field, expected one of inputUsdPerMillion, /);
});

test("a provider's name that no ledger record should hold is refused", async () => {
  const [problem] = await problemsOf(changed(["providers", "Open AI"], EXAMPLE.providers.openai));
  expect(problem).toBe('providers["Open AI"]: found "Open AI", expected a name of 1 to 32 of a-z 0-9 -');
});

test("two models of one id are refused, and both are named", async () => {
  const [problem] = await problemsOf({ ...EXAMPLE, models: [...EXAMPLE.models, ...EXAMPLE.models] });
  expect(problem).toBe(
    'models[1].id: found "gpt-4.1-mini", expected an id of its own: models[0] has this one',
  );
});

test("a model that speaks must name its audio price in every price list", async () => {
  const prices = { ...EXAMPLE.models[0]?.prices, tiers: tiers(1000) };
  const routes = [{ provider: "openai", model: "m", costs: prices }];
  const speaking = { ...EXAMPLE.models[0], outputModalities: ["text", "audio"], prices, routes };
  const problems = await problemsOf({ ...EXAMPLE, models: [speaking] });
  expect(problems.map((problem) => problem.split(":")[0])).toEqual([
    "models[0].prices.audioOutputUsdPerMillion",
    "models[0].prices.tiers[0].audioOutputUsdPerMillion",
    "models[0].routes[0].costs.audioOutputUsdPerMillion",
    "models[0].routes[0].costs.tiers[0].audioOutputUsdPerMillion",
  ]);
  expect(problems[0]).toContain('since outputModalities has "audio"');
});

test("every problem is listed at once, the ones across fields too", async () => {
  const broken = {
    ...EXAMPLE.models[0],
    contextWindow: "big",
    routes: [{ provider: "nobody", model: "m" }],
  };
  const problems = await problemsOf({ ...EXAMPLE, models: [broken, EXAMPLE.models[0], 7] });
  expect(problems.map((problem) => problem.split(":")[0]).sort()).toEqual([
    "models[0].contextWindow",
    "models[0].routes[0].provider",
    "models[1].id",
    "models[2]",
  ]);
});

test.each([["null"], ["[]"], ['"text"']])("%s is no configuration", async (json) => {
  await expect(loadConfig(await write(json))).rejects.toThrow(
    "the configuration: found " +
      json +
      ", expected an object of billing, payments, cors, console, routing, deployment, providers, models",
  );
});

test("a key in the wrong place is not repeated in the message", async () => {
  const pasted = await problemsOf(changed(openai("apiKeyEnv"), "sk-secret"));
  const inUrl = await problemsOf(changed(openai("baseUrl"), "https://user:sk-secret@api.example.com"));
  expect([...pasted, ...inUrl].join()).not.toContain("secret");
});
