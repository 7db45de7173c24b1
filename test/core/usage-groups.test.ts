import { expect, test } from "vitest";
import type { Entry } from "../../lambda/core/charge.ts";
import { NO_USAGE } from "../../lambda/core/usage.ts";
import { groupUsage, recordedEntries, TooManyGroups } from "../../lambda/core/usage-groups.ts";

function entry(entryId: string, tag?: string, change: Partial<Entry> = {}): Entry {
  const createdAt = "2026-11-23T10:00:00.000Z";
  return {
    accountId: "acct_1",
    entryId,
    type: "charge",
    amountPicoUsd: -3n,
    writeOffPicoUsd: 0n,
    createdAt,
    charge: {
      requestId: entryId,
      keyId: "key_1",
      model: "m",
      provider: "p",
      outcome: "completed",
      usage: { ...NO_USAGE, inputTokens: 2 },
      estimated: false,
      catalogVersion: "0",
      createdAt,
      latencyMs: 1,
      tag,
    },
    ...change,
  };
}

async function* of(...entries: Entry[]): AsyncIterable<Entry> {
  yield* entries;
}

const DAY = { from: "2026-11-23T00:00:00.000Z", to: "2026-11-23T23:59:59.999Z" };

test("A record in the outbox and in the ledger, as in the middle of DRAIN, counts once.", async () => {
  const outbox = new Map([entry("req_1"), entry("req_2")].map((it) => [it.entryId, it]));
  const recorded = recordedEntries(outbox, of(entry("req_2"), entry("req_3")), DAY);
  expect(await groupUsage(recorded, "model", 10)).toMatchObject([
    { group: "m", requests: 3, input_tokens: 6, cost: "0.000000000009" },
  ]);
});

test("A record in the outbox of another day does not count.", async () => {
  const yesterday = entry("req_1", undefined, { createdAt: "2026-11-22T23:59:59.999Z" });
  const recorded = recordedEntries(new Map([["req_1", yesterday]]), of(), DAY);
  expect(await groupUsage(recorded, "day", 10)).toEqual([]);
});

test("A late charge adds its cost to a request that was counted already.", async () => {
  const expired = entry("req_1", "a", { amountPicoUsd: 0n });
  const late = entry("late_req_1", "a", { type: "late" });
  expect(await groupUsage(of(expired, late), "tag", 10)).toMatchObject([
    { group: "a", requests: 1, cost: "0.000000000003" },
  ]);
});

test("More groups than an answer should have are refused, just as many are not.", async () => {
  const entries = [entry("req_1", "a"), entry("req_2", "b"), entry("req_3", "a")];
  expect(await groupUsage(of(...entries), "tag", 2)).toHaveLength(2);
  await expect(groupUsage(of(...entries), "tag", 1)).rejects.toThrow(TooManyGroups);
});
