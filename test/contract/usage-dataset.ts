import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { calcPrice, type ModelPrice } from "@pydantic/genai-prices";
import type { Prices, TokenPrices } from "../../lambda/core/prices.ts";

/** Usage objects of real answers, with what pydantic/genai-prices (MIT) said they cost. Never part of a checkout. */
const FILE = fileURLToPath(new URL("../../../shared/fixtures/usage-dataset/usages.jsonl", import.meta.url));

export interface DatasetRow {
  readonly model: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly expected: readonly Expected[];
}

/** How one provider's form of usage reads the body, and what it costs there in USD, where the model is known. */
export interface Expected {
  readonly provider_id: string;
  readonly api_flavor: string;
  /** Totals, with their parts: `input_tokens` includes cache reads and writes. */
  readonly usage: Readonly<Record<string, number>>;
  readonly input_price?: string;
  readonly output_price?: string;
}

export function datasetRows(): DatasetRow[] {
  if (!existsSync(FILE)) {
    console.log("No usage dataset: ../shared/fixtures is not there");
    return [];
  }
  const lines = readFileSync(FILE, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
}

/** Decimal USD as pico-USD, without our own reader of money. */
export function picoUsdOf(usd: string | number | undefined): bigint {
  const [whole = "0", zeros = ""] = plainDecimal(usd ?? "0").split(".");
  const fraction = zeros.replace(/0+$/, "");
  if (fraction.length > 12) throw new Error(`not whole pico-USD: ${usd}`);
  return BigInt(whole + fraction.padEnd(12, "0"));
}

/** "7E-7" is one too. A JavaScript number is the nearest to a decimal of at most 12 digits behind the point. */
function plainDecimal(usd: string | number): string {
  return typeof usd === "number" || /e/i.test(usd) ? Number(usd).toFixed(12) : usd;
}

/** What the package that is installed says of this usage: it is younger than the dataset. */
export function priceNow(row: DatasetRow, expected: Expected) {
  const price = calcPrice({ ...expected.usage }, row.model, { providerId: expected.provider_id });
  if (!price) throw new Error(`genai-prices has no price for ${expected.provider_id} ${row.model}`);
  return {
    picoUsd: picoUsdOf(price.input_price) + picoUsdOf(price.output_price),
    prices: pricesOf(price.model_price),
  };
}

function pricesOf(list: ModelPrice): Prices {
  const starts = Object.values(list).flatMap((price) =>
    typeof price === "object" ? price.tiers.map(({ start }) => start) : [],
  );
  return {
    ...tokenPrices(list, -1),
    tiers: [...new Set(starts)]
      .sort((a, b) => a - b)
      .map((start) => ({ ...tokenPrices(list, start), aboveInputTokens: start })),
  };
}

function tokenPrices(list: ModelPrice, start: number): TokenPrices {
  const of = (name: string): bigint | undefined => {
    const price = list[name];
    if (price === undefined) return undefined;
    const usd =
      typeof price === "number"
        ? price
        : (price.tiers.find((tier) => tier.start === start)?.price ?? price.base);
    return picoUsdOf(usd) / 1_000_000n;
  };
  const input = of("input_mtok") ?? 0n;
  const output = of("output_mtok") ?? 0n;
  const cacheRead = of("cache_read_mtok") ?? input;
  const cacheWrite = of("cache_write_mtok") ?? input;
  return {
    input,
    output,
    cacheRead,
    cacheWrite,
    cacheWrite1h: of("cache_write_1h_mtok") ?? cacheWrite,
    reasoning: of("output_reasoning_mtok") ?? output,
    audioInput: of("input_audio_mtok") ?? input,
    audioCacheRead: of("cache_audio_read_mtok") ?? cacheRead,
    audioOutput: of("output_audio_mtok") ?? output,
    imageOutput: of("output_image_mtok") ?? output,
  };
}
