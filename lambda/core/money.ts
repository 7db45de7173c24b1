/** 10^-12 USD, the only unit money has inside. Amounts are exact: nothing here rounds. */
export type PicoUsd = bigint;

const DECIMALS = 12;
const PICO_PER_USD = 10n ** BigInt(DECIMALS);
const USD = /^(-?)(\d{1,15})(?:\.(\d{1,12}))?$/;

/**
 * Reads a decimal string in USD ("25", "-0.000000000001").
 * @throws RangeError that says which forms are allowed; exponents, signs other than "-" and more than 12 decimals are not.
 */
export function parseUsd(text: string): PicoUsd {
  const match = USD.exec(text);
  if (!match) {
    throw new RangeError(
      `"${text}" is not an amount in USD: write digits with at most 12 decimals, for example 25 or 0.40`,
    );
  }
  const [, sign, whole = "0", fraction = ""] = match;
  const pico = BigInt(whole) * PICO_PER_USD + BigInt(fraction.padEnd(DECIMALS, "0"));
  return sign ? -pico : pico;
}

/** Writes an exact decimal string in USD: no exponent, at least two decimals, no trailing zeros beyond them. */
export function formatUsd(pico: PicoUsd): string {
  const magnitude = pico < 0n ? -pico : pico;
  const fraction = (magnitude % PICO_PER_USD)
    .toString()
    .padStart(DECIMALS, "0")
    .replace(/0{1,10}$/, "");
  return `${pico < 0n ? "-" : ""}${magnitude / PICO_PER_USD}.${fraction}`;
}

const PER_MILLION_DECIMALS = 6;

/**
 * A price list's "USD per million tokens" as pico-USD per token: "0.075" is 75,000n.
 * One USD per million tokens is 10^12 / 10^6 pico-USD per token, so more than six decimals would not be whole.
 * @throws RangeError when the price is not a whole, non-negative number of pico-USD per token.
 */
export function parseUsdPerMillion(text: string): PicoUsd {
  const match = /^(\d{1,9})(?:\.(\d{1,6})0*)?$/.exec(text);
  if (!match) {
    throw new RangeError(`"${text}" is not a whole number of pico-USD per token: write at most six decimals`);
  }
  const [, whole = "0", fraction = ""] = match;
  return BigInt(whole + fraction.padEnd(PER_MILLION_DECIMALS, "0"));
}

export function formatUsdPerMillion(picoPerToken: PicoUsd): string {
  return formatUsd(picoPerToken * 1_000_000n);
}

/** Math.max for money. */
export function maxOf(first: PicoUsd, ...rest: PicoUsd[]): PicoUsd {
  let max = first;
  for (const value of rest) if (value > max) max = value;
  return max;
}

/** Math.min for money. */
export function minOf(first: PicoUsd, ...rest: PicoUsd[]): PicoUsd {
  let min = first;
  for (const value of rest) if (value < min) min = value;
  return min;
}
