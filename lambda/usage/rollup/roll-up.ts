import type { UsageSettled } from "../../core/events.ts";
import type { EntriesReader } from "../../core/ports.ts";
import { dayOf, daysOf, hourOf, type RollupKeeper, tallyHour, timesOfHour } from "../../core/rollup.ts";

export interface RollupWorld {
  readonly ledger: EntriesReader;
  readonly rollups: RollupKeeper;
}

/** Why an event has to come again, by its entry's id. */
export type Unfinished = ReadonlyMap<string, unknown>;

/**
 * Brings the totals of the events' hours and days up to date, each hour and day once. What an event says is only which
 * hour has changed: the totals are computed from the ledger, so repetitions, order and replays make no difference.
 *
 * The ledger is read through an index that runs a moment behind. So a computation counts for an event only when it has
 * found the event's entry, and only when what stands afterwards is what it computed; otherwise the event comes again.
 */
export async function rollUp(world: RollupWorld, events: readonly UsageSettled[]): Promise<Unfinished> {
  const unfinished = new Map<string, unknown>();
  const days = new Map<string, UsageSettled[]>();
  for (const hour of grouped(events, ({ account_id, created_at }) => `${account_id} ${hourOf(created_at)}`)) {
    const kept = await attempt(hour, unfinished, () => rollUpHour(world, hour, unfinished));
    for (const event of kept ? hour : []) {
      const name = `${event.account_id} ${dayOf(event.created_at)}`;
      days.set(name, [...(days.get(name) ?? []), event]);
    }
  }
  for (const day of days.values()) await attempt(day, unfinished, () => rollUpDay(world, day));
  return unfinished;
}

/** @returns whether it did not throw; if it did, all of these events come again. */
async function attempt(
  events: readonly UsageSettled[],
  unfinished: Map<string, unknown>,
  work: () => Promise<void>,
): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (cause) {
    for (const { entry_id } of events) unfinished.set(entry_id, cause);
    return false;
  }
}

async function rollUpHour(
  { ledger, rollups }: RollupWorld,
  events: readonly UsageSettled[],
  unfinished: Map<string, unknown>,
): Promise<void> {
  const [first] = events;
  if (!first) return;
  const hour = hourOf(first.created_at);
  const tally = tallyHour(first.account_id, hour);
  const missing = new Set(events.map(({ entry_id }) => entry_id));
  for await (const entry of ledger.entries(first.account_id, timesOfHour(hour))) {
    tally.add(entry);
    missing.delete(entry.entryId);
  }
  for (const row of tally.rows()) {
    if ((await rollups.keep(row)) === "kept") continue;
    throw new Error(`the index is behind: another reading of ${hour} has found more, or other, entries`);
  }
  for (const id of missing) unfinished.set(id, new Error(`the index of ${hour} has no entry ${id}`));
}

/** Hours are read consistently, so a day that stands and has more entries has those of these hours too. */
async function rollUpDay({ rollups }: RollupWorld, [first]: readonly UsageSettled[]): Promise<void> {
  if (!first) return;
  const day = dayOf(first.created_at);
  const hours = await Array.fromAsync(rollups.forAccount(first.account_id, day, day, "hour"));
  for (const row of daysOf(hours)) await rollups.keep(row);
}

function grouped<Item>(items: readonly Item[], nameOf: (item: Item) => string): Iterable<Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(nameOf(item));
    if (group) group.push(item);
    else groups.set(nameOf(item), [item]);
  }
  return groups.values();
}
