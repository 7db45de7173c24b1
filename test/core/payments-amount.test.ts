import { expect, test } from "vitest";
import { parseUsd } from "../../lambda/core/money.ts";
import { creditPart, priceTopUp, refundFor, totalCents } from "../../lambda/core/payments-amount.ts";

const TERMS = { minimumTopUpUsd: "10", maximumTopUpUsd: "1000", serviceFeePercent: "5" };

test.each(["10", "10.01", "999.99", "1000"])("a top-up of %s USD is taken", (usd) => {
  expect(priceTopUp(parseUsd(usd), TERMS).creditCents * 10_000_000_000n).toBe(parseUsd(usd));
});

test.each(["0", "9.99", "1000.01"])("a top-up of %s USD is not", (usd) => {
  expect(() => priceTopUp(parseUsd(usd), TERMS)).toThrow("This amount is not possible");
});

test("what is paid back for any part of a credit is the least that is worth it, and never more than was paid", () => {
  for (const serviceFeePercent of ["0", "5", "2.9", "12.3456"]) {
    for (let cents = 1_000n; cents < 1_040n; cents += 1n) {
      const price = priceTopUp(cents * 10_000_000_000n, { ...TERMS, serviceFeePercent });
      let before = 0n;
      for (let part = 1n; part <= price.creditCents; part += 1n) {
        const returned = refundFor(price, part);
        const isLeast = creditPart(price, returned) === part && creditPart(price, returned - 1n) < part;
        if (!isLeast || returned <= before) expect.fail(`${part} of ${cents} cents: ${returned}`);
        before = returned;
      }
      expect(before).toBe(totalCents(price));
    }
  }
});
