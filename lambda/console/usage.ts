import { stringify } from "csv-stringify/sync";
import type { z } from "zod";
import type { Catalog } from "../core/catalog.ts";
import { formatUsd, maxOf, type PicoUsd } from "../core/money.ts";
import { dayAt, dayNamed, type Period } from "../core/report/period.ts";
import type { RollupRow } from "../core/rollup.ts";
import type { Console } from "./console.ts";
import { ConsoleError } from "./errors.ts";
import type { UsageQuery } from "./inputs.ts";
import { daysOf, usageRows } from "./recent-usage.ts";
import type { UsageFigures, UsageRow, UsageView } from "./usage-views.ts";

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 30;
/** Each day is a query. */
const MOST_DAYS = { day: 366, hour: 31 };

/**
 * An account's usage from the rollups, which follow the ledger within seconds.
 * @throws ConsoleError `invalid_request` that names the parameter.
 */
export async function usageOf(
  console: Console,
  accountId: string,
  query: z.output<typeof UsageQuery>,
): Promise<UsageView> {
  const { grain, group_by } = query;
  const { from, to } = readRange(query, console.nowMs(), MOST_DAYS[grain]);
  const rows = await usageRows(console.rollups, accountId, daysOf(from, to), grain);
  const groups = Map.groupBy(rows, (row) => `${row.period} ${groupOf(row, group_by)}`);
  return {
    from: from.name,
    to: to.name,
    grain,
    group_by,
    rows: [...groups.values()].map((group) => ({
      period: group[0]?.period ?? "",
      group: group[0] ? groupOf(group[0], group_by) : "",
      ...figuresOf(group, console.catalog),
    })),
    total: figuresOf(rows, console.catalog),
    names: group_by === "key" ? await keyNames(console, accountId) : {},
  };
}

/** The same as a file for a spreadsheet. */
export function usageCsv({ rows, names }: UsageView): string {
  const columns = ["period", "group", "name", ...FIGURES];
  return stringify([
    columns,
    ...rows.map((row) => [
      row.period,
      row.group,
      harmless(names[row.group] ?? ""),
      ...FIGURES.map((name) => row[name]),
    ]),
  ]);
}

const FIGURES = [
  "requests",
  "failures",
  "input_tokens",
  "cache_read_tokens",
  "cache_write_tokens",
  "output_tokens",
  "reasoning_tokens",
  "cost",
  "cache_savings",
] as const satisfies readonly (keyof UsageRow)[];

/** A name that a person chose must not be run as a formula by another one's spreadsheet. */
function harmless(name: string): string {
  return /^[=+\-@\t\r]/.test(name) ? `'${name}` : name;
}

/** @throws ConsoleError `invalid_request` */
export function readRange(
  { from: fromName, to: toName }: { from?: string | undefined; to?: string | undefined },
  nowMs: number,
  mostDays: number,
): { from: Period; to: Period } {
  const to = toName === undefined ? dayAt(nowMs) : dayNamed(toName);
  if (!to) throw refused("to", "a day of the calendar, such as 2026-11-23");
  const from =
    fromName === undefined
      ? dayAt(to.fromMs - (Math.min(DEFAULT_DAYS, mostDays) - 1) * DAY_MS)
      : dayNamed(fromName);
  if (!from) throw refused("from", "a day of the calendar, such as 2026-11-23");
  if (from.fromMs > to.fromMs) throw refused("from", `a day that is not after ${to.name}`);
  if (to.endMs - from.fromMs > mostDays * DAY_MS) throw refused("from", `at most ${mostDays} days at once`);
  return { from, to };
}

function refused(param: string, expected: string): ConsoleError {
  return new ConsoleError("invalid_request", `${param}: Expected ${expected}.`, { param });
}

function groupOf(row: RollupRow, by: "model" | "key" | "none"): string {
  switch (by) {
    case "model":
      return row.model;
    case "key":
      return row.keyId;
    case "none":
      return "";
  }
}

function figuresOf(rows: readonly RollupRow[], catalog: Catalog): UsageFigures {
  const sum = (count: (row: RollupRow) => number) => rows.reduce((total, row) => total + count(row), 0);
  const money = (amount: (row: RollupRow) => PicoUsd) =>
    formatUsd(rows.reduce((total, row) => total + amount(row), 0n));
  return {
    requests: sum((row) => row.requests),
    failures: sum((row) => row.failures),
    input_tokens: sum((row) => row.inputTokens),
    cache_read_tokens: sum((row) => row.cacheReadTokens),
    cache_write_tokens: sum((row) => row.cacheWriteTokens),
    output_tokens: sum((row) => row.outputTokens),
    reasoning_tokens: sum((row) => row.reasoningTokens),
    cost: money((row) => row.costPicoUsd),
    cache_savings: money((row) => savingsOf(row, catalog)),
  };
}

function savingsOf({ model, cacheReadTokens }: RollupRow, catalog: Catalog): PicoUsd {
  const prices = catalog.models.get(model)?.prices;
  return prices ? BigInt(cacheReadTokens) * maxOf(0n, prices.input - prices.cacheRead) : 0n;
}

export async function keyNames({ keys }: Console, accountId: string): Promise<Record<string, string>> {
  const found = await Array.fromAsync(keys.list(accountId));
  return Object.fromEntries(found.map(({ keyId, name }) => [keyId, name]));
}
