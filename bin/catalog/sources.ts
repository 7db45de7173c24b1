/** What others say of models' prices and limits: genai-prices, and models.dev's list where it lies beside the checkout. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { calcPrice, type ModelPrice } from "@pydantic/genai-prices";
import { z } from "zod";

/** USD per million tokens as decimals without trailing zeros, by the names of the configuration. */
export type PriceFigures = Readonly<Record<string, string>>;

export interface Stated {
  /** The id that was found there. */
  readonly id: string;
  readonly prices: PriceFigures;
  /** In order of their thresholds, which are not compared: sources differ by one in what "above" means. */
  readonly tiers: readonly { readonly above: number; readonly prices: PriceFigures }[];
  readonly contextWindow?: number | undefined;
  readonly maxOutputTokens?: number | undefined;
}

export interface Source {
  readonly name: string;
  /** @param provider by its name in the configuration */
  find(provider: string, model: string): Stated | undefined;
}

const GENAI_PROVIDERS: Readonly<Record<string, string>> = { bedrock: "aws", xai: "x-ai" };
const MODELS_DEV_PROVIDERS: Readonly<Record<string, string>> = { bedrock: "amazon-bedrock" };

const GENAI_NAMES: Readonly<Record<string, string>> = {
  input_mtok: "inputUsdPerMillion",
  output_mtok: "outputUsdPerMillion",
  cache_read_mtok: "cacheReadUsdPerMillion",
  cache_write_mtok: "cacheWriteUsdPerMillion",
  cache_write_1h_mtok: "cacheWrite1hUsdPerMillion",
  output_reasoning_mtok: "reasoningUsdPerMillion",
  input_audio_mtok: "audioInputUsdPerMillion",
  cache_audio_read_mtok: "audioCacheReadUsdPerMillion",
  output_audio_mtok: "audioOutputUsdPerMillion",
  output_image_mtok: "imageOutputUsdPerMillion",
};

const DAY_HOURS = 24;
const HOUR_MS = 3_600_000;

/** @param now prices change with time, and some with the hour of the day: the dearest hour counts, since ours is one price */
export function genaiPrices(now: Date): Source {
  const hours = Array.from({ length: DAY_HOURS }, (_, hour) => new Date(now.getTime() + hour * HOUR_MS));
  return {
    name: "genai-prices",
    find(provider, model) {
      const providerId = GENAI_PROVIDERS[provider] ?? provider;
      const lists = hours.flatMap(
        (timestamp) => calcPrice({ input_tokens: 1 }, model, { providerId, timestamp }) ?? [],
      );
      const dearest = lists.toSorted((a, b) => inputOf(b.model_price) - inputOf(a.model_price))[0];
      if (!dearest) return undefined;
      const list = dearest.model_price;
      return {
        id: dearest.model.id,
        prices: genaiFigures(list, undefined),
        tiers: thresholds(list).map((above) => ({ above, prices: genaiFigures(list, above) })),
        contextWindow: dearest.model.context_window,
      };
    },
  };
}

function inputOf(list: ModelPrice): number {
  const price = list["input_mtok"];
  return typeof price === "object" ? price.base : (price ?? 0);
}

function thresholds(list: ModelPrice): number[] {
  const starts = Object.values(list).flatMap((price) =>
    typeof price === "object" ? price.tiers.map(({ start }) => start) : [],
  );
  return [...new Set(starts)].sort((a, b) => a - b);
}

function genaiFigures(list: ModelPrice, above: number | undefined): PriceFigures {
  const figures = Object.entries(GENAI_NAMES).flatMap(([theirs, ours]) => {
    const price = list[theirs];
    if (price === undefined) return [];
    if (typeof price === "number") return [[ours, decimal(price)]];
    return [[ours, decimal(price.tiers.find(({ start }) => start === above)?.price ?? price.base)]];
  });
  return Object.fromEntries(figures);
}

/** Figures are decimal strings, but some numbers; a zero price of a cache means that there is none. */
const figure = z.union([z.string(), z.number()]).transform(decimal).optional();
const cost = z.object({
  input: figure,
  output: figure,
  cache_read: figure,
  cache_write: figure,
  reasoning: figure,
  input_audio: figure,
  output_audio: figure,
});
const listed = z.object({
  cost: cost
    .extend({ tiers: z.array(cost.extend({ tier: z.object({ size: z.int() }) })).default([]) })
    .optional(),
  limit: z.object({ context: z.int().optional(), output: z.int().optional() }).optional(),
});
const modelsFile = z.object({ providers: z.record(z.string(), z.record(z.string(), z.unknown())) });

const MODELS_DEV = fileURLToPath(new URL("../../../shared/data/models.json", import.meta.url));

/** @returns undefined where the list is not there */
export function modelsDev(path = MODELS_DEV): Source | undefined {
  if (!existsSync(path)) return undefined;
  const { providers } = modelsFile.parse(JSON.parse(readFileSync(path, "utf8")));
  return {
    name: "models.dev",
    find(provider, id) {
      const model = providers[MODELS_DEV_PROVIDERS[provider] ?? provider]?.[id];
      if (model === undefined) return undefined;
      const { cost: base, limit } = listed.parse(model);
      return {
        id,
        prices: base ? modelsDevFigures(base) : {},
        tiers: (base?.tiers ?? []).map((tier) => ({ above: tier.tier.size, prices: modelsDevFigures(tier) })),
        contextWindow: limit?.context,
        maxOutputTokens: limit?.output,
      };
    },
  };
}

function modelsDevFigures(list: z.output<typeof cost>): PriceFigures {
  const named = {
    inputUsdPerMillion: list.input,
    outputUsdPerMillion: list.output,
    cacheReadUsdPerMillion: list.cache_read,
    cacheWriteUsdPerMillion: list.cache_write,
    reasoningUsdPerMillion: list.reasoning,
    audioInputUsdPerMillion: list.input_audio,
    audioOutputUsdPerMillion: list.output_audio,
  };
  const stated = Object.entries(named).filter(([, price]) => price !== undefined);
  return Object.fromEntries(stated.map(([name, price]) => [name, String(price)]));
}

/** "0.40", 0.4 and "0.400" are one price. */
export function decimal(price: string | number): string {
  const text = typeof price === "number" ? price.toFixed(6) : price;
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}
