import { expect, test } from "vitest";
import { isDrainClear, isDrainPut, isRelease, isSettle } from "../../fakes/dynamodb-call.ts";
import { inOrder, NO_FAULTS } from "../../fakes/fault-plans.ts";
import type { FaultKind } from "../../fakes/faulty-proxy.ts";
import { expectSound } from "./invariants.ts";
import {
  adjustment,
  entriesOf,
  factsOf,
  type LedgerWorld,
  newAccount,
  readAccountOf,
  take,
} from "./ledger-world.ts";

const LOSSES: readonly FaultKind[] = [
  "lostRequest",
  "lostResponse",
  "delayed",
  "lateDuplicate",
  "throttle",
  "serverError",
];

export function settleSuite(world: () => LedgerWorld): void {
  test("A settle charges the cost, gives the rest of the hold back and leaves a record.", async () => {
    const accountId = await newAccount(world(), 100n);
    const open = await take(world(), accountId, 30n);
    const facts = factsOf(open);
    const settled = await world().ledger.settle(open, 12n, facts);
    expect(settled.late).toBe(false);
    expect(settled.entry).toMatchObject({
      entryId: open.requestId,
      amountPicoUsd: -12n,
      writeOffPicoUsd: 0n,
    });
    const account = await readAccountOf(world(), accountId);
    expect(account.availablePicoUsd).toBe(88n);
    expect(account.postedPicoUsd).toBe(88n);
    expect(account.outbox.get(open.requestId)).toEqual(settled.entry);
    expect(account.outbox.get(open.requestId)?.charge).toEqual(facts);
    await expectSound(world(), accountId);
  });

  test("A settle at zero leaves an entry and gives all back.", async () => {
    const accountId = await newAccount(world(), 100n);
    const open = await take(world(), accountId, 30n);
    await world().ledger.settle(open, 0n, factsOf(open, "failed"));
    expect((await expectSound(world(), accountId)).get(open.requestId)?.amountPicoUsd).toBe(0n);
    expect((await readAccountOf(world(), accountId)).availablePicoUsd).toBe(100n);
  });

  test("Settling twice, at once or one after the other, charges once and tells both the same.", async () => {
    const accountId = await newAccount(world(), 100n);
    const open = await take(world(), accountId, 30n);
    const settle = () => world().ledger.settle(open, 12n, factsOf(open));
    const [first, second] = await Promise.all([settle(), settle()]);
    const third = await settle();
    if (first.entry) await world().ledger.drain(first.entry);
    const fourth = await settle();
    for (const other of [second, third, fourth]) expect(other).toEqual(first);
    expect((await readAccountOf(world(), accountId)).postedPicoUsd).toBe(88n);
    await expectSound(world(), accountId);
  });

  test.each(LOSSES)("A settle that meets %s charges once.", async (fault) => {
    const accountId = await newAccount(world(), 100n);
    const open = await take(world(), accountId, 30n);
    world().proxy.plan = inOrder([fault], isSettle);
    const { entry } = await world().ledger.settle(open, 12n, factsOf(open));
    expect(entry?.amountPicoUsd).toBe(-12n);
    if (entry) await world().ledger.drain(entry);
    await world().proxy.flush();
    expect((await readAccountOf(world(), accountId)).postedPicoUsd).toBe(88n);
    await expectSound(world(), accountId);
  });
}

export function overrunSuite(world: () => LedgerWorld): void {
  test("A cost above the hold takes the excess from what is available.", async () => {
    const accountId = await newAccount(world(), 100n);
    const open = await take(world(), accountId, 30n);
    const { entry } = await world().ledger.settle(open, 100n, factsOf(open));
    expect(entry).toMatchObject({ amountPicoUsd: -100n, writeOffPicoUsd: 0n });
    expect((await readAccountOf(world(), accountId)).availablePicoUsd).toBe(0n);
    await expectSound(world(), accountId);
  });

  test("An excess that is not there is taken as far as it goes and the rest written off.", async () => {
    const accountId = await newAccount(world(), 100n);
    const other = await take(world(), accountId, 50n);
    const open = await take(world(), accountId, 30n);
    const { entry } = await world().ledger.settle(open, 90n, factsOf(open));
    expect(entry).toMatchObject({ amountPicoUsd: -50n, writeOffPicoUsd: 40n });
    const account = await readAccountOf(world(), accountId);
    expect(account.availablePicoUsd).toBe(0n);
    expect(account.writeOffPicoUsd).toBe(40n);
    await world().ledger.release(other);
    await expectSound(world(), accountId);
  });

  test("When the balance moves too fast to be named, the hold alone pays and the excess is written off.", async () => {
    const accountId = await newAccount(world(), 40n);
    const open = await take(world(), accountId, 30n);
    // Before every try of the settle somebody else takes a picodollar, so what it saw is never what is there.
    let moved = 0;
    const slowSettle = settleAfter(world(), async () => {
      moved += 1;
      await world().direct.ledger.credit(adjustment(accountId, `move_${accountId}_${moved}`, -1n));
    });
    const { entry } = await slowSettle(open, 90n, factsOf(open));
    expect(entry).toMatchObject({ amountPicoUsd: -30n, writeOffPicoUsd: 60n });
    expect(moved).toBe(5);
    await expectSound(world(), accountId);
  });

  test("An excess that is there again at the second look is taken whole.", async () => {
    const accountId = await newAccount(world(), 40n);
    const open = await take(world(), accountId, 30n);
    let moved = 0;
    const slowSettle = settleAfter(world(), async () => {
      moved += 1;
      if (moved === 2) await world().direct.ledger.credit(adjustment(accountId, `up_${accountId}`, 500n));
    });
    const { entry } = await slowSettle(open, 90n, factsOf(open));
    expect(entry).toMatchObject({ amountPicoUsd: -90n, writeOffPicoUsd: 0n });
    await expectSound(world(), accountId);
  });
}

