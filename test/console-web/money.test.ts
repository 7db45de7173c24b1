import fc from "fast-check";
import { expect, test } from "vitest";
import {
  compareDescending,
  formatCents,
  formatMoney,
  isNegative,
  isZero,
  percentOf,
  sum,
  typedAmount,
} from "../../lambda/console/web/money.ts";
import { formatUsd, parseUsd } from "../../lambda/core/money.ts";

test.each([
  ["0.00", "$0.00"],
  ["25.00", "$25.00"],
  ["1234567.5", "$1,234,567.50"],
  ["0.000000000001", "$0.000000000001"],
  ["-1.505", "−$1.505"],
  ["9007199254740993.12", "$9,007,199,254,740,993.12"],
])("%s is shown as %s, to the last digit", (amount, shown) => {
  expect(formatMoney(amount)).toBe(shown);
});

test("an amount in cents never shows more than there is", () => {
  expect(formatCents("24.999999999999")).toBe("$24.99");
});

test("what is shown can be read back as the very amount", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 26n), max: 10n ** 26n }), (pico) => {
      const shown = formatMoney(formatUsd(pico));
      const read = shown.replaceAll(",", "").replace("$", "").replace("−", "-");
      return parseUsd(read) === pico;
    }),
  );
});

test("sums are exact where floating-point numbers are not", () => {
  expect(sum(["0.1", "0.2", "-0.3"])).toBe("0.00");
  expect(sum(["900719925474099", "0.000000000001"])).toBe("900719925474099.000000000001");
  expect(sum([])).toBe("0.00");
});

test("signs and order are those of the exact amounts", () => {
  expect(isZero("0.000000000000")).toBe(true);
  expect(isZero("0.000000000001")).toBe(false);
  expect(isNegative("-0.000000000001")).toBe(true);
  expect(["1.00", "10.00", "1.000000000001"].sort(compareDescending)).toEqual([
    "10.00",
    "1.000000000001",
    "1.00",
  ]);
});

test("a bar is never longer than its frame", () => {
  expect(percentOf("5.00", "20.00")).toBe(25);
  expect(percentOf("25.00", "20.00")).toBe(100);
  expect(percentOf("-1.00", "20.00")).toBe(0);
  expect(percentOf("1.00", "0.00")).toBe(0);
});

test.each([
  [" $1,250.50 ", "1250.50"],
  ["10", "10"],
  ["1,5", "1,5"],
  ["ten", "ten"],
])("typed %j is sent as %j: what it could mean is not guessed", (typed, sent) => {
  expect(typedAmount(typed)).toBe(sent);
});
