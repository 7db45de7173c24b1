/** Reads the configuration an operator edits, and compiles it into the catalog that travels with the function. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { z } from "zod";
import { Config } from "./config-schema.ts";

/** What an operator writes: fields with a default may be left out. */
export type WlrouterConfig = z.input<typeof Config>;

/** What has passed the schema, providers' defaults filled in. */
export type ValidConfig = z.output<typeof Config>;

/** How people sign in to the console; no part of the catalog. */
export type ConsoleConfig = ValidConfig["console"];

/** The configuration cannot be used. The message is for the operator: one line a problem. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** Gives a configuration in TypeScript its types while it is written; it is validated when it is loaded. */
export function defineConfig(config: WlrouterConfig): WlrouterConfig {
  return config;
}

/**
 * Reads and validates a configuration: the default export of a `.ts` file, or a `.json` file.
 * @throws ConfigError that lists every problem with file, field, what was found and what is allowed.
 */
export async function loadConfig(path: string): Promise<ValidConfig> {
  const source = await readSource(path);
  const result = Config.safeParse(source);
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap((issue) => problemLines(issue, source));
  throw new ConfigError(problems.map((problem) => `${path}: ${problem}`).join("\n"));
}

async function readSource(path: string): Promise<unknown> {
  const extension = extname(path);
  if (extension !== ".ts" && extension !== ".json") {
    throw new ConfigError(`${path}: a configuration is a .ts or a .json file`);
  }
  if (!existsSync(path)) {
    throw new ConfigError(`${path}: there is no such file; WLROUTER_CONFIG can name another (.ts or .json)`);
  }
  try {
    if (extension === ".json") return JSON.parse(await readFile(path, "utf8"));
    const module: { default?: unknown } = await import(pathToFileURL(resolve(path)).href);
    return module.default;
  } catch (cause) {
    throw new ConfigError(`${path}: cannot be read: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
}

// --- problems -------------------------------------------------------------------------------------------------

function problemLines(issue: z.core.$ZodIssue, source: unknown): string[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map(
      (key) => `${fieldPath([...issue.path, key])}: unknown field, expected ${issue.message}`,
    );
  }
  const found = issue.code === "invalid_key" ? issue.path.at(-1) : valueAt(source, issue.path);
  const what = found === undefined ? "missing" : `found ${shown(found, issue.path.at(-1))}`;
  return [`${fieldPath(issue.path)}: ${what}, expected ${issue.message}`];
}

/** `models[3].prices.inputUsdPerMillion`, as one would write it in code. */
function fieldPath(path: readonly PropertyKey[]): string {
  const steps = path.map((step) => {
    if (typeof step === "number") return `[${step}]`;
    return /^[A-Za-z_]\w*$/.test(String(step)) ? `.${String(step)}` : `[${JSON.stringify(step)}]`;
  });
  return steps.join("").replace(/^\./, "") || "the configuration";
}

function valueAt(source: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, step) => (typeof value === "object" && value !== null ? Reflect.get(value, step) : undefined),
    source,
  );
}

const LONGEST_VALUE = 80;

/** A key pasted where its variable's name belongs, or into a URL, must not end up in a build log. */
function shown(value: unknown, field: PropertyKey | undefined): string {
  if (field === "apiKeyEnv") return "a value that may be a key itself";
  const json = (JSON.stringify(value) ?? typeof value).replace(/\/\/[^/"]*@/g, "//…@");
  return json.length > LONGEST_VALUE ? `${json.slice(0, LONGEST_VALUE)}…` : json;
}

// --- the catalog ----------------------------------------------------------------------------------------------

type ValidModel = ValidConfig["models"][number];
type PriceList = ValidModel["prices"];
type TokenPrices = Omit<PriceList, "tiers">;

/** USD per million tokens as decimal strings, each kind of token with its price. */
type CatalogTokenPrices = Record<keyof TokenPrices, string>;
type CatalogPrices = CatalogTokenPrices & {
  tiers: (CatalogTokenPrices & { aboveInputTokens: number })[];
};

/** Plain JSON inside the function's bundle: all that a running gateway knows of models, prices and providers. */
export type CatalogFile = Omit<ValidConfig, "models" | "console" | "deployment"> & {
  /** First 8 hex digits of the SHA-256 of the rest; pinned into every hold, so that a charge names its prices. */
  version: string;
  models: (Omit<ValidModel, "prices" | "routes"> & {
    prices: CatalogPrices;
    routes: (Omit<ValidModel["routes"][number], "costs" | "prices"> & {
      costs: CatalogPrices;
      prices?: CatalogPrices;
    })[];
  })[];
};

/** Fills in every default: a kind without a price of its own costs what the kind it is a part of costs. How the stack is made prices nothing. */
export function compileCatalog({ console: _, deployment: __, ...config }: ValidConfig): CatalogFile {
  const content = {
    ...config,
    models: config.models.map((model) => ({
      ...model,
      prices: compilePrices(model.prices),
      routes: model.routes.map(({ costs, prices, ...route }) => ({
        ...route,
        costs: compilePrices(costs ?? prices ?? model.prices),
        ...(prices && { prices: compilePrices(prices) }),
      })),
    })),
  };
  const version = createHash("sha256").update(canonicalJson(content)).digest("hex").slice(0, 8);
  return { version, ...content };
}

function compilePrices(prices: PriceList): CatalogPrices {
  const tiers = (prices.tiers ?? []).map((tier) => ({
    ...compileTokenPrices(tier),
    aboveInputTokens: tier.aboveInputTokens,
  }));
  return { ...compileTokenPrices(prices), tiers };
}

/** The schema has made sure that a model which speaks names its audio-output price; elsewhere it is never used. */
function compileTokenPrices(prices: TokenPrices): CatalogTokenPrices {
  const { inputUsdPerMillion, outputUsdPerMillion } = prices;
  const cacheWriteUsdPerMillion = prices.cacheWriteUsdPerMillion ?? inputUsdPerMillion;
  const audioInputUsdPerMillion = prices.audioInputUsdPerMillion ?? inputUsdPerMillion;
  return {
    inputUsdPerMillion,
    outputUsdPerMillion,
    cacheReadUsdPerMillion: prices.cacheReadUsdPerMillion ?? inputUsdPerMillion,
    cacheWriteUsdPerMillion,
    cacheWrite1hUsdPerMillion: prices.cacheWrite1hUsdPerMillion ?? cacheWriteUsdPerMillion,
    reasoningUsdPerMillion: prices.reasoningUsdPerMillion ?? outputUsdPerMillion,
    audioInputUsdPerMillion,
    audioCacheReadUsdPerMillion:
      prices.audioCacheReadUsdPerMillion ?? prices.cacheReadUsdPerMillion ?? audioInputUsdPerMillion,
    audioOutputUsdPerMillion: prices.audioOutputUsdPerMillion ?? outputUsdPerMillion,
    imageOutputUsdPerMillion: prices.imageOutputUsdPerMillion ?? outputUsdPerMillion,
  };
}

/** The same text for the same content, whatever the order its fields were written in. */
function canonicalJson(content: unknown): string {
  return JSON.stringify(content, (_key, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
