import type { RollupKeeper, RollupRow } from "../../core/rollup.ts";
import { number, readBigint, readCount, readText, text } from "./attributes.ts";
import type { Queries } from "./paged-reads.ts";
import { type Item, type Store, StoreError } from "./store.ts";
import { ROLLUPS_BY_DAY } from "./tables.ts";

const COUNTS = [
  "entries",
  "requests",
  "failures",
  "inputTokens",
  "cacheReadTokens",
  "cacheWriteTokens",
  "outputTokens",
  "reasoningTokens",
] as const;

const DAY_MS = 86_400_000;
/** Sorts after every character of a model's or a key's id. */
const LAST = "~";

export function createRollups(store: Store, queries: Queries, table: string): RollupKeeper {
  return {
    async *forAccount(accountId, fromDay, toDay, grain) {
      // Day by day, since a day's hours lie between it and the next one.
      for (const day of daysBetween(fromDay, toDay)) {
        const from = grain === "hour" ? `${day}T` : `${day}#`;
        const items = queries.query(table, {
          partition: { name: "accountId", value: accountId },
          between: { name: "period", from, to: `${from}${LAST}` },
        });
        for await (const item of items) yield readRow(item);
      }
    },
    async *ofDay(day) {
      const partition = { name: "day", value: day };
      for await (const item of queries.query(table, { index: ROLLUPS_BY_DAY, partition }))
        yield readRow(item);
    },
    async keep(row) {
      try {
        await store.update(table, rowKey(row), newerWins(row));
        return "kept";
      } catch (error) {
        if (!(error instanceof StoreError) || error.failure !== "condition_failed") throw error;
      }
      const standing = await store.get(table, rowKey(row), { consistent: true });
      return standing && isSame(readRow(standing), row) ? "kept" : "behind";
    },
  };
}

function rowKey({ accountId, period, model, keyId }: RollupRow): Item {
  return { accountId: text(accountId), period: text(`${period}#${model}#${keyId}`) };
}

/** Entries only ever come in addition: whoever has counted fewer has read too early. */
function newerWins(row: RollupRow) {
  const values = {
    model: text(row.model),
    keyId: text(row.keyId),
    costPicoUsd: number(row.costPicoUsd),
    upstreamCostPicoUsd: number(row.upstreamCostPicoUsd),
    lastEntryAt: text(row.lastEntryAt),
    // Only on the rows of days, which an index lists by it.
    ...(row.period.includes("T") ? {} : { day: text(row.period) }),
    ...Object.fromEntries(COUNTS.map((name) => [name, number(row[name])])),
  };
  return {
    set: Object.keys(values).map((name) => `#${name} = :${name}`),
    condition: ["(attribute_not_exists(#entries) OR #entries < :entries)"],
    values: Object.fromEntries(Object.entries(values).map(([name, value]) => [`:${name}`, value])),
  };
}

function readRow(item: Item): RollupRow {
  const [period = ""] = (readText(item, "period") ?? "").split("#");
  return {
    accountId: readText(item, "accountId") ?? "",
    period,
    model: readText(item, "model") ?? "",
    keyId: readText(item, "keyId") ?? "",
    entries: readCount(item, "entries"),
    requests: readCount(item, "requests"),
    failures: readCount(item, "failures"),
    inputTokens: readCount(item, "inputTokens"),
    cacheReadTokens: readCount(item, "cacheReadTokens"),
    cacheWriteTokens: readCount(item, "cacheWriteTokens"),
    outputTokens: readCount(item, "outputTokens"),
    reasoningTokens: readCount(item, "reasoningTokens"),
    costPicoUsd: readBigint(item, "costPicoUsd"),
    upstreamCostPicoUsd: readBigint(item, "upstreamCostPicoUsd"),
    lastEntryAt: readText(item, "lastEntryAt") ?? "",
  };
}

function isSame(left: RollupRow, right: RollupRow): boolean {
  return left.costPicoUsd === right.costPicoUsd && COUNTS.every((name) => left[name] === right[name]);
}

function* daysBetween(from: string, to: string): Iterable<string> {
  const lastMs = Date.parse(to);
  for (let atMs = Date.parse(from); atMs <= lastMs; atMs += DAY_MS) {
    yield new Date(atMs).toISOString().slice(0, "2026-11-23".length);
  }
}
