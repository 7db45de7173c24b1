import fc from "fast-check";
import { expect, test } from "vitest";
import { costOf, dearestPrices, type PossibleKinds, type Prices } from "../../lambda/core/prices.ts";
import { isPlausible, NO_USAGE, totalInputTokens, type Usage } from "../../lambda/core/usage.ts";
import { TEST_PRICES } from "./test-model.ts";
import { anyPrices, anyUsage } from "./usage-arbitrary.ts";

/** Of TEST_PRICES: a cache write, and any output. */
const TEST_DEAREST = { input: 500_000n, output: 1_600_000n };

const PARTS = [
  "reasoningTokens",
  "audioInputTokens",
  "audioOutputTokens",
  "audioCacheReadTokens",
  "cacheWrite1hTokens",
  "imageOutputTokens",
];

/** The cost token by token, as one would do it by hand, with the tier looked up from the top. */
function naiveCost(usage: Usage, prices: Prices): bigint {
  const total = usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
  const tier = [...prices.tiers].reverse().find(({ aboveInputTokens }) => total > aboveInputTokens) ?? prices;
  let sum = 0n;
  sum += BigInt(usage.inputTokens) * tier.input;
  sum += BigInt(usage.audioInputTokens) * (tier.audioInput - tier.input);
  sum += BigInt(usage.cacheReadTokens) * tier.cacheRead + BigInt(usage.cacheWriteTokens) * tier.cacheWrite;
  sum += BigInt(usage.audioCacheReadTokens) * (tier.audioCacheRead - tier.cacheRead);
  sum += BigInt(usage.cacheWrite1hTokens) * (tier.cacheWrite1h - tier.cacheWrite);
  sum += BigInt(usage.outputTokens) * tier.output;
  sum += BigInt(usage.reasoningTokens) * (tier.reasoning - tier.output);
  sum += BigInt(usage.audioOutputTokens) * (tier.audioOutput - tier.output);
  sum += BigInt(usage.imageOutputTokens) * (tier.imageOutput - tier.output);
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

const EVERYTHING: PossibleKinds = {
  audioInput: true,
  audioOutput: true,
  imageOutput: true,
  cacheWrite1h: true,
};
const TEXT: PossibleKinds = {
  audioInput: false,
  audioOutput: false,
  imageOutput: false,
  cacheWrite1h: false,
};

/** The usage without the kinds that the request cannot use. */
function within(usage: Usage, possible: PossibleKinds): Usage {
  return {
    ...usage,
    ...(possible.audioInput ? {} : { audioInputTokens: 0, audioCacheReadTokens: 0 }),
    ...(possible.audioOutput ? {} : { audioOutputTokens: 0 }),
    ...(possible.imageOutput ? {} : { imageOutputTokens: 0 }),
    ...(possible.cacheWrite1h ? {} : { cacheWrite1hTokens: 0 }),
  };
}

const anyPossible: fc.Arbitrary<PossibleKinds> = fc.record({
  audioInput: fc.boolean(),
  audioOutput: fc.boolean(),
  imageOutput: fc.boolean(),
  cacheWrite1h: fc.boolean(),
});

test("Nothing within a hold's bounds costs more than the dearest prices say.", () => {
  fc.assert(
    fc.property(anyUsage, anyPrices, anyPossible, (usage, prices, possible) => {
      const used = within(usage, possible);
      const dearest = dearestPrices(prices, totalInputTokens(used), possible);
      const most =
        dearest.input * BigInt(totalInputTokens(used)) + dearest.output * BigInt(used.outputTokens);
      expect(costOf(used, prices)).toBeLessThanOrEqual(most);
    }),
    { numRuns: 1_000 },
  );
});

test("A tier that the input cannot reach does not make the hold dearer.", () => {
  const tiered = { ...TEST_PRICES, tiers: [{ ...TEST_PRICES, input: 9_000_000n, aboveInputTokens: 1_000 }] };
  expect(dearestPrices(tiered, 1_000, TEXT).input).toBe(500_000n);
  expect(dearestPrices(tiered, 1_001, TEXT).input).toBe(9_000_000n);
});

test.each<[keyof PossibleKinds, Partial<Prices>, "input" | "output"]>([
  ["cacheWrite1h", { cacheWrite1h: 10_000_000n }, "input"],
  ["audioInput", { audioInput: 10_000_000n }, "input"],
  ["audioInput", { audioCacheRead: 10_000_000n }, "input"],
  ["audioOutput", { audioOutput: 10_000_000n }, "output"],
  ["imageOutput", { imageOutput: 10_000_000n }, "output"],
])("A request that cannot use a dear kind (%s, %o) is not held at its price.", (kind, dear, side) => {
  const prices = { ...TEST_PRICES, ...dear };
  expect(dearestPrices(prices, 1_000, { ...TEXT, [kind]: true })[side]).toBe(10_000_000n);
  expect(dearestPrices(prices, 1_000, { ...EVERYTHING, [kind]: false })[side]).toBe(TEST_DEAREST[side]);
});

test("Reasoning needs nothing asked for: it is held at its price where that is dearer than the output's.", () => {
  expect(dearestPrices({ ...TEST_PRICES, reasoning: 10_000_000n }, 1_000, TEXT).output).toBe(10_000_000n);
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
  const whole = { ...NO_USAGE, inputTokens: 9, cacheReadTokens: 9, cacheWriteTokens: 9, outputTokens: 9 };
  for (const part of PARTS) {
    expect(isPlausible({ ...whole, [part]: 9 })).toBe(true);
    expect(isPlausible({ ...whole, [part]: 10 })).toBe(false);
  }
  const said = { reasoningTokens: 3, audioOutputTokens: 3, imageOutputTokens: 3 };
  expect(isPlausible({ ...whole, ...said })).toBe(true);
  expect(isPlausible({ ...whole, ...said, imageOutputTokens: 4 })).toBe(false);
});
