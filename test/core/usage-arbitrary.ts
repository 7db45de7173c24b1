import fc from "fast-check";
import type { Prices, PriceTier } from "../../lambda/core/prices.ts";
import type { Usage } from "../../lambda/core/usage.ts";

const count = fc.nat(2_000_000);
const price = fc.bigInt({ min: 0n, max: 200_000_000n });

/** Any usage that a provider can mean. */
export const anyUsage: fc.Arbitrary<Usage> = fc
  .record({
    inputTokens: count,
    cacheReadTokens: count,
    cacheWriteTokens: count,
    outputTokens: count,
    ofInput: fc.tuple(fc.nat(100), fc.nat(100), fc.nat(100)),
    // Parts of the output exclude each other.
    ofOutput: fc.tuple(fc.nat(34), fc.nat(33), fc.nat(33)),
  })
  .map(({ ofInput: [audioIn, audioCached, hour], ofOutput: [reasoning, audioOut, imageOut], ...tokens }) => ({
    ...tokens,
    reasoningTokens: Math.floor((tokens.outputTokens * reasoning) / 100),
    audioInputTokens: Math.floor((tokens.inputTokens * audioIn) / 100),
    audioOutputTokens: Math.floor((tokens.outputTokens * audioOut) / 100),
    audioCacheReadTokens: Math.floor((tokens.cacheReadTokens * audioCached) / 100),
    cacheWrite1hTokens: Math.floor((tokens.cacheWriteTokens * hour) / 100),
    imageOutputTokens: Math.floor((tokens.outputTokens * imageOut) / 100),
  }));

const tokenPrices = {
  input: price,
  output: price,
  cacheRead: price,
  cacheWrite: price,
  cacheWrite1h: price,
  reasoning: price,
  audioInput: price,
  audioCacheRead: price,
  audioOutput: price,
  imageOutput: price,
};

const anyTiers: fc.Arbitrary<PriceTier[]> = fc
  .uniqueArray(fc.record({ ...tokenPrices, aboveInputTokens: fc.nat(4_000_000) }), {
    maxLength: 3,
    selector: (tier) => tier.aboveInputTokens,
  })
  .map((tiers) => tiers.sort((a, b) => a.aboveInputTokens - b.aboveInputTokens));

export const anyPrices: fc.Arbitrary<Prices> = fc.record({ ...tokenPrices, tiers: anyTiers });
