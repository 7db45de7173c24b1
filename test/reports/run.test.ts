import { beforeEach, expect, test } from "vitest";
import type { Entry } from "../../lambda/core/charge.ts";
import { dayNamed } from "../../lambda/core/report/period.ts";
import { writeReports } from "../../lambda/reports/run.ts";
import { type MemoryLedger, memoryWorld } from "./memory-world.ts";

const DAY = dayNamed("2026-11-22") ?? expect.unreachable();
const HOUR_MS = 3_600_000;
const SUMMARY = "reports/daily/dt=2026-11-22/summary.csv";
const reportOf = (accountId: string) => `reports/daily/dt=2026-11-22/${accountId}.csv`;

let ledgers: Map<string, MemoryLedger>;
let memory: ReturnType<typeof memoryWorld>;
let nowMs: number;

beforeEach(() => {
  ledgers = new Map(
    ["acct_1", "acct_2", "acct_3"].map((id) => [id, { ledger: [topUp(id, "1")], outbox: [], keys: [] }]),
  );
  memory = memoryWorld(ledgers);
  nowMs = DAY.endMs + 10 * 60_000;
});

function topUp(accountId: string, id: string, createdAt = "2026-11-22T12:00:00.000Z"): Entry {
  return {
    accountId,
    entryId: `topup_${id}`,
    type: "topup",
    amountPicoUsd: 5n,
    writeOffPicoUsd: 0n,
    createdAt,
  };
}

function ledgerOf(accountId: string): MemoryLedger {
  return ledgers.get(accountId) ?? expect.unreachable();
}

function run(options: { again?: boolean; stopAfter?: number } = {}) {
  let asked = 0;
  const shouldStop = () => asked++ >= (options.stopAfter ?? Number.POSITIVE_INFINITY);
  return writeReports(memory.world, DAY, { nowMs: () => nowMs, shouldStop, again: options.again ?? false });
}

/** The accounts whose entries a run reads. */
async function readBy(work: () => Promise<unknown>): Promise<string[]> {
  memory.reads.length = 0;
  await work();
  return memory.reads.toSorted();
}

function reports(): Record<string, string> {
  return Object.fromEntries([...memory.files].filter(([key]) => !key.startsWith("reports/state/")));
}

test("the same entries give the same bytes, however often a day is reported on", async () => {
  await run();
  const first = reports();
  expect(Object.keys(first)).toHaveLength(4);
  for (let i = 0; i < 3; i++) {
    nowMs += HOUR_MS;
    await run({ again: i === 1 });
    expect(reports()).toEqual(first);
  }
});

test("an account without entries has no report, and a day without any has none at all", async () => {
  ledgerOf("acct_2").ledger.length = 0;
  await run();
  expect(Object.keys(reports()).sort()).toEqual([reportOf("acct_1"), reportOf("acct_3"), SUMMARY]);
  for (const ledger of ledgers.values()) ledger.ledger.length = 0;
  memory = memoryWorld(ledgers);
  await run();
  expect(reports()).toEqual({});
});

test("a late entry writes its day again, and no other account's is read for it", async () => {
  for (let i = 0; i < 3; i++, nowMs += HOUR_MS) await run();
  const before = reports();
  ledgerOf("acct_2").ledger.push(topUp("acct_2", "late"));
  expect(await readBy(run)).toEqual(["acct_2"]);
  expect(reports()[SUMMARY]).not.toBe(before[SUMMARY]);
  expect(reports()[SUMMARY]).toContain("acct_2,name of acct_2,2,");
});

test("an entry of today makes the report of yesterday be computed again, and nothing of it changes", async () => {
  for (let i = 0; i < 3; i++, nowMs += HOUR_MS) await run();
  const before = reports();
  ledgerOf("acct_1").ledger.push(topUp("acct_1", "today", "2026-11-23T03:00:00.000Z"));
  expect(await readBy(run)).toEqual(["acct_1"]);
  expect(reports()).toEqual(before);
});

test("accounts are left alone only once two runs have found the same, minutes apart", async () => {
  await run();
  expect(await readBy(run)).toHaveLength(3);
  nowMs += HOUR_MS;
  expect(await readBy(run)).toHaveLength(3);
  nowMs += HOUR_MS;
  expect(await readBy(run)).toEqual([]);
  expect(await readBy(() => run({ again: true }))).toHaveLength(3);
});

/** The same world, whose index does not show an entry until it is told to. */
function lateIndex(hidden: Entry) {
  const world = { ...memory.world };
  let isIndexed = false;
  world.entries = async function* (accountId, range) {
    for await (const entry of memory.world.entries(accountId, range)) {
      if (isIndexed || entry.entryId !== hidden.entryId) yield entry;
    }
  };
  return {
    run: () => writeReports(world, DAY, { nowMs: () => nowMs, shouldStop: () => false }),
    show: () => {
      isIndexed = true;
    },
  };
}

