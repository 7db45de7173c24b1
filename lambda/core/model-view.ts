import type { Model } from "./catalog.ts";
import { formatUsdPerMillion } from "./money.ts";
import type { TokenPrices } from "./prices.ts";

/** A model in OpenAI's shape, with what OpenAI leaves out: prices, limits and modalities. */
export function modelView(model: Model) {
  return {
    id: model.id,
    object: "model" as const,
    created: model.createdAt === undefined ? 0 : Math.floor(Date.parse(model.createdAt) / 1000),
    owned_by: model.ownedBy,
    context_window: model.contextWindow,
    max_output_tokens: model.maxOutputTokens,
    input_modalities: model.inputModalities,
    output_modalities: model.outputModalities,
    prices: {
      currency: "USD" as const,
      ...pricesView(model.prices),
      tiers: model.prices.tiers.map((tier) => ({
        above_input_tokens: tier.aboveInputTokens,
        ...pricesView(tier),
      })),
    },
  };
}

function pricesView(prices: TokenPrices) {
  return {
    input_per_million: formatUsdPerMillion(prices.input),
    output_per_million: formatUsdPerMillion(prices.output),
    cache_read_per_million: formatUsdPerMillion(prices.cacheRead),
    cache_write_per_million: formatUsdPerMillion(prices.cacheWrite),
    cache_write_1h_per_million: formatUsdPerMillion(prices.cacheWrite1h),
    reasoning_per_million: formatUsdPerMillion(prices.reasoning),
    audio_input_per_million: formatUsdPerMillion(prices.audioInput),
    audio_cache_read_per_million: formatUsdPerMillion(prices.audioCacheRead),
    audio_output_per_million: formatUsdPerMillion(prices.audioOutput),
    image_output_per_million: formatUsdPerMillion(prices.imageOutput),
  };
}
