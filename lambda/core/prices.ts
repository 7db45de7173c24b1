import { maxOf, type PicoUsd } from "./money.ts";
import { textOutputTokens, totalInputTokens, type Usage } from "./usage.ts";

/** Pico-USD per token, by kind. */
export interface TokenPrices {
  readonly input: PicoUsd;
  readonly output: PicoUsd;
  readonly cacheRead: PicoUsd;
  readonly cacheWrite: PicoUsd;
  /** Kept for an hour, where that is priced apart (Anthropic: twice the input). */
  readonly cacheWrite1h: PicoUsd;
  readonly reasoning: PicoUsd;
  readonly audioInput: PicoUsd;
  readonly audioCacheRead: PicoUsd;
  readonly audioOutput: PicoUsd;
  readonly imageOutput: PicoUsd;
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
    BigInt(usage.cacheReadTokens - usage.audioCacheReadTokens) * price.cacheRead +
    BigInt(usage.audioCacheReadTokens) * price.audioCacheRead +
    BigInt(usage.cacheWriteTokens - usage.cacheWrite1hTokens) * price.cacheWrite +
    BigInt(usage.cacheWrite1hTokens) * price.cacheWrite1h +
    BigInt(textOutputTokens(usage)) * price.output +
    BigInt(usage.reasoningTokens) * price.reasoning +
    BigInt(usage.audioOutputTokens) * price.audioOutput +
    BigInt(usage.imageOutputTokens) * price.imageOutput
  );
}

export interface DearestPrices {
  readonly input: PicoUsd;
  readonly output: PicoUsd;
}

/** Kinds that a request may use at most; the others need nothing asked for. */
export interface PossibleKinds {
  /** Something in it may be sound. */
  readonly audioInput: boolean;
  /** It asks for speech. */
  readonly audioOutput: boolean;
  /** The model may draw. */
  readonly imageOutput: boolean;
  /** It may ask to keep its prompt for an hour. */
  readonly cacheWrite1h: boolean;
}

/**
 * The most that one input token and one output token can cost: over the tiers that so much input can reach and over
 * every kind of token that the request may use.
 */
export function dearestPrices(
  prices: Prices,
  inputBoundTokens: number,
  possible: PossibleKinds,
): DearestPrices {
  const reachable = [prices, ...prices.tiers.filter((tier) => inputBoundTokens > tier.aboveInputTokens)];
  return {
    input: maxOf(0n, ...reachable.flatMap((tier) => inputPrices(tier, possible))),
    output: maxOf(0n, ...reachable.flatMap((tier) => outputPrices(tier, possible))),
  };
}

function inputPrices(price: TokenPrices, possible: PossibleKinds): PicoUsd[] {
  return [
    price.input,
    price.cacheRead,
    price.cacheWrite,
    ...(possible.cacheWrite1h ? [price.cacheWrite1h] : []),
    ...(possible.audioInput ? [price.audioInput, price.audioCacheRead] : []),
  ];
}

function outputPrices(price: TokenPrices, possible: PossibleKinds): PicoUsd[] {
  return [
    price.output,
    price.reasoning,
    ...(possible.audioOutput ? [price.audioOutput] : []),
    ...(possible.imageOutput ? [price.imageOutput] : []),
  ];
}
