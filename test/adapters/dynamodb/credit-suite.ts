import { expect, test } from "vitest";
import { CreditConflict, UnknownAccount } from "../../../lambda/core/credit-errors.ts";
import { isCredit, isDrainPut } from "../../fakes/dynamodb-call.ts";
import { inOrder } from "../../fakes/fault-plans.ts";
import type { FaultKind } from "../../fakes/faulty-proxy.ts";
import { expectSound } from "./invariants.ts";
import {
  adjustment,
  factsOf,
  type LedgerWorld,
  newAccount,
  readAccountOf,
  take,
  topUp,
} from "./ledger-world.ts";

const LOSSES: readonly FaultKind[] = [
  "lostRequest",
  "lostResponse",
  "delayed",
  "lateDuplicate",
  "throttle",
  "serverError",
];

export function creditSuite(world: () => LedgerWorld): void {
  test("A credit raises both sides and ends in the ledger with its reason.", async () => {
    const accountId = await newAccount(world(), 0n);
    const wanted = { ...adjustment(accountId, "gift", 70n), reason: "sorry for Monday" };
    const entry = await world().ledger.credit(wanted);
    expect(entry).toMatchObject({ entryId: "adj_gift", amountPicoUsd: 70n, reason: "sorry for Monday" });
    expect(await world().ledger.entry(accountId, "adj_gift")).toEqual(entry);
    const account = await readAccountOf(world(), accountId);
    expect([account.availablePicoUsd, account.postedPicoUsd, account.outbox.size]).toEqual([70n, 70n, 0]);
    await expectSound(world(), accountId);
  });

  test("The same credit delivered again, and many at once, is credited once.", async () => {
    const accountId = await newAccount(world(), 0n);
    const deliver = () => world().ledger.credit(topUp(accountId, "pi_1", 70n));
    const first = await deliver();
    const others = await Promise.all(Array.from({ length: 8 }, deliver));
    for (const other of others) expect(other).toEqual(first);
    const atOnce = () => world().ledger.credit(topUp(accountId, "pi_2", 5n));
    await Promise.all(Array.from({ length: 8 }, atOnce));
    expect((await readAccountOf(world(), accountId)).postedPicoUsd).toBe(75n);
    await expectSound(world(), accountId);
  });

  test("Different credits at once are all credited.", async () => {
    const accountId = await newAccount(world(), 0n);
    const payments = Array.from({ length: 10 }, (_, index) => topUp(accountId, `pi_${index}`, 7n));
    await Promise.all(payments.map((payment) => world().ledger.credit(payment)));
    expect((await readAccountOf(world(), accountId)).postedPicoUsd).toBe(70n);
    await expectSound(world(), accountId);
  });

  test("A credit's id used again with another amount is an error that names both, and nothing is written.", async () => {
    const accountId = await newAccount(world(), 0n);
    await world().ledger.credit(topUp(accountId, "pi_3", 70n));
    const conflict = await world()
      .ledger.credit(topUp(accountId, "pi_3", 71n))
      .catch((error: unknown) => error);
    expect(conflict).toBeInstanceOf(CreditConflict);
    expect(String(conflict)).toMatch(/topup_pi_3.*0\.00000000007 USD.*0\.000000000071 USD/);
    expect((await readAccountOf(world(), accountId)).postedPicoUsd).toBe(70n);
  });

  test("A credit to an account that is not there is refused and makes none.", async () => {
    const lost = world().ledger.credit(topUp("acct_nowhere", "pi_4", 70n));
    await expect(lost).rejects.toBeInstanceOf(UnknownAccount);
    expect(await world().ledger.account("acct_nowhere")).toBeUndefined();
  });
}

