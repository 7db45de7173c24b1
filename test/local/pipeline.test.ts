import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { entryItem } from "../../lambda/adapters/dynamodb/items.ts";
import { type Item, type Store, StoreError } from "../../lambda/adapters/dynamodb/store.ts";
import { lakeChargeNames } from "../../lambda/adapters/s3/lake.ts";
import type { Entry } from "../../lambda/core/charge.ts";
import { NO_USAGE } from "../../lambda/core/usage.ts";
import type { DeadLetter } from "../../local/bus.ts";
import { unfinishedHoursIn } from "../../local/unfinished-hours.ts";
import { startUsage } from "../../local/usage.ts";
import { memoryObjects } from "./memory-objects.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function charge(entryId: string, createdAt: string, change: Partial<Entry> = {}): Entry {
  return {
    accountId: "acct_1",
    entryId,
    type: "charge",
    amountPicoUsd: -5n,
    writeOffPicoUsd: 0n,
    createdAt,
    charge: {
      requestId: entryId,
      keyId: "key_1",
      model: "m",
      provider: "p",
      outcome: "completed",
      usage: { ...NO_USAGE, inputTokens: 1 },
      estimated: false,
      catalogVersion: "0",
      createdAt,
      latencyMs: 1,
    },
    ...change,
  };
}

/** A ledger of its own, and as many starts of the pipeline over it as a test wants. */
function openMachine() {
  const folder = mkdtempSync(path.join(tmpdir(), "wlrouter-pipeline-"));
  folders.push(folder);
  const ledger = new Map<string, Entry>();
  const objects = memoryObjects();
  const buried: DeadLetter[] = [];
  const reports: string[] = [];
  const answers: ("fine" | "lost" | "refused")[] = [];
  const unfinished = unfinishedHoursIn(path.join(folder, "unfinished-hours.json"));
  const entries = new Map<string, Entry>();
  const store: Store = {
    get: async () => undefined,
    update: async () => ({}),
    async putIfAbsent(_table: string, item: Item) {
      const id = item["entryId"];
      const entry = entries.get(id && "S" in id ? id.S : "");
      if (!entry) throw new Error("an entry that the test does not know");
      const answer = answers.shift() ?? "fine";
      if (answer === "refused") throw new StoreError("unknown", "never arrived");
      if (ledger.has(entry.entryId)) throw new StoreError("condition_failed", "it is there");
      ledger.set(entry.entryId, entry);
      if (answer === "lost") throw new StoreError("unknown", "the answer was lost");
    },
  };
  const accounts = {
    async *all() {
      yield { accountId: "acct_1" };
    },
    async *entries(_: string, range: { from: string; to: string }) {
      for (const entry of ledger.values()) {
        if (range.from <= entry.createdAt && entry.createdAt <= range.to) yield entry;
      }
    },
  };
  function start() {
    const usage = startUsage({
      objects,
      unfinished,
      bury: (letter) => buried.push(letter),
      report: (message) => reports.push(message),
    });
    const watched = usage.watch(store, "Ledger");
    return {
      ...usage,
      heal: () => usage.heal(accounts),
      put(entry: Entry) {
        entries.set(entry.entryId, entry);
        return watched.putIfAbsent("Ledger", entryItem(entry), "entryId");
      },
    };
  }
  async function lake() {
    const found: string[] = [];
    for (const [key, file] of objects.objects) {
      for (const id of await lakeChargeNames(file))
        found.push(`${key.slice(0, "usage/dt=2026-11-23/hour=05".length)} ${id.slice("acct_1 ".length)}`);
    }
    return found.sort();
  }
  return { start, ledger, objects, buried, reports, answers, unfinished, lake };
}

const FIVE = "usage/dt=2026-11-23/hour=05";
const AT_FIVE = "2026-11-23T05:59:59.999Z";

test("Every charge that reaches the ledger is in the lake, by its own hour; credits are not.", async () => {
  const machine = openMachine();
  const usage = machine.start();
  await usage.put(charge("req_1", AT_FIVE));
  await usage.put(charge("req_2", "2026-11-23T06:00:00.000Z"));
  await usage.put(charge("topup_1", AT_FIVE, { type: "topup", amountPicoUsd: 5n, charge: undefined }));
  await usage.stop();
  expect(await machine.lake()).toEqual([`${FIVE} req_1`, "usage/dt=2026-11-23/hour=06 req_2"]);
  expect(
    [...machine.objects.objects.keys()].every((key) => /\/\d{8}T\d{9}Z-[0-9a-f]{8}\.parquet$/.test(key)),
  ).toBe(true);
});