test.each([0, 1, 2, 3])(
  "an entry that the index is late to show, new after %i runs, is in the report an hour later",
  async (runsBefore) => {
    const hidden = topUp("acct_1", "hidden");
    const index = lateIndex(hidden);
    for (let i = 0; i < runsBefore; i++, nowMs += HOUR_MS) await index.run();
    // Counted in `sequence`, drained a moment ago, and not in the index yet.
    ledgerOf("acct_1").ledger.push(hidden);
    await index.run();
    index.show();
    nowMs += HOUR_MS;
    await index.run();
    expect(reports()[SUMMARY]).toContain("acct_1,name of acct_1,2,");
  },
);

test("a record that was on its way to the ledger when an account was last seen is looked for again", async () => {
  const ledger = ledgerOf("acct_1");
  const record = topUp("acct_1", "record");
  ledger.outbox.push(record);
  await run();
  nowMs += HOUR_MS;
  // Drained just now: the account's item no longer has it, and the index not yet.
  ledger.outbox.length = 0;
  ledger.ledger.push(record);
  await run();
  nowMs += HOUR_MS;
  expect(await readBy(run)).toContain("acct_1");
});

test("a day that is not over says so, and is written anew when it is", async () => {
  nowMs = DAY.fromMs + 13 * HOUR_MS;
  expect(await run()).toMatchObject({ partial: true, complete: true, written: 3 });
  expect(reports()[SUMMARY]).toMatch(/^2026-11-22,acct_1,.*,true$/m);
  expect([...memory.files.keys()].some((key) => key.endsWith(".done"))).toBe(false);
  ledgerOf("acct_1").ledger.push(topUp("acct_1", "evening", "2026-11-22T20:00:00.000Z"));
  nowMs = DAY.endMs;
  expect(await run()).toMatchObject({ partial: false, complete: true, written: 3 });
  expect(reports()[SUMMARY]).toMatch(/^2026-11-22,acct_1,name of acct_1,2,.*,false$/m);
  expect(reports()[SUMMARY]).not.toContain("true");
});

test("a run that is stopped leaves no summary, and the next one goes on where it was", async () => {
  expect(await run({ stopAfter: 2 })).toMatchObject({ complete: false, written: 2 });
  expect(reports()[SUMMARY]).toBeUndefined();
  nowMs += HOUR_MS;
  expect(await run()).toMatchObject({ complete: true, written: 1, unchanged: 2 });
  expect(reports()[SUMMARY]?.split("\n")).toHaveLength(5);
});

test("a run that was stopped long ago is not gone on with: what it wrote may be out of date", async () => {
  await run({ stopAfter: 2 });
  nowMs += 3 * HOUR_MS;
  expect(await run()).toMatchObject({ complete: true, written: 3, unchanged: 0 });
});

test("a run of the running day that was stopped is not gone on with when the day is over", async () => {
  nowMs = DAY.endMs - HOUR_MS / 2;
  await run({ stopAfter: 2 });
  nowMs = DAY.endMs + HOUR_MS / 2;
  expect(await run()).toMatchObject({ partial: false, complete: true, written: 3, unchanged: 0 });
});

test("one account that cannot be reported on keeps no other from its report, and is tried again", async () => {
  const { put } = memory.world.objects;
  memory.world.objects.put = async (key, ...rest) => {
    if (key === reportOf("acct_2")) throw new Error("no");
    await put(key, ...rest);
  };
  expect(await run()).toMatchObject({ complete: false, written: 2, failed: 1, failure: "acct_2: no" });
  expect(reports()[SUMMARY]).toBeUndefined();
  memory.world.objects.put = put;
  nowMs += HOUR_MS;
  expect(await run()).toMatchObject({ complete: true, written: 1, unchanged: 2, failed: 0 });
  expect(Object.keys(reports())).toHaveLength(4);
});

test("an account whose item cannot be read keeps no other from its report", async () => {
  memory.damaged.push({ accountId: "acct_0", problem: "posted is no number" });
  const ran = await run();
  expect(ran).toMatchObject({
    complete: false,
    written: 3,
    failed: 1,
    failure: "acct_0: posted is no number",
  });
});

test("notes that nobody can read cost a run and nothing else", async () => {
  await run();
  const first = reports();
  memory.files.set("reports/state/daily/dt=2026-11-22.json", '{"version":2}');
  expect(await run()).toMatchObject({ complete: true, written: 3 });
  expect(reports()).toEqual(first);
});
