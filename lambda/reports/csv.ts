import { stringify } from "csv-stringify/sync";
import { formatUsd } from "../core/money.ts";
import type { Figures, UsageRow } from "../core/report/figures.ts";
import { totalUsage } from "../core/report/figures.ts";
import type { Period } from "../core/report/period.ts";
import type { Statement } from "../core/report/statement.ts";

const FIGURES = [
  "requests",
  "failures",
  "input_tokens",
  "cache_read_tokens",
  "cache_write_tokens",
  "output_tokens",
  "reasoning_tokens",
  "cost_usd",
] as const;

/** The columns after the day or month, in the order that is published in docs/reports.md. */
const USAGE_COLUMNS = ["account_id", "key_id", "key_name", "model", "provider", ...FIGURES];

const SUMMARY_COLUMNS = [
  "account_id",
  "account_name",
  "entries",
  ...FIGURES,
  "top_ups_usd",
  "refunds_usd",
  "adjustments_usd",
  "write_off_usd",
  "fees_paid_usd",
  "suspense_usd",
  "partial",
];

/** @param keyNames by key id. */
export function usageCsv(
  period: Period,
  accountId: string,
  usage: readonly UsageRow[],
  keyNames: ReadonlyMap<string, string>,
): Uint8Array {
  const rows = usage.map((row) => [
    period.name,
    accountId,
    row.keyId,
    harmless(keyNames.get(row.keyId) ?? ""),
    row.model,
    row.provider,
    ...figureCells(row),
  ]);
  return csv([period.unit, ...USAGE_COLUMNS], rows);
}

/** An account's line in the summary, as cells. */
export function summaryRow(
  period: Period,
  account: { readonly accountId: string; readonly name: string },
  figures: Figures,
  partial: boolean,
): string[] {
  return [
    period.name,
    account.accountId,
    harmless(account.name),
    String(figures.entries),
    ...figureCells(totalUsage(figures.usage)),
    formatUsd(figures.topUpsPicoUsd),
    formatUsd(figures.refundsPicoUsd),
    formatUsd(figures.adjustmentsPicoUsd),
    formatUsd(figures.writeOffPicoUsd),
    formatUsd(figures.feesPaidPicoUsd),
    formatUsd(figures.possibleCostPicoUsd),
    String(partial),
  ];
}

export function summaryCsv(period: Period, rows: readonly (readonly string[])[]): Uint8Array {
  return csv([period.unit, ...SUMMARY_COLUMNS], rows);
}

export function statementCsv(month: string, accountId: string, statement: Statement): Uint8Array {
  const rows = statement.lines.map(({ line, model = "", requests, amountPicoUsd }) => [
    month,
    accountId,
    line,
    model,
    requests === undefined ? "" : String(requests),
    formatUsd(amountPicoUsd),
  ]);
  const beside = [
    ["write_offs", statement.writeOffPicoUsd] as const,
    ["fees_paid", statement.feesPaidPicoUsd] as const,
  ].map(([line, amountPicoUsd]) => [month, accountId, line, "", "", formatUsd(amountPicoUsd)]);
  return csv(["month", "account_id", "line", "model", "requests", "amount_usd"], [...rows, ...beside]);
}

function figureCells(row: UsageRow): string[] {
  return [
    String(row.requests),
    String(row.failures),
    String(row.inputTokens),
    String(row.cacheReadTokens),
    String(row.cacheWriteTokens),
    String(row.outputTokens),
    String(row.reasoningTokens),
    formatUsd(row.costPicoUsd),
  ];
}

/** A name that a customer chose must not be run as a formula by the operator's spreadsheet. */
function harmless(name: string): string {
  return /^[=+\-@\t\r]/.test(name) ? `'${name}` : name;
}

function csv(columns: readonly string[], rows: readonly (readonly string[])[]): Uint8Array {
  return new TextEncoder().encode(stringify([columns, ...rows]));
}
