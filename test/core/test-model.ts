import type { Model } from "../../lambda/core/catalog.ts";
import type { Prices } from "../../lambda/core/prices.ts";

/** 0.40 and 1.60 USD per million tokens. */
export const TEST_PRICES: Prices = {
  input: 400_000n,
  output: 1_600_000n,
  cacheRead: 100_000n,
  cacheWrite: 500_000n,
  cacheWrite1h: 500_000n,
  reasoning: 1_600_000n,
  audioInput: 400_000n,
  audioCacheRead: 100_000n,
  audioOutput: 1_600_000n,
  imageOutput: 1_600_000n,
  tiers: [],
};

export function testModel(changes: Partial<Model> = {}): Model {
  return {
    id: "demo/test",
    ownedBy: "test",
    contextWindow: 128_000,
    maxOutputTokens: 16_384,
    inputModalities: ["text"],
    outputModalities: ["text"],
    prices: TEST_PRICES,
    routes: [],
    ...changes,
  };
}
