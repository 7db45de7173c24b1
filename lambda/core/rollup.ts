import type { Entry } from "./charge.ts";
import type { PicoUsd } from "./money.ts";
import { createTally, type Tally, totalUsage } from "./report/figures.ts";

export type Grain = "hour" | "day";

/** What an account's key used of a model within an hour or a day, as its ledger entries say. */
export interface RollupRow {
  readonly accountId: string;
  /** UTC: `2026-11-23T04` for an hour, `2026-11-23` for a day. */
  readonly period: string;
  readonly model: string;
  readonly keyId: string;
  /** How many entries it was computed from. Entries are never taken away, so more of them means newer. */
  readonly entries: number;
  readonly requests: number;
  /** Of the requests, those that ended in any other way than `completed`. */
  readonly failures: number;
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  readonly costPicoUsd: PicoUsd;
  /** What providers ask of the operator for it. */
  readonly upstreamCostPicoUsd: PicoUsd;
  /** When the newest of its entries was made: ISO 8601, UTC. */
  readonly lastEntryAt: string;
}

/** Totals for charts. */
export interface Rollups {
  /** The rows of all accounts for a day (UTC), in no order. */
  ofDay(day: string): AsyncIterable<RollupRow>;
  /** In order of time, both days (`2026-11-23`, UTC) inclusive. */
  forAccount(accountId: string, fromDay: string, toDay: string, grain: Grain): AsyncIterable<RollupRow>;
}

export interface RollupKeeper extends Rollups {
  /**
   * Keeps a row unless the one that is there was computed from as many entries or more.
   * @returns `kept` also when the same row is there already; `behind` when a different one stands.
   */
  keep(row: RollupRow): Promise<"kept" | "behind">;
}

export function hourOf(createdAt: string): string {
  return createdAt.slice(0, "2026-11-23T04".length);
}

export function dayOf(period: string): string {
  return period.slice(0, "2026-11-23".length);
}

/** Both ends inclusive; times have milliseconds. */
export function timesOfHour(hour: string): { from: string; to: string } {
  return { from: `${hour}:00:00.000Z`, to: `${hour}:59:59.999Z` };
}

export interface HourTally {
  add(entry: Entry): void;
  rows(): RollupRow[];
}

/** Adds up the charges of one hour, by model and key; other entries are nobody's usage. */
export function tallyHour(accountId: string, hour: string): HourTally {
  const groups = new Map<string, { model: string; keyId: string; tally: Tally; lastEntryAt: string }>();
  return {
    add(entry) {
      if (!entry.charge) return;
      const { model, keyId } = entry.charge;
      const name = nameOf(model, keyId);
      const group = groups.get(name) ?? { model, keyId, tally: createTally(), lastEntryAt: "" };
      if (entry.createdAt > group.lastEntryAt) group.lastEntryAt = entry.createdAt;
      groups.set(name, group);
      group.tally.add(entry);
    },
    rows: () =>
      [...groups.values()].map(({ model, keyId, tally, lastEntryAt }) => {
        const { entries, usage } = tally.figures();
        const { provider: _, ...used } = totalUsage(usage);
        return { ...used, accountId, period: hour, model, keyId, entries, lastEntryAt };
      }),
  };
}

/** Days are computed from hours, which are far fewer than entries. */
export function daysOf(hours: readonly RollupRow[]): RollupRow[] {
  const days = new Map<string, RollupRow>();
  for (const hour of hours) {
    const name = `${dayOf(hour.period)} ${nameOf(hour.model, hour.keyId)}`;
    const day = days.get(name);
    days.set(name, day ? sumOf(day, hour) : { ...hour, period: dayOf(hour.period) });
  }
  return [...days.values()];
}

/** A model's id has no such character. */
function nameOf(model: string, keyId: string): string {
  return `${model}#${keyId}`;
}

function sumOf(day: RollupRow, hour: RollupRow): RollupRow {
  return {
    ...day,
    entries: day.entries + hour.entries,
    requests: day.requests + hour.requests,
    failures: day.failures + hour.failures,
    inputTokens: day.inputTokens + hour.inputTokens,
    cacheReadTokens: day.cacheReadTokens + hour.cacheReadTokens,
    cacheWriteTokens: day.cacheWriteTokens + hour.cacheWriteTokens,
    outputTokens: day.outputTokens + hour.outputTokens,
    reasoningTokens: day.reasoningTokens + hour.reasoningTokens,
    costPicoUsd: day.costPicoUsd + hour.costPicoUsd,
    upstreamCostPicoUsd: day.upstreamCostPicoUsd + hour.upstreamCostPicoUsd,
    lastEntryAt: day.lastEntryAt > hour.lastEntryAt ? day.lastEntryAt : hour.lastEntryAt,
  };
}