test("What a crash kept from the lake is there after the next start, and what was there is not again.", async () => {
  const machine = openMachine();
  const first = machine.start();
  expect(await first.heal()).toBe(0);
  await first.put(charge("req_1", AT_FIVE));
  await first.flush();
  await first.put(charge("req_2", AT_FIVE));
  await first.put(charge("req_3", "2026-11-22T23:00:00.000Z"));
  // A crash: nothing is flushed any more, and nothing stopped.
  const second = machine.start();
  expect(await second.heal()).toBe(2);
  expect(await machine.lake()).toEqual([
    "usage/dt=2026-11-22/hour=23 req_3",
    `${FIVE} req_1`,
    `${FIVE} req_2`,
  ]);
  await second.stop();
  const third = machine.start();
  expect(machine.unfinished.read()).toEqual([]);
  expect(await third.heal()).toBe(0);
  await third.stop();
  await first.stop();
});

test("Where nobody has kept count, every hour of the ledger is compared.", async () => {
  const machine = openMachine();
  for (const entry of [charge("req_1", AT_FIVE), charge("req_2", "2025-01-01T00:00:00.000Z")]) {
    machine.ledger.set(entry.entryId, entry);
  }
  const usage = machine.start();
  expect(await usage.heal()).toBe(2);
  await usage.stop();
  expect(await machine.lake()).toEqual(["usage/dt=2025-01-01/hour=00 req_2", `${FIVE} req_1`]);
});

test("A crash before the comparison is done leaves it to the next start.", async () => {
  const machine = openMachine();
  const before = charge("req_1", AT_FIVE);
  machine.ledger.set(before.entryId, before);
  const first = machine.start();
  await first.put(charge("req_2", AT_FIVE));
  await first.stop();
  const second = machine.start();
  expect(await second.heal()).toBe(1);
  await second.stop();
  expect(await machine.lake()).toEqual([`${FIVE} req_1`, `${FIVE} req_2`]);
});

test("An entry whose answer was lost is published by the try that finds it.", async () => {
  const machine = openMachine();
  const usage = machine.start();
  machine.answers.push("lost");
  await expect(usage.put(charge("req_1", AT_FIVE))).rejects.toThrow("unknown");
  await expect(usage.put(charge("req_1", AT_FIVE))).rejects.toThrow("condition_failed");
  await usage.stop();
  expect(await machine.lake()).toEqual([`${FIVE} req_1`]);
});

test("An entry that nobody asked for again is found by the next start.", async () => {
  const machine = openMachine();
  const first = machine.start();
  await first.heal();
  machine.answers.push("lost");
  await expect(first.put(charge("req_1", AT_FIVE))).rejects.toThrow("unknown");
  await first.stop();
  expect(await machine.lake()).toEqual([]);
  const second = machine.start();
  expect(await second.heal()).toBe(1);
  await second.stop();
  expect(await machine.lake()).toEqual([`${FIVE} req_1`]);
});

test("An entry that arrives while the lake is written keeps its hour unfinished.", async () => {
  const machine = openMachine();
  const first = machine.start();
  await first.heal();
  await first.put(charge("req_1", AT_FIVE));
  // The newest hour is kept open anyway.
  await first.put(charge("req_2", "2026-11-23T06:00:00.000Z"));
  machine.objects.beforePut = () => first.put(charge("req_3", AT_FIVE));
  await first.flush();
  const second = machine.start();
  expect(await second.heal()).toBe(1);
  await second.stop();
  expect(await machine.lake()).toContain(`${FIVE} req_3`);
  await first.stop();
});

test("A bucket that does not answer costs no request and no row.", async () => {
  const machine = openMachine();
  const usage = machine.start();
  machine.objects.isDown = true;
  await usage.put(charge("req_1", AT_FIVE));
  await expect(usage.flush()).rejects.toThrow("does not answer");
  await usage.put(charge("req_2", AT_FIVE));
  machine.objects.isDown = false;
  await usage.stop();
  expect(await machine.lake()).toEqual([`${FIVE} req_1`, `${FIVE} req_2`]);
});

test("A charge that no row can be made of is put aside, and the others are in the lake.", async () => {
  const machine = openMachine();
  const usage = machine.start();
  await usage.put(charge("req_1", AT_FIVE));
  await usage.put(charge("req_2", AT_FIVE, { amountPicoUsd: -(2n ** 63n) }));
  await usage.put(charge("req_3", AT_FIVE));
  await usage.stop();
  expect(await machine.lake()).toEqual([`${FIVE} req_1`, `${FIVE} req_3`]);
  expect(machine.buried).toMatchObject([{ target: "lake", event: { detail: { entry_id: "req_2" } } }]);
  expect(machine.reports).toEqual([expect.stringContaining("cost_pico_usd")]);
});

test("A pipeline that throws fails no request.", async () => {
  const machine = openMachine();
  const usage = machine.start();
  await usage.heal();
  machine.unfinished.write = () => {
    throw new Error("the disk is full");
  };
  await usage.put(charge("req_1", AT_FIVE));
  expect(machine.reports).toEqual([expect.stringContaining("the disk is full")]);
  machine.unfinished.write = () => {};
  await usage.stop();
  expect(await machine.lake()).toEqual([`${FIVE} req_1`]);
});
