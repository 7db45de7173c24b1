import type { Entry } from "../charge.ts";
import type { PicoUsd } from "../money.ts";
import { NO_USAGE } from "../usage.ts";

/** What a key used of a model at a provider. */
export interface UsageRow {
  readonly keyId: string;
  readonly model: string;
  readonly provider: string;
  requests: number;
  /** Of the requests, those that ended in any other way than `completed`. */
  failures: number;
  inputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  costPicoUsd: PicoUsd;
  /** What providers ask of the operator for it. */
  upstreamCostPicoUsd: PicoUsd;
}

/** What some of an account's entries come to. The movements are as `posted` saw them: a refund is negative. */
export interface Figures {
  readonly entries: number;
  /** In order of key, model and provider. */
  readonly usage: readonly UsageRow[];
  readonly topUpsPicoUsd: PicoUsd;
  readonly refundsPicoUsd: PicoUsd;
  readonly adjustmentsPicoUsd: PicoUsd;
  readonly writeOffPicoUsd: PicoUsd;
  /** Paid on top of top-ups, less what went back with refunds and disputes. No balance moved by it. */
  readonly feesPaidPicoUsd: PicoUsd;
  /** What the operator may owe providers, for outcomes that nobody knows. */
  readonly possibleCostPicoUsd: PicoUsd;
}

export interface Tally {
  add(entry: Entry): void;
  figures(): Figures;
}

/** Adds entries up. It remembers a row for each key, model and provider, however many the entries are. */
export function createTally(): Tally {
  const usage = new Map<string, UsageRow>();
  const movedPicoUsd = { topup: 0n, refund: 0n, adjustment: 0n };
  let entries = 0;
  let writeOffPicoUsd = 0n;
  let feesPaidPicoUsd = 0n;
  let possibleCostPicoUsd = 0n;
  return {
    add(entry) {
      entries += 1;
      writeOffPicoUsd += entry.writeOffPicoUsd;
      feesPaidPicoUsd += entry.feePicoUsd ?? 0n;
      possibleCostPicoUsd += entry.charge?.possibleCostPicoUsd ?? 0n;
      if (entry.type === "charge" || entry.type === "late") addUsage(rowOf(usage, entry), entry);
      else movedPicoUsd[entry.type] += entry.amountPicoUsd;
    },
    figures: () => ({
      entries,
      usage: [...usage].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row),
      topUpsPicoUsd: movedPicoUsd.topup,
      refundsPicoUsd: movedPicoUsd.refund,
      adjustmentsPicoUsd: movedPicoUsd.adjustment,
      writeOffPicoUsd,
      feesPaidPicoUsd,
      possibleCostPicoUsd,
    }),
  };
}

/** Sorts before every character of an id. */
const SEPARATOR = "\u0000";

function rowOf(usage: Map<string, UsageRow>, { charge }: Entry): UsageRow {
  const { keyId = "", model = "", provider = "" } = charge ?? {};
  const name = keyId + SEPARATOR + model + SEPARATOR + provider;
  const known = usage.get(name);
  if (known) return known;
  const row = { keyId, model, provider, ...NOTHING_USED };
  usage.set(name, row);
  return row;
}

const NOTHING_USED = {
  requests: 0,
  failures: 0,
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  costPicoUsd: 0n,
  upstreamCostPicoUsd: 0n,
};

function addUsage(row: UsageRow, { type, charge, amountPicoUsd }: Entry): void {
  // A late charge belongs to a request that was counted when the sweeper ended it.
  if (type === "charge") {
    row.requests += 1;
    row.failures += charge?.outcome === "completed" ? 0 : 1;
  }
  const usage = charge?.usage ?? NO_USAGE;
  row.inputTokens += usage.inputTokens;
  row.cacheReadTokens += usage.cacheReadTokens;
  row.cacheWriteTokens += usage.cacheWriteTokens;
  row.outputTokens += usage.outputTokens;
  row.reasoningTokens += usage.reasoningTokens;
  row.costPicoUsd -= amountPicoUsd;
  row.upstreamCostPicoUsd += charge?.upstreamCostPicoUsd ?? 0n;
}

/** All usage as one row, of no key in particular. */
export function totalUsage(rows: readonly UsageRow[]): UsageRow {
  const total: UsageRow = { keyId: "", model: "", provider: "", ...NOTHING_USED };
  for (const row of rows) {
    total.requests += row.requests;
    total.failures += row.failures;
    total.inputTokens += row.inputTokens;
    total.cacheReadTokens += row.cacheReadTokens;
    total.cacheWriteTokens += row.cacheWriteTokens;
    total.outputTokens += row.outputTokens;
    total.reasoningTokens += row.reasoningTokens;
    total.costPicoUsd += row.costPicoUsd;
    total.upstreamCostPicoUsd += row.upstreamCostPicoUsd;
  }
  return total;
}
