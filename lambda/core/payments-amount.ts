import { formatUsd, type PicoUsd, parseUsd } from "./money.ts";
import { PaymentError, type TopUpQuote } from "./payments.ts";

/** Whole US cents: the smallest that a card can be charged with. */
export type Cents = bigint;

const PICO_PER_CENT = 10_000_000_000n;

export function picoOfCents(cents: Cents): PicoUsd {
  return cents * PICO_PER_CENT;
}

/** What the configuration says of top-ups; amounts are in USD and cents, the fee is a percentage. */
export interface TopUpTerms {
  readonly minimumTopUpUsd: string;
  readonly maximumTopUpUsd: string;
  readonly serviceFeePercent: string;
}

/** What a top-up costs: the credit, and the fee on top of it. */
export interface TopUpPrice {
  readonly creditCents: Cents;
  readonly feeCents: Cents;
}

/**
 * Prices what is to be credited.
 * @throws PaymentError `invalid_amount`: a fraction of a cent, below the minimum, above the maximum.
 */
export function priceTopUp(creditPicoUsd: PicoUsd, terms: TopUpTerms): TopUpPrice {
  const creditCents = wholeCents(creditPicoUsd);
  if (creditPicoUsd < parseUsd(terms.minimumTopUpUsd)) {
    throw refused(`the smallest top-up is ${formatUsd(parseUsd(terms.minimumTopUpUsd))} USD`);
  }
  if (creditPicoUsd > parseUsd(terms.maximumTopUpUsd)) {
    throw refused(`the largest top-up is ${formatUsd(parseUsd(terms.maximumTopUpUsd))} USD`);
  }
  return { creditCents, feeCents: feeOf(creditCents, terms.serviceFeePercent) };
}

/** @throws PaymentError `invalid_amount` for a fraction of a cent. */
export function wholeCents(picoUsd: PicoUsd): Cents {
  if (picoUsd % PICO_PER_CENT === 0n) return picoUsd / PICO_PER_CENT;
  throw refused(`${formatUsd(picoUsd)} USD has a fraction of a cent; write two decimals at most`);
}

function refused(why: string): PaymentError {
  return new PaymentError("invalid_amount", `This amount is not possible: ${why}.`);
}

/** Decimals that a percentage may have. */
const PERCENT_DECIMALS = 4;

/** Rounded down to the cent: in the customer's favour. */
function feeOf(creditCents: Cents, percent: string): Cents {
  const [whole = "0", decimals = ""] = percent.split(".");
  const scaled = BigInt(whole + decimals.padEnd(PERCENT_DECIMALS, "0"));
  return (creditCents * scaled) / (100n * 10n ** BigInt(PERCENT_DECIMALS));
}

export function totalCents({ creditCents, feeCents }: TopUpPrice): Cents {
  return creditCents + feeCents;
}

export function quoteOf(price: TopUpPrice): TopUpQuote {
  return {
    creditPicoUsd: picoOfCents(price.creditCents),
    feePicoUsd: picoOfCents(price.feeCents),
    totalPicoUsd: picoOfCents(totalCents(price)),
  };
}

/**
 * The part of a refunded or disputed amount that was credit; the rest of it was fee. Rounded down to the cent: what is
 * taken from a balance is never more than its part of what the customer got back.
 */
export function creditPart(price: TopUpPrice, returnedCents: Cents): Cents {
  return (returnedCents * price.creditCents) / totalCents(price);
}

/**
 * What is paid back for a part of the credit: the fee follows in proportion, rounded up to the cent. `creditPart` of the
 * result is the credit again.
 */
export function refundFor(price: TopUpPrice, creditCents: Cents): Cents {
  return (creditCents * totalCents(price) + price.creditCents - 1n) / price.creditCents;
}
