/** Amounts arrive as exact decimals in USD and stay so: nothing here makes a floating-point number of one, charts aside. */
import { formatUsd, parseUsd } from "../../core/money.ts";

/** An amount cut for the eye: `-`, `$1,234.56` and the digits after the cents. Together they are the exact amount. */
export interface MoneyParts {
  readonly sign: "" | "−";
  readonly main: string;
  readonly rest: string;
}

export function moneyParts(amount: string): MoneyParts {
  const negative = amount.startsWith("-");
  const [whole = "0", fraction = ""] = (negative ? amount.slice(1) : amount).split(".");
  const cents = fraction.padEnd(2, "0").slice(0, 2);
  return {
    sign: negative ? "−" : "",
    main: `$${whole.replace(/\B(?=(\d{3})+$)/g, ",")}.${cents}`,
    rest: fraction.slice(2).replace(/0+$/, ""),
  };
}

export function formatMoney(amount: string): string {
  const { sign, main, rest } = moneyParts(amount);
  return sign + main + rest;
}

/** For a plan, not for a record: cents, cut off rather than rounded, so that it never shows more than there is. */
export function formatCents(amount: string): string {
  const { sign, main } = moneyParts(amount);
  return sign + main;
}

export function isZero(amount: string): boolean {
  return parseUsd(amount) === 0n;
}

export function isNegative(amount: string): boolean {
  return parseUsd(amount) < 0n;
}

export function sum(amounts: readonly string[]): string {
  return formatUsd(amounts.reduce((total, amount) => total + parseUsd(amount), 0n));
}

/** For sorting: the larger first. */
export function compareDescending(a: string, b: string): number {
  const difference = parseUsd(b) - parseUsd(a);
  return difference > 0n ? 1 : difference < 0n ? -1 : 0;
}

/** `part` of `whole` in percent, for a bar's length. */
export function percentOf(part: string, whole: string): number {
  const total = parseUsd(whole);
  if (total <= 0n) return 0;
  const permille = Number((parseUsd(part) * 1_000n) / total);
  return Math.min(100, Math.max(0, permille / 10));
}

/** How high a bar is drawn, and nothing else: the figures beside it are exact. */
export function heightOf(amount: string): number {
  return Number(amount);
}

/** What people type as an amount: `$1,250.5` is `1250.5`. Anything else stays as it is, for the API to explain. */
export function typedAmount(text: string): string {
  return text
    .trim()
    .replace(/^\$\s*/, "")
    .replace(/,(?=\d{3}(\D|$))/g, "");
}
