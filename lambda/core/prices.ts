import { maxOf, type PicoUsd } from "./money.ts";
import { totalInputTokens, type Usage } from "./usage.ts";

/** Pico-USD per token, by kind. */
export interface TokenPrices {
  readonly input: PicoUsd;
  readonly output: PicoUsd;
  readonly cacheRead: PicoUsd;
  readonly cacheWrite: PicoUsd;
  readonly audioInput: PicoUsd;
  readonly audioOutput: PicoUsd;
}

/** From its threshold on, a tier prices the whole request, not only the tokens above it. */
export interface PriceTier extends TokenPrices {
  readonly aboveInputTokens: number;
}

export interface Prices extends TokenPrices {
  /** Ascending by `aboveInputTokens`. */
  readonly tiers: readonly PriceTier[];
}

function pricesFor(prices: Prices, inputTokens: number): TokenPrices {
  return prices.tiers.findLast((tier) => inputTokens > tier.aboveInputTokens) ?? prices;
}

/** What this usage costs: the exact sum of tokens times price, in pico-USD. */
export function costOf(usage: Usage, prices: Prices): PicoUsd {
  const price = pricesFor(prices, totalInputTokens(usage));
  return (
    BigInt(usage.inputTokens - usage.audioInputTokens) * price.input +
    BigInt(usage.audioInputTokens) * price.audioInput +
    BigInt(usage.cacheReadTokens) * price.cacheRead +
    BigInt(usage.cacheWriteTokens) * price.cacheWrite +
    BigInt(usage.outputTokens - usage.audioOutputTokens) * price.output +
    BigInt(usage.audioOutputTokens) * price.audioOutput
  );
}

export interface DearestPrices {
  readonly input: PicoUsd;
  readonly output: PicoUsd;
}

/**
 * The most that one input token and one output token can cost: over the tiers that so much input can reach
 * and over every kind of input. Audio output counts only where the request may ask for it.
 */
export function dearestPrices(
  prices: Prices,
  inputBoundTokens: number,
  withAudioOutput: boolean,
): DearestPrices {
  const reachable = [prices, ...prices.tiers.filter((tier) => inputBoundTokens > tier.aboveInputTokens)];
  return {
    input: maxOf(0n, ...reachable.flatMap((p) => [p.input, p.cacheRead, p.cacheWrite, p.audioInput])),
    output: maxOf(
      0n,
      ...reachable.flatMap((p) => (withAudioOutput ? [p.output, p.audioOutput] : [p.output])),
    ),
  };
}
