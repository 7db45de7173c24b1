import fc from "fast-check";
import { expect, test } from "vitest";
import type { Entry } from "../../lambda/core/charge.ts";
import { type AccountReader, verifyAccount } from "../../lambda/core/verify.ts";
import { type Bank, bankWithHistory, entryOf, readerOf, run } from "./verify-bank.ts";

const QUIET = () => {};

async function invariantsBroken(bank: Bank): Promise<number[]> {
  const verdict = await verifyAccount(readerOf(bank, QUIET));
  expect(verdict?.decided).toBe(true);
  return verdict?.violations.map(({ invariant }) => invariant) ?? [];
}

/** Each kind of damage by hand, with the invariants it must be reported under. */
const DAMAGE: readonly (readonly [string, readonly number[], (bank: Bank) => void])[] = [
  ["available below zero", [1], belowZero],
  ["money that is available and not posted", [2], (bank) => move(bank, { available: 1n })],
  ["a hold that vanished", [2], (bank) => void bank.holds.delete([...bank.holds.keys()][0] ?? "")],
  ["a hold that cannot be read", [2], (bank) => void bank.holds.set("req_x", "garbage")],
  ["a balance that no entry explains", [3], (bank) => move(bank, { available: 1n, posted: 1n })],
  [
    "an entry that was changed",
    [3],
    (bank) => changeEntry(bank, (entry) => ({ ...entry, amountPicoUsd: -2n })),
  ],
  [
    "a second record of one id",
    [4],
    (bank) => void bank.outbox.set("req_000001", entryOf("req_000001", -4n)),
  ],
  ["a sequence that skipped one", [5], (bank) => move(bank, { sequence: 1 })],
  ["a sequence that missed one", [5], (bank) => move(bank, { sequence: -1 })],
  ["an entry that was deleted", [3, 5], (bank) => void bank.ledger.delete("req_000002")],
  ["an entry from nowhere", [3, 5], (bank) => void bank.ledger.set("req_0", entryOf("req_0", -3n))],
];

/** What was taken too much is held, so that nothing else is wrong. */
function belowZero(bank: Bank): void {
  const missing = bank.available + 1n;
  bank.available -= missing;
  bank.holds.set("req_big", missing);
}

function move(bank: Bank, by: { available?: bigint; posted?: bigint; sequence?: number }): void {
  bank.available += by.available ?? 0n;
  bank.posted += by.posted ?? 0n;
  bank.sequence += by.sequence ?? 0;
}

function changeEntry(bank: Bank, change: (entry: Entry) => Entry): void {
  const entry = bank.ledger.get("req_000003");
  if (!entry) throw new Error("the history has no third request");
  bank.ledger.set(entry.entryId, change(entry));
}

test("a sound account has no violation", async () => {
  expect(await invariantsBroken(bankWithHistory())).toEqual([]);
});

test.each(DAMAGE)("%s is reported under %j", async (_, invariants, damage) => {
  const bank = bankWithHistory();
  damage(bank);
  expect(await invariantsBroken(bank)).toEqual(invariants);
});

test("a violation carries the figures that prove it", async () => {
  const bank = bankWithHistory();
  move(bank, { available: 1n, posted: 1n });
  const verdict = await verifyAccount(readerOf(bank, QUIET));
  expect(verdict?.violations).toEqual([
    {
      accountId: "acct_1",
      invariant: 3,
      problem: "posted is not the sum of the entries and outbox records",
      evidence: { posted: "0.000000009965", sum: "0.000000009964", records: "13" },
    },
  ]);
});

test("a record on its way from outbox to ledger is counted once", async () => {
  const bank = bankWithHistory();
  run(bank, [2, 2, 1, 3]);
  expect(bank.outbox.size).toBeGreaterThan(0);
  expect([...bank.outbox.keys()].every((id) => bank.ledger.has(id))).toBe(true);
  expect(await invariantsBroken(bank)).toEqual([]);
});

