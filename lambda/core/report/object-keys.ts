import type { Period } from "./period.ts";

export const REPORTS_PREFIX = "reports/";

/** Below this lies what the runs remember of themselves: no reports. */
export const STATE_PREFIX = `${REPORTS_PREFIX}state/`;
export const DAILY_STATE_PREFIX = `${STATE_PREFIX}daily/dt=`;

export function usageKey(period: Period, accountId: string): string {
  return `${REPORTS_PREFIX}${folderOf(period)}/${accountId}.csv`;
}

export function statementKey(period: Period, accountId: string, form: "csv" | "json"): string {
  return `${REPORTS_PREFIX}${folderOf(period)}/${accountId}.statement.${form}`;
}

export function summaryKey(period: Period): string {
  return `${REPORTS_PREFIX}${folderOf(period)}/summary.csv`;
}

export function stateKey(period: Period): string {
  return `${STATE_PREFIX}${folderOf(period)}.json`;
}

/** It is there once a run over the finished period has ended well. */
export function doneKey(period: Period): string {
  return `${STATE_PREFIX}${folderOf(period)}.done`;
}

function folderOf({ unit, name }: Period): string {
  return unit === "day" ? `daily/dt=${name}` : `monthly/month=${name}`;
}
