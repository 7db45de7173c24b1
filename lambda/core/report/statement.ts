import { formatUsd, type PicoUsd } from "../money.ts";
import type { Figures } from "./figures.ts";

export interface StatementLine {
  readonly line:
    | "opening_balance"
    | "top_ups"
    | "usage"
    | "refunds"
    | "adjustments"
    | "fees"
    | "closing_balance";
  /** Of a line of usage. */
  readonly model?: string;
  readonly requests?: number;
  /** Negative where the balance fell. */
  readonly amountPicoUsd: PicoUsd;
}

/** How a month took an account from one balance to another: opening plus every line between equals closing. */
export interface Statement {
  readonly lines: readonly StatementLine[];
  /** What nothing was left to pay with. No balance moved by it. */
  readonly writeOffPicoUsd: PicoUsd;
  /** Paid on top of top-ups, less what went back. No balance moved by it. */
  readonly feesPaidPicoUsd: PicoUsd;
}

/** @param openingPicoUsd the sum of every entry before the month. */
export function statementOf(openingPicoUsd: PicoUsd, figures: Figures): Statement {
  const between: StatementLine[] = [
    { line: "top_ups", amountPicoUsd: figures.topUpsPicoUsd },
    // A top-up's fee is paid on top of it and never part of a balance; no entry deducts any.
    { line: "fees", amountPicoUsd: 0n },
    ...usageByModel(figures),
    { line: "refunds", amountPicoUsd: figures.refundsPicoUsd },
    { line: "adjustments", amountPicoUsd: figures.adjustmentsPicoUsd },
  ];
  const closingPicoUsd = between.reduce((sum, { amountPicoUsd }) => sum + amountPicoUsd, openingPicoUsd);
  return {
    lines: [
      { line: "opening_balance", amountPicoUsd: openingPicoUsd },
      ...between,
      { line: "closing_balance", amountPicoUsd: closingPicoUsd },
    ],
    writeOffPicoUsd: figures.writeOffPicoUsd,
    feesPaidPicoUsd: figures.feesPaidPicoUsd,
  };
}

function usageByModel({ usage }: Figures): StatementLine[] {
  const models = new Map<string, { requests: number; amountPicoUsd: PicoUsd }>();
  for (const { model, requests, costPicoUsd } of usage) {
    const known = models.get(model) ?? { requests: 0, amountPicoUsd: 0n };
    models.set(model, {
      requests: known.requests + requests,
      amountPicoUsd: known.amountPicoUsd - costPicoUsd,
    });
  }
  return [...models]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([model, sums]) => ({ line: "usage", model, ...sums }));
}

/** The statement as machines read it. Amounts are exact decimals in USD. */
export function statementView(accountId: string, month: string, statement: Statement) {
  const { lines, writeOffPicoUsd, feesPaidPicoUsd } = statement;
  const amountOf = (name: StatementLine["line"]) =>
    formatUsd(lines.find(({ line }) => line === name)?.amountPicoUsd ?? 0n);
  return {
    account_id: accountId,
    month,
    currency: "USD",
    opening_balance: amountOf("opening_balance"),
    top_ups: amountOf("top_ups"),
    fees: amountOf("fees"),
    usage: lines
      .filter(({ line }) => line === "usage")
      .map(({ model, requests, amountPicoUsd }) => ({ model, requests, amount: formatUsd(amountPicoUsd) })),
    refunds: amountOf("refunds"),
    adjustments: amountOf("adjustments"),
    closing_balance: amountOf("closing_balance"),
    write_offs: formatUsd(writeOffPicoUsd),
    fees_paid: formatUsd(feesPaidPicoUsd),
  };
}