test("an account that does not exist has no verdict", async () => {
  const nobody: AccountReader = { account: async () => undefined, async *entries() {} };
  expect(await verifyAccount(nobody)).toBeUndefined();
});

const schedules = fc.record({
  /** For each read, the steps that happen before it. */
  schedule: fc.array(fc.array(fc.nat(5), { maxLength: 4 }), { maxLength: 80 }),
  pageSize: fc.integer({ min: 1, max: 6 }),
});

function playing(bank: Bank, schedule: readonly (readonly number[])[]): () => void {
  let read = 0;
  return () => run(bank, schedule[read++] ?? []);
}

test("whatever traffic runs between the reads, a sound account is never accused", async () => {
  await fc.assert(
    fc.asyncProperty(schedules, async ({ schedule, pageSize }) => {
      const bank = bankWithHistory();
      const verdict = await verifyAccount(readerOf(bank, playing(bank, schedule), pageSize));
      expect(verdict?.violations).toEqual([]);
    }),
    { numRuns: 2_000 },
  );
});

test("whatever traffic runs between the reads, damage that lasts is never called sound", async () => {
  const lasting = DAMAGE.filter(
    ([name]) => name !== "available below zero" && name !== "a second record of one id",
  );
  await fc.assert(
    fc.asyncProperty(schedules, fc.constantFrom(...lasting), async ({ schedule, pageSize }, [, , damage]) => {
      const bank = bankWithHistory();
      damage(bank);
      const verdict = await verifyAccount(readerOf(bank, playing(bank, schedule), pageSize));
      expect(verdict?.decided === false || verdict?.violations.length).not.toBe(0);
    }),
    { numRuns: 2_000 },
  );
});

/** As fast as reads: before each one up to `busiest` requests settle, and each record moves on, or not, by one write. */
function rush(bank: Bank, dice: fc.Stream<number>, busiest: number): () => void {
  const roll = (sides: number) => (dice.next().value ?? 0) % sides;
  return () => {
    for (const record of [...bank.outbox.values()]) {
      if (roll(3) === 0) continue;
      if (bank.ledger.has(record.entryId)) bank.outbox.delete(record.entryId);
      else bank.ledger.set(record.entryId, record);
    }
    for (let settled = roll(busiest + 1); settled > 0; settled--) run(bank, [0, 1]);
  };
}

test("even while requests settle as fast as reads go, accounts are judged and damage is found", async () => {
  const found = { sound: 0, missing: 0, extra: 0 };
  for (const dice of fc.sample(fc.infiniteStream(fc.nat(1_000)), { numRuns: 50, seed: 1 })) {
    const judged = async (damage: (bank: Bank) => void) => {
      const bank = bankWithHistory(200);
      damage(bank);
      return verifyAccount(readerOf(bank, rush(bank, dice, 4), 20));
    };
    if ((await judged(() => {}))?.decided) found.sound++;
    if ((await judged((bank) => bank.ledger.delete("req_000002")))?.violations.length) found.missing++;
    if ((await judged((bank) => bank.ledger.set("req_0", entryOf("req_0", -3n))))?.violations.length)
      found.extra++;
  }
  expect(found).toEqual({ sound: 50, missing: 50, extra: 50 });
});

test("where traffic is too wild to judge an account, damage that outweighs it is reported all the same", async () => {
  const judged = async (damage: (bank: Bank) => void) => {
    const bank = bankWithHistory(200);
    damage(bank);
    const wild = () => {
      for (let step = 0; step < 4; step++) run(bank, [0, 1, 2]);
    };
    return verifyAccount(readerOf(bank, wild, 20));
  };
  expect(await judged(() => {})).toMatchObject({ decided: false, violations: [] });
  expect((await judged((bank) => move(bank, { available: 1n })))?.violations).toMatchObject([
    { invariant: 2 },
  ]);
  expect((await judged((bank) => move(bank, { sequence: 100 })))?.violations).toMatchObject([
    { invariant: 5 },
  ]);
  expect((await judged((bank) => move(bank, { sequence: -100 })))?.violations).toMatchObject([
    { invariant: 5 },
  ]);
});
