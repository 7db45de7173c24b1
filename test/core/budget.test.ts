import fc from "fast-check";
import { expect, test } from "vitest";
import { affordableOffer, firstOffer, type Quote, quote, shortfall } from "../../lambda/core/budget.ts";
import { costOf } from "../../lambda/core/prices.ts";
import { NO_USAGE } from "../../lambda/core/usage.ts";
import { TEST_PRICES, testModel } from "./test-model.ts";

const anyQuote: fc.Arbitrary<Quote> = fc
  .record({
    prices: fc.record({
      input: fc.bigInt({ min: 0n, max: 20_000_000n }),
      output: fc.bigInt({ min: 0n, max: 80_000_000n }),
    }),
    inputBoundTokens: fc.nat(1_000_000),
    tighter: fc.nat(100),
    outputCapTokens: fc.integer({ min: 1, max: 200_000 }),
    capIsExplicit: fc.boolean(),
    choices: fc.integer({ min: 1, max: 8 }),
  })
  .map(({ tighter, ...quoted }) => ({
    ...quoted,
    inputEstimateTokens: Math.floor((quoted.inputBoundTokens * tighter) / 100),
  }));

const anySpendable = fc.oneof(
  fc.bigInt({ min: 0n, max: 10n ** 7n }),
  fc.bigInt({ min: 0n, max: 10n ** 12n }),
  fc.bigInt({ min: 0n, max: 10n ** 15n }),
);

const worth = (quoted: Quote, inputTokens: number, outputTokens: number) =>
  quoted.prices.input * BigInt(inputTokens) +
  quoted.prices.output * BigInt(outputTokens) * BigInt(quoted.choices);

test("The first offer covers the worst case and, without a cap of the client's, leaves as much again.", () => {
  fc.assert(
    fc.property(anyQuote, (quoted) => {
      const offer = firstOffer(quoted);
      expect(offer.amountPicoUsd).toBe(worth(quoted, quoted.inputBoundTokens, quoted.outputCapTokens));
      expect(offer.outputCapTokens).toBe(quoted.outputCapTokens);
      expect(offer.requiredPicoUsd).toBe(offer.amountPicoUsd * (quoted.capIsExplicit ? 1n : 2n));
    }),
  );
});

test("A cap that the client named is never changed.", () => {
  fc.assert(
    fc.property(anyQuote, anySpendable, (quoted, spendable) => {
      const offer = affordableOffer({ ...quoted, capIsExplicit: true }, spendable);
      if (offer) expect(offer.outputCapTokens).toBe(quoted.outputCapTokens);
    }),
    { numRuns: 1_000 },
  );
});

test("An offer never exceeds what is spendable, has a cap of at least one and pays for all of it.", () => {
  fc.assert(
    fc.property(anyQuote, anySpendable, (quoted, spendable) => {
      const offer = affordableOffer(quoted, spendable);
      if (!offer) return;
      expect(offer.amountPicoUsd).toBeLessThanOrEqual(spendable);
      expect(offer.requiredPicoUsd).toBe(offer.amountPicoUsd);
      expect(offer.outputCapTokens).toBeGreaterThanOrEqual(1);
      expect(offer.outputCapTokens).toBeLessThanOrEqual(quoted.outputCapTokens);
      expect(offer.amountPicoUsd).toBeGreaterThanOrEqual(
        worth(quoted, quoted.inputEstimateTokens, offer.outputCapTokens),
      );
    }),
    { numRuns: 2_000 },
  );
});

test("Without a cap an offer leaves half for others, unless 4,096 tokens' worth needs more.", () => {
  fc.assert(
    fc.property(anyQuote, anySpendable, (quoted, spendable) => {
      const offer = affordableOffer({ ...quoted, capIsExplicit: false }, spendable);
      if (!offer) return;
      const floor = worth(quoted, quoted.inputBoundTokens, Math.min(4_096, quoted.outputCapTokens));
      expect(offer.amountPicoUsd <= spendable / 2n || offer.amountPicoUsd <= floor).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

test("There is no offer only where the estimate and one token, or the named cap, are not affordable.", () => {
  fc.assert(
    fc.property(anyQuote, anySpendable, (quoted, spendable) => {
      const least = worth(
        quoted,
        quoted.inputEstimateTokens,
        quoted.capIsExplicit ? quoted.outputCapTokens : 1,
      );
      expect(affordableOffer(quoted, spendable) !== undefined).toBe(least <= spendable);
    }),
    { numRuns: 2_000 },
  );
});

test("The message of a 402 names a cap that is affordable, and the next one is not.", () => {
  fc.assert(
    fc.property(anyQuote, anySpendable, (quoted, spendable) => {
      const { affordableOutputTokens: cap, requiredPicoUsd } = shortfall(quoted, spendable);
      if (cap > 0) expect(worth(quoted, quoted.inputEstimateTokens, cap)).toBeLessThanOrEqual(spendable);
      if (cap < quoted.outputCapTokens) {
        expect(worth(quoted, quoted.inputEstimateTokens, cap + 1)).toBeGreaterThan(spendable);
      }
      expect(requiredPicoUsd <= spendable).toBe(affordableOffer(quoted, spendable) !== undefined);
    }),
    { numRuns: 1_000 },
  );
});

test("A free model is offered whole on an empty balance.", () => {
  const free = { prices: { input: 0n, output: 0n }, inputBoundTokens: 9, inputEstimateTokens: 3, choices: 1 };
  for (const capIsExplicit of [true, false]) {
    const quoted = { ...free, outputCapTokens: 77, capIsExplicit };
    expect(firstOffer(quoted).requiredPicoUsd).toBe(0n);
    expect(affordableOffer(quoted, 0n)).toEqual({
      amountPicoUsd: 0n,
      outputCapTokens: 77,
      requiredPicoUsd: 0n,
    });
  }
});

const HELLO = {
  bodyBytes: 80,
  messages: [{ content: "hello" }],
  choices: 1,
  audioOutput: false,
  cacheWrite1h: false,
};

test("A quote caps the output at what was asked, the model's maximum and the room in its window.", () => {
  const model = testModel({ contextWindow: 8_000, maxOutputTokens: 4_000 });
  expect(quote({ ...HELLO, requestedOutputTokens: 50 }, model)).toMatchObject({
    outputCapTokens: 50,
    capIsExplicit: true,
  });
  expect(quote({ ...HELLO, requestedOutputTokens: 9_999 }, model).outputCapTokens).toBe(4_000);
  expect(quote(HELLO, model)).toMatchObject({ outputCapTokens: 4_000, capIsExplicit: false });
  const small = testModel({ contextWindow: 1_000, maxOutputTokens: 4_000 });
  const { inputEstimateTokens, outputCapTokens } = quote(HELLO, small);
  expect(outputCapTokens).toBe(1_000 - inputEstimateTokens);
});

test("A quote's worst case covers everything the model may bill within it, in every tier it can reach.", () => {
  const tier = { ...TEST_PRICES, input: 900_000n, output: 9_000_000n, aboveInputTokens: 500 };
  const model = testModel({ prices: { ...TEST_PRICES, tiers: [tier] } });
  const quoted = quote({ ...HELLO, choices: 3, requestedOutputTokens: 100 }, model);
  const worst = { ...NO_USAGE, inputTokens: quoted.inputBoundTokens, outputTokens: 300 };
  expect(firstOffer(quoted).amountPicoUsd).toBeGreaterThanOrEqual(costOf(worst, model.prices));
});
