import fc from "fast-check";
import { expect, test } from "vitest";
import { costOf, dearestPrices, type Prices } from "../../lambda/core/prices.ts";
import { isPlausible, NO_USAGE, totalInputTokens, type Usage } from "../../lambda/core/usage.ts";
import { TEST_PRICES } from "./test-model.ts";
import { anyPrices, anyUsage } from "./usage-arbitrary.ts";

/** The cost token by token, as one would do it by hand, with the tier looked up from the top. */
function naiveCost(usage: Usage, prices: Prices): bigint {
  const total = usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
  const tier = [...prices.tiers].reverse().find(({ aboveInputTokens }) => total > aboveInputTokens) ?? prices;
  let sum = 0n;
  sum += BigInt(usage.inputTokens) * tier.input;
  sum += BigInt(usage.audioInputTokens) * (tier.audioInput - tier.input);
  sum += BigInt(usage.cacheReadTokens) * tier.cacheRead + BigInt(usage.cacheWriteTokens) * tier.cacheWrite;
  sum += BigInt(usage.outputTokens) * tier.output;
  sum += BigInt(usage.audioOutputTokens) * (tier.audioOutput - tier.output);
  return sum;
}

test("A cost is the exact sum of tokens times price, in the tier that all the input reaches.", () => {
  fc.assert(
    fc.property(anyUsage, anyPrices, (usage, prices) => {
      expect(costOf(usage, prices)).toBe(naiveCost(usage, prices));
    }),
    { numRuns: 1_000 },
  );
});

test("A thousand tokens in and a hundred out, a part of them cached, cost what the price list says.", () => {
  const usage = { ...NO_USAGE, inputTokens: 600, cacheReadTokens: 400, outputTokens: 100 };
  // 600 x 0.40 + 400 x 0.10 + 100 x 1.60 USD a million
  expect(costOf(usage, TEST_PRICES)).toBe(440_000_000n);
  expect(costOf(NO_USAGE, TEST_PRICES)).toBe(0n);
});

test("A tier prices the whole request, from the first token above its threshold on, cached ones counted.", () => {
  const tiered = { ...TEST_PRICES, tiers: [{ ...TEST_PRICES, input: 800_000n, aboveInputTokens: 1_000 }] };
  const at = { ...NO_USAGE, inputTokens: 999, cacheReadTokens: 1 };
  expect(costOf(at, tiered)).toBe(999n * 400_000n + 100_000n);
  expect(costOf({ ...at, cacheReadTokens: 2 }, tiered)).toBe(999n * 800_000n + 200_000n);
});

test("Nothing within a hold's bounds costs more than the dearest prices say.", () => {
  fc.assert(
    fc.property(anyUsage, anyPrices, fc.boolean(), (usage, prices, audioOutput) => {
      const used = audioOutput ? usage : { ...usage, audioOutputTokens: 0 };
      const dearest = dearestPrices(prices, totalInputTokens(used), audioOutput);
      const most =
        dearest.input * BigInt(totalInputTokens(used)) + dearest.output * BigInt(used.outputTokens);
      expect(costOf(used, prices)).toBeLessThanOrEqual(most);
    }),
    { numRuns: 1_000 },
  );
});

test("A tier that the input cannot reach does not make the hold dearer.", () => {
  const tiered = { ...TEST_PRICES, tiers: [{ ...TEST_PRICES, input: 9_000_000n, aboveInputTokens: 1_000 }] };
  expect(dearestPrices(tiered, 1_000, false).input).toBe(500_000n);
  expect(dearestPrices(tiered, 1_001, false).input).toBe(9_000_000n);
});

test("A usage that a provider can mean is plausible; a negative, fractional or impossible count is not.", () => {
  fc.assert(fc.property(anyUsage, (usage) => isPlausible(usage)));
  const kinds = fc.constantFrom(...Object.keys(NO_USAGE));
  const absurd = fc.constantFrom(-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53);
  fc.assert(
    fc.property(anyUsage, kinds, absurd, (usage, kind, count) => {
      expect(isPlausible({ ...usage, [kind]: count })).toBe(false);
    }),
  );
  for (const part of ["reasoningTokens", "audioInputTokens", "audioOutputTokens"]) {
    expect(isPlausible({ ...NO_USAGE, [part]: 1 })).toBe(false);
  }
});
