import { dayAt, type Period } from "../core/report/period.ts";
import type { Grain, RollupRow, Rollups } from "../core/rollup.ts";

const DAY_MS = 86_400_000;
/** Each day is a query of its own: a few at a time. */
const AT_ONCE = 8;

/** Days of UTC, both inclusive. */
export function daysOf(from: Period, to: Period): string[] {
  const days: string[] = [];
  for (let atMs = from.fromMs; atMs <= to.fromMs; atMs += DAY_MS) days.push(dayAt(atMs).name);
  return days;
}

export function lastDays(count: number, nowMs: number): string[] {
  return daysOf(dayAt(nowMs - (count - 1) * DAY_MS), dayAt(nowMs));
}

/** Asks for each day, a few at a time. @returns the answers in order of the days. */
export async function forEachDay<T>(days: readonly string[], ask: (day: string) => Promise<T>): Promise<T[]> {
  const answers: T[] = [];
  for (let index = 0; index < days.length; index += AT_ONCE) {
    answers.push(...(await Promise.all(days.slice(index, index + AT_ONCE).map(ask))));
  }
  return answers;
}

/** An account's totals, in order of time. */
export async function usageRows(
  rollups: Rollups,
  accountId: string,
  days: readonly string[],
  grain: Grain,
): Promise<RollupRow[]> {
  const rows = await forEachDay(days, (day) =>
    Array.fromAsync(rollups.forAccount(accountId, day, day, grain)),
  );
  return rows.flat();
}