export function releaseSuite(world: () => LedgerWorld): void {
  test("A release gives everything back, once, and leaves no entry.", async () => {
    const accountId = await newAccount(world(), 100n);
    const open = await take(world(), accountId, 30n);
    await Promise.all([world().ledger.release(open), world().ledger.release(open)]);
    await world().ledger.release(open);
    expect((await readAccountOf(world(), accountId)).availablePicoUsd).toBe(100n);
    expect((await expectSound(world(), accountId)).has(open.requestId)).toBe(false);
  });

  test.each(LOSSES)("A release that meets %s gives back once.", async (fault) => {
    const accountId = await newAccount(world(), 100n);
    const open = await take(world(), accountId, 30n);
    world().proxy.plan = inOrder([fault], isRelease);
    await world().ledger.release(open);
    await world().proxy.flush();
    expect((await readAccountOf(world(), accountId)).availablePicoUsd).toBe(100n);
    await expectSound(world(), accountId);
  });

  test("A hold is ended only by the string that is stored: another attempt's neither settles nor releases it.", async () => {
    const accountId = await newAccount(world(), 100n);
    const open = await take(world(), accountId, 30n);
    const stranger = { ...open, text: `${open.text}x` };
    await world().ledger.release(stranger);
    expect(await world().ledger.settle(stranger, 0n, factsOf(open))).toEqual({
      entry: undefined,
      late: false,
    });
    expect((await readAccountOf(world(), accountId)).holds.get(open.requestId)).toBe(open.text);
    expect((await readAccountOf(world(), accountId)).availablePicoUsd).toBe(70n);
  });
}

export function drainSuite(world: () => LedgerWorld): void {
  test("A drain moves the record to the ledger word for word, and doing it twice is a success.", async () => {
    const accountId = await newAccount(world(), 100n);
    const open = await take(world(), accountId, 30n);
    const { entry } = await world().ledger.settle(open, 12n, factsOf(open));
    if (!entry) throw new Error("settled without an entry");
    await Promise.all([world().ledger.drain(entry), world().ledger.drain(entry)]);
    await world().ledger.drain(entry);
    expect(await world().ledger.entry(accountId, open.requestId)).toEqual(entry);
    expect((await readAccountOf(world(), accountId)).outbox.size).toBe(0);
    expect(await world().accounts.ownerOf(open.requestId)).toBe(accountId);
    await expectSound(world(), accountId);
  });

  test("A drain never changes an entry that is there, and makes no account.", async () => {
    const accountId = await newAccount(world(), 100n);
    const open = await take(world(), accountId, 30n);
    const { entry } = await world().ledger.settle(open, 12n, factsOf(open));
    if (!entry) throw new Error("settled without an entry");
    await world().ledger.drain(entry);
    await expect(world().ledger.drain({ ...entry, amountPicoUsd: -99n })).rejects.toThrow("another entry");
    expect(await world().ledger.entry(accountId, open.requestId)).toEqual(entry);
    await world().ledger.drain({ ...entry, accountId: "acct_none", entryId: "req_none" });
    expect(await world().ledger.account("acct_none")).toBeUndefined();
  });

  test.each(LOSSES)("A drain whose steps meet %s leaves one entry and an empty outbox.", async (fault) => {
    const accountId = await newAccount(world(), 100n);
    const open = await take(world(), accountId, 30n);
    const { entry } = await world().ledger.settle(open, 12n, factsOf(open));
    if (!entry) throw new Error("settled without an entry");
    world().proxy.plan = inOrder([fault, fault], (call) => isDrainPut(call) || isDrainClear(call));
    await world().ledger.drain(entry);
    await world().proxy.flush();
    world().proxy.plan = NO_FAULTS;
    expect((await entriesOf(world(), accountId)).map(({ entryId }) => entryId)).toContain(open.requestId);
    expect((await readAccountOf(world(), accountId)).outbox.size).toBe(0);
    await expectSound(world(), accountId);
  });
}

/** A settle before whose every write something else happens to the account. */
function settleAfter(world: LedgerWorld, beforeEach: () => Promise<void>): LedgerWorld["ledger"]["settle"] {
  const { store } = world;
  const interrupted = world.ledgerOn({
    ...store,
    update: async (table, key, clauses) => {
      if (clauses.set.includes("#outbox.#request = :record")) await beforeEach();
      return store.update(table, key, clauses);
    },
  });
  return interrupted.settle;
}
