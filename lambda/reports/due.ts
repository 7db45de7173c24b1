import type { ObjectStore } from "../core/ports.ts";
import { DAILY_STATE_PREFIX, doneKey } from "../core/report/object-keys.ts";
import { dayAt, monthAt, type Period, previous } from "../core/report/period.ts";
import { doneAtMs } from "./run-state.ts";

/** Late entries come within hours, if at all. */
const DAYS_OF_LATE_ENTRIES = 2;
/** How far back a schedule that was off catches up. */
const MOST_DAYS = 31;
const DAY_LENGTH = "2026-11-23".length;

/**
 * What the schedule has to report on now: the two days before today, in which late entries may have come; days before
 * them that were missed, since the first that is known; and the last month, once a day while it may have late entries.
 */
export async function duePeriods(objects: ObjectStore, nowMs: number): Promise<Period[]> {
  const due: Period[] = [];
  const known = await dailyStateKeys(objects);
  const firstDay = [...known][0]?.slice(DAILY_STATE_PREFIX.length, DAILY_STATE_PREFIX.length + DAY_LENGTH);
  let day = dayAt(nowMs);
  for (let daysBack = 1; daysBack <= MOST_DAYS; daysBack++) {
    day = previous(day);
    const isMissed = firstDay !== undefined && day.name >= firstDay && !known.has(doneKey(day));
    if (daysBack <= DAYS_OF_LATE_ENTRIES || isMissed) due.push(day);
  }
  const month = previous(monthAt(nowMs));
  return (await isMonthDue(objects, month, nowMs)) ? [...due, month] : due;
}

/** In order of days. */
async function dailyStateKeys(objects: ObjectStore): Promise<ReadonlySet<string>> {
  const keys = new Set<string>();
  for await (const { key } of objects.list(DAILY_STATE_PREFIX)) keys.add(key);
  return keys;
}

async function isMonthDue(objects: ObjectStore, month: Period, nowMs: number): Promise<boolean> {
  const doneAt = await doneAtMs(objects, month);
  if (doneAt === undefined) return true;
  const isYoung = new Date(nowMs).getUTCDate() <= 1 + DAYS_OF_LATE_ENTRIES;
  return isYoung && doneAt < dayAt(nowMs).fromMs;
}
