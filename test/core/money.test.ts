import fc from "fast-check";
import { expect, test } from "vitest";
import {
  formatUsd,
  formatUsdPerMillion,
  maxOf,
  minOf,
  parseUsd,
  parseUsdPerMillion,
} from "../../lambda/core/money.ts";

/** What `parseUsd` takes: 15 digits before the point, 12 after it. */
const LARGEST = 10n ** 27n - 1n;

test("An amount that is written and read again is the same, to the picodollar.", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -LARGEST, max: LARGEST }), (pico) => {
      expect(parseUsd(formatUsd(pico))).toBe(pico);
    }),
    { numRuns: 2_000 },
  );
});

test("An amount of any size is written without an exponent, with two to twelve decimals and no zeros to spare.", () => {
  fc.assert(
    fc.property(fc.bigInt(), (pico) => {
      const text = formatUsd(pico);
      expect(text).toMatch(/^-?(0|[1-9]\d*)\.(\d{2}|\d{2,11}[1-9])$/);
      const [whole = "", fraction = ""] = text.replace("-", "").split(".");
      expect(BigInt(whole + fraction.padEnd(12, "0"))).toBe(pico < 0n ? -pico : pico);
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  ["25", 25_000_000_000_000n],
  ["0.40", 400_000_000_000n],
  ["-0.000000000001", -1n],
  ["007.5", 7_500_000_000_000n],
  ["0", 0n],
])("%s USD is %s pico-USD.", (text, pico) => {
  expect(parseUsd(text)).toBe(pico);
});

test.each([
  "",
  " ",
  "1e3",
  "+1",
  "1.",
  ".5",
  "1,5",
  "0x10",
  "1.0000000000001",
  "Infinity",
  "NaN",
  "--1",
  " 1",
  "1 ",
  "1\n",
  "１",
  "1_000",
  "1".repeat(16),
])('As an amount "%s" is refused, with what is allowed.', (text) => {
  expect(() => parseUsd(text)).toThrow(RangeError);
  expect(() => parseUsd(text)).toThrow("12 decimals");
});

test("A price that is written and read again is the same.", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 15n - 1n }), (picoPerToken) => {
      expect(parseUsdPerMillion(formatUsdPerMillion(picoPerToken))).toBe(picoPerToken);
    }),
  );
});

test.each([
  ["0.075", 75_000n],
  ["0.000001", 1n],
  ["15", 15_000_000n],
  ["0.10000000000", 100_000n],
  ["0", 0n],
])("%s USD a million tokens is %s pico-USD a token.", (text, pico) => {
  expect(parseUsdPerMillion(text)).toBe(pico);
});

test.each(["0.0000001", "-1", "", "1e-6", "1.", "0.1234567", "free"])(
  'As a price "%s" is refused.',
  (text) => {
    expect(() => parseUsdPerMillion(text)).toThrow(RangeError);
  },
);

test("The largest and the smallest of amounts are among them and beyond none.", () => {
  fc.assert(
    fc.property(fc.bigInt(), fc.array(fc.bigInt()), (first, rest) => {
      const all = [first, ...rest];
      const [max, min] = [maxOf(first, ...rest), minOf(first, ...rest)];
      expect(all).toContain(max);
      expect(all).toContain(min);
      expect(all.every((amount) => min <= amount && amount <= max)).toBe(true);
    }),
  );
});
