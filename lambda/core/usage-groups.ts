import type { Entry } from "./charge.ts";
import { formatUsd } from "./money.ts";
import { createTally, type Tally, totalUsage } from "./report/figures.ts";

export const GROUPINGS = ["model", "key", "day", "tag"] as const;

export type Grouping = (typeof GROUPINGS)[number];

/** What some entries have in common, and what they come to. */
export interface UsageGroup {
  /** A model's id, a key's id, a day of UTC or a tag; null for the requests without a tag. */
  readonly group: string | null;
  readonly requests: number;
  /** Of the requests, those that ended in any other way than `completed`. */
  readonly failures: number;
  readonly input_tokens: number;
  readonly cache_read_tokens: number;
  readonly cache_write_tokens: number;
  readonly output_tokens: number;
  readonly reasoning_tokens: number;
  /** USD, exact. */
  readonly cost: string;
}

/** More groups than an answer should have. */
export class TooManyGroups extends Error {
  override readonly name = "TooManyGroups";
}

/**
 * Adds charges up by what they have in common, in order of it; entries that are no usage do not count. They are counted
 * as the reports count them. In memory is a row for each group, model, key and provider.
 * @throws TooManyGroups
 */
export async function groupUsage(
  entries: AsyncIterable<Entry>,
  by: Grouping,
  maxGroups: number,
): Promise<UsageGroup[]> {
  const groups = new Map<string | null, Tally>();
  for await (const entry of entries) {
    if (!entry.charge) continue;
    const name = groupOf(entry, entry.charge, by);
    const tally = groups.get(name) ?? createTally();
    tally.add(entry);
    groups.set(name, tally);
    if (groups.size > maxGroups) throw new TooManyGroups(`more than ${maxGroups} of ${by}`);
  }
  return [...groups].sort(([a], [b]) => ((a ?? "") < (b ?? "") ? -1 : 1)).map(([name, it]) => view(name, it));
}

function groupOf(entry: Entry, charge: NonNullable<Entry["charge"]>, by: Grouping): string | null {
  switch (by) {
    case "model":
      return charge.model;
    case "key":
      return charge.keyId;
    case "day":
      return entry.createdAt.slice(0, "2026-11-23".length);
    case "tag":
      return charge.tag ?? null;
  }
}

function view(group: string | null, tally: Tally): UsageGroup {
  const total = totalUsage(tally.figures().usage);
  return {
    group,
    requests: total.requests,
    failures: total.failures,
    input_tokens: total.inputTokens,
    cache_read_tokens: total.cacheReadTokens,
    cache_write_tokens: total.cacheWriteTokens,
    output_tokens: total.outputTokens,
    reasoning_tokens: total.reasoningTokens,
    cost: formatUsd(total.costPicoUsd),
  };
}

/**
 * An account's entries of a time, whether they have reached the ledger or are in the outbox still.
 * @param outbox read before the ledger is: a record that moves meanwhile is found in one of them, or in both.
 */
export async function* recordedEntries(
  outbox: ReadonlyMap<string, Entry>,
  ledger: AsyncIterable<Entry>,
  range: { readonly from: string; readonly to: string },
): AsyncIterable<Entry> {
  for (const entry of outbox.values()) {
    if (range.from <= entry.createdAt && entry.createdAt <= range.to) yield entry;
  }
  for await (const entry of ledger) if (!outbox.has(entry.entryId)) yield entry;
}