export function lostCreditSuite(world: () => LedgerWorld): void {
  test.each(LOSSES)("A credit that meets %s is credited once.", async (fault) => {
    const accountId = await newAccount(world(), 10n);
    world().proxy.plan = inOrder([fault], isCredit);
    await world().ledger.credit(topUp(accountId, "pi_5", 70n));
    await world().proxy.flush();
    await world().ledger.credit(topUp(accountId, "pi_5", 70n));
    expect((await readAccountOf(world(), accountId)).postedPicoUsd).toBe(80n);
    await expectSound(world(), accountId);
  });

  test("A credit that another delivery applies and drains between our two reads is not repeated.", async () => {
    const accountId = await newAccount(world(), 0n);
    const payment = topUp(accountId, "pi_7", 70n);
    const { store } = world();
    let reads = 0;
    const interrupted = world().ledgerOn({
      ...store,
      get: async (table, key, read) => {
        const item = await store.get(table, key, read);
        reads += 1;
        if (reads === 1) await world().direct.ledger.credit(payment);
        return item;
      },
    });
    await interrupted.credit(payment);
    expect((await readAccountOf(world(), accountId)).postedPicoUsd).toBe(70n);
    await expectSound(world(), accountId);
  });

  test("A credit that was applied and never drained is found in the outbox, drained and not repeated.", async () => {
    const accountId = await newAccount(world(), 0n);
    world().proxy.plan = (call) => (isDrainPut(call) ? "lostRequest" : undefined);
    await expect(world().ledger.credit(topUp(accountId, "pi_6", 70n))).rejects.toThrow();
    expect((await readAccountOf(world(), accountId)).outbox.size).toBe(1);
    world().proxy.plan = () => undefined;
    await world().ledger.credit(topUp(accountId, "pi_6", 70n));
    const account = await readAccountOf(world(), accountId);
    expect([account.postedPicoUsd, account.outbox.size]).toEqual([70n, 0]);
    await expectSound(world(), accountId);
  });
}

export function negativeCreditSuite(world: () => LedgerWorld): void {
  test("A negative credit that is covered is taken whole.", async () => {
    const accountId = await newAccount(world(), 100n);
    const entry = await world().ledger.credit(adjustment(accountId, "refund", -100n));
    expect(entry).toMatchObject({ amountPicoUsd: -100n, writeOffPicoUsd: 0n });
    expect((await readAccountOf(world(), accountId)).availablePicoUsd).toBe(0n);
    await expectSound(world(), accountId);
  });

  test("A negative credit leaves held money alone: the rest is written off, and repeating it changes nothing.", async () => {
    const accountId = await newAccount(world(), 100n);
    const open = await take(world(), accountId, 60n);
    const dispute = adjustment(accountId, "dispute", -75n);
    const entry = await world().ledger.credit(dispute);
    expect(entry).toMatchObject({ amountPicoUsd: -40n, writeOffPicoUsd: 35n });
    expect(await world().ledger.credit(dispute)).toEqual(entry);
    await world().ledger.settle(open, 60n, factsOf(open));
    const account = await readAccountOf(world(), accountId);
    expect([account.availablePicoUsd, account.postedPicoUsd, account.writeOffPicoUsd]).toEqual([0n, 0n, 35n]);
    await expectSound(world(), accountId);
  });

  test.each([-100n, -150n])(
    "A negative credit of %s whose money is held in between leaves it alone.",
    async (amountPicoUsd) => {
      const accountId = await newAccount(world(), 100n);
      const { store } = world();
      let taken = false;
      const interrupted = world().ledgerOn({
        ...store,
        update: async (table, key, clauses) => {
          if (!taken) {
            taken = true;
            await take(world(), accountId, 70n);
          }
          return store.update(table, key, clauses);
        },
      });
      const entry = await interrupted.credit(adjustment(accountId, "race", amountPicoUsd));
      expect(entry.amountPicoUsd).toBe(-30n);
      expect((await readAccountOf(world(), accountId)).availablePicoUsd).toBe(0n);
      await expectSound(world(), accountId);
    },
  );

  test("Negative credits and holds at once never overdraw.", async () => {
    const accountId = await newAccount(world(), 100n);
    await Promise.all([
      ...Array.from({ length: 5 }, (_, index) =>
        world().ledger.credit(adjustment(accountId, `claw_${index}`, -15n)),
      ),
      ...Array.from({ length: 10 }, () => take(world(), accountId, 10n).catch(() => undefined)),
    ]);
    await expectSound(world(), accountId);
  });

  test("Amounts of 30 digits stay exact to the picodollar.", async () => {
    const accountId = await newAccount(world(), 0n);
    const huge = 123_456_789_012_345_678_901_234_567_891n;
    await world().ledger.credit(topUp(accountId, "huge", huge));
    const open = await take(world(), accountId, huge - 1n);
    await world().ledger.settle(open, huge - 3n, factsOf(open));
    expect((await readAccountOf(world(), accountId)).availablePicoUsd).toBe(3n);
    await expectSound(world(), accountId);
  });
}
