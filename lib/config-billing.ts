/** What top-ups may be and cost. Rules of these amounts: lambda/core/payments-amount.ts. */
import { fields, text, wholeNumber } from "./config-fields.ts";

const USD_FORM = 'USD and cents as a string, such as "10"';
const usd = () => text(/^\d{1,9}(\.\d{1,2})?$/, USD_FORM);

/** Stripe takes eight digits of cents. */
const LARGEST_CENTS = 99_999_999;
/** Stripe's smallest charge in USD. */
const SMALLEST_CENTS = 50;

export const Billing = fields({
  minimumTopUpUsd: usd().default("10"),
  /** Of one top-up, before its fee. */
  maximumTopUpUsd: usd().default("1000"),
  serviceFeePercent: text(/^(\d{1,2}(\.\d{1,4})?|100)$/, 'a percentage as a string, such as "5"').default(
    "5",
  ),
  /** The most that any account may have made automatically in a day; its owner may want fewer. */
  autoTopUpsPerDay: wholeNumber("a number of automatic top-ups").default(5),
}).superRefine(({ minimumTopUpUsd, maximumTopUpUsd }, context) => {
  const [minimum, maximum] = [centsOf(minimumTopUpUsd), centsOf(maximumTopUpUsd)];
  const problem = (field: string, message: string) =>
    context.addIssue({ code: "custom", message, path: [field] });
  if (minimum < SMALLEST_CENTS) problem("minimumTopUpUsd", "at least 0.50, the smallest that Stripe charges");
  if (maximum < minimum) problem("maximumTopUpUsd", `at least minimumTopUpUsd, ${minimumTopUpUsd}`);
  // With a fee of 100 % twice as much is paid.
  if (maximum > LARGEST_CENTS / 2)
    problem("maximumTopUpUsd", "at most 499999.99, half of what Stripe charges");
});

/** Whole numbers below 2^53: nine digits and two decimals. */
function centsOf(usdAmount: string): number {
  const [dollars = "0", cents = ""] = usdAmount.split(".");
  return Number(dollars + cents.padEnd(2, "0"));
}
