import { expect, test } from "vitest";
import { entryItem } from "../../../lambda/adapters/dynamodb/items.ts";
import { StoreError } from "../../../lambda/adapters/dynamodb/store.ts";
import { decodeOpenHold } from "../../../lambda/core/open-hold.ts";
import { isHold, isSettle } from "../../fakes/dynamodb-call.ts";
import { inOrder } from "../../fakes/fault-plans.ts";
import { expectSound } from "./invariants.ts";
import {
  factsOf,
  holdRequest,
  type LedgerWorld,
  newAccount,
  readAccountOf,
  START_MS,
  take,
} from "./ledger-world.ts";

export function expireSuite(world: () => LedgerWorld): void {
  test("An abandoned hold ends at zero with an entry that says so; twice is a success.", async () => {
    const accountId = await newAccount(world(), 100n);
    const open = await take(world(), accountId, 30n);
    const expire = () => world().ledger.expire(open, factsOf(open, "expired"));
    expect(await expire()).toBe("expired");
    await Promise.all([expire(), expire()]);
    const entry = (await expectSound(world(), accountId)).get(open.requestId);
    expect(entry).toMatchObject({ amountPicoUsd: 0n, charge: { outcome: "expired" } });
    expect((await readAccountOf(world(), accountId)).availablePicoUsd).toBe(100n);
  });

  test("A copy of HOLD that lands after the request was settled and drained is given back.", async () => {
    const accountId = await newAccount(world(), 100n);
    world().proxy.plan = inOrder(["lateDuplicate"], isHold);
    const open = await take(world(), accountId, 30n);
    const { entry } = await world().ledger.settle(open, 12n, factsOf(open));
    if (!entry) throw new Error("settled without an entry");
    await world().ledger.drain(entry);
    await world().proxy.flush();
    expect((await readAccountOf(world(), accountId)).availablePicoUsd).toBe(58n);
    expect(await world().ledger.expire(open, factsOf(open, "expired"))).toBe("given_back");
    expect(await world().ledger.expire(open, factsOf(open, "expired"))).toBe("given_back");
    expect((await readAccountOf(world(), accountId)).availablePicoUsd).toBe(88n);
    await expectSound(world(), accountId);
  });

  test("A HOLD that comes later than AWS's five minutes never lands.", async () => {
    const accountId = await newAccount(world(), 100n);
    world().proxy.plan = inOrder(["delayed"], isHold);
    const open = await take(world(), accountId, 30n);
    await world().ledger.expire(open, factsOf(open, "expired"));
    const refused = world().proxy.refusedAsStale;
    world().clock.nowMs += 300_001;
    await world().proxy.flush();
    world().clock.nowMs -= 300_001;
    expect(world().proxy.refusedAsStale).toBe(refused + 1);
    expect((await readAccountOf(world(), accountId)).holds.size).toBe(0);
  });
}

export function standstillSuite(world: () => LedgerWorld): void {
  test("Standing still between two tries of HOLD, a request whose first try was swept does not hold again.", async () => {
    const accountId = await newAccount(world(), 100n);
    const request = holdRequest(accountId, 30n, { requestId: "req_asleep" });
    let tries = 0;
    const ledger = world().ledgerOn({
      ...world().store,
      // The first try lands, its answer is lost, and the machine sleeps until the sweeper has been there.
      async update(table, key, clauses) {
        const answer = await world().store.update(table, key, clauses);
        if (!clauses.set.includes("#holds.#request = :hold") || ++tries > 1) return answer;
        world().clock.nowMs = request.hold.expiresAtMs + 1;
        await sweepHold(world(), accountId, "req_asleep");
        throw new StoreError("unknown", new Error("the answer was lost"));
      },
    });
    await expect(ledger.hold(request)).rejects.toMatchObject({ code: "service_unavailable" });
    world().clock.nowMs = START_MS;
    expect(tries).toBe(1);
    const account = await readAccountOf(world(), accountId);
    expect([...account.holds.keys(), ...account.outbox.keys()]).toEqual([]);
    expect(account.availablePicoUsd).toBe(100n);
    await expectSound(world(), accountId);
  });

  test("Standing still just before a try of HOLD is signed, a request does not send it.", async () => {
    const accountId = await newAccount(world(), 100n);
    const request = holdRequest(accountId, 30n);
    const ledger = world().ledgerOn({
      ...world().store,
      update(table, key, clauses) {
        world().clock.nowMs = request.hold.expiresAtMs + 1;
        return world().store.update(table, key, clauses);
      },
    });
    await expect(ledger.hold(request)).rejects.toMatchObject({ code: "service_unavailable" });
    world().clock.nowMs = START_MS;
    expect((await readAccountOf(world(), accountId)).availablePicoUsd).toBe(100n);
  });

  test("A try of HOLD that could land after its expiry is not sent.", async () => {
    const accountId = await newAccount(world(), 100n);
    const justTooLate = holdRequest(accountId, 1n, { expiresAtMs: START_MS + 300_000 });
    await expect(world().ledger.hold(justTooLate)).rejects.toMatchObject({ code: "service_unavailable" });
    await take(world(), accountId, 1n, { expiresAtMs: START_MS + 300_001 });
    expect((await readAccountOf(world(), accountId)).availablePicoUsd).toBe(99n);
  });

  test("A record whose id has another entry in the ledger stays in the outbox, for everybody to see.", async () => {
    const accountId = await newAccount(world(), 100n);
    const open = await take(world(), accountId, 30n);
    const { entry } = await world().ledger.settle(open, 12n, factsOf(open));
    if (!entry) throw new Error("settled without an entry");
    const other = { ...entry, amountPicoUsd: 0n };
    await world().store.putIfAbsent(world().tables.ledger, entryItem(other), "entryId");
    await expect(world().ledger.drain(entry)).rejects.toThrow("another entry");
    expect([...(await readAccountOf(world(), accountId)).outbox.keys()]).toEqual([open.requestId]);
  });
}

/** What the sweeper does with a hold past its expiry, to the end. */
async function sweepHold(world: LedgerWorld, accountId: string, requestId: string): Promise<void> {
  const held = (await readAccountOf(world, accountId)).holds.get(requestId);
  if (held === undefined) throw new Error("nothing is held");
  const open = decodeOpenHold(accountId, requestId, held);
  await world.direct.ledger.expire(open, factsOf(open, "expired"));
  for (const entry of (await readAccountOf(world, accountId)).outbox.values()) {
    await world.direct.ledger.drain(entry);
  }
}

export function lateSuite(world: () => LedgerWorld): void {
  test("A settle that finds its hold expired posts a late charge, once, drained or not.", async () => {
    const accountId = await newAccount(world(), 100n);
    const open = await take(world(), accountId, 30n);
    await world().ledger.expire(open, factsOf(open, "expired"));
    const settle = () => world().ledger.settle(open, 12n, factsOf(open));
    const first = await settle();
    expect(first).toMatchObject({ late: true, entry: { type: "late", amountPicoUsd: -12n } });
    const expired = (await readAccountOf(world(), accountId)).outbox.get(open.requestId);
    if (expired) await world().ledger.drain(expired);
    const [second, third] = await Promise.all([settle(), settle()]);
    expect(second).toEqual(first);
    expect(third).toEqual(first);
    const entries = await expectSound(world(), accountId);
    expect(entries.get(`late_${open.requestId}`)?.charge).toEqual(factsOf(open));
    expect((await readAccountOf(world(), accountId)).postedPicoUsd).toBe(88n);
  });

  test("A late charge above what is available is taken as far as it goes.", async () => {
    const accountId = await newAccount(world(), 100n);
    const open = await take(world(), accountId, 30n);
    await world().ledger.expire(open, factsOf(open, "expired"));
    const { entry } = await world().ledger.settle(open, 130n, factsOf(open));
    expect(entry).toMatchObject({ amountPicoUsd: -100n, writeOffPicoUsd: 30n });
    await expectSound(world(), accountId);
  });

  test("A late settle of nothing leaves no late entry.", async () => {
    const accountId = await newAccount(world(), 100n);
    const open = await take(world(), accountId, 30n);
    await world().ledger.expire(open, factsOf(open, "expired"));
    await world().ledger.settle(open, 0n, factsOf(open, "failed"));
    expect((await expectSound(world(), accountId)).has(`late_${open.requestId}`)).toBe(false);
  });

  test("A settle and an expiry at once end the hold once, and the cost is charged either way.", async () => {
    const accountId = await newAccount(world(), 1_000n);
    const opens = await Promise.all(Array.from({ length: 12 }, () => take(world(), accountId, 30n)));
    await Promise.all(
      opens.flatMap((open) => [
        world().ledger.expire(open, factsOf(open, "expired")),
        world().ledger.settle(open, 10n, factsOf(open)),
      ]),
    );
    const { postedPicoUsd, availablePicoUsd } = await readAccountOf(world(), accountId);
    expect([postedPicoUsd, availablePicoUsd]).toEqual([880n, 880n]);
    await expectSound(world(), accountId);
  });

  test("A settle that arrives after its hold expired is refused by the store and charged late by its retry.", async () => {
    const accountId = await newAccount(world(), 100n);
    const open = await take(world(), accountId, 30n);
    // The first try is lost on the way; before the second, the sweeper ends the hold.
    let tries = 0;
    world().proxy.plan = (call) => (isSettle(call) && ++tries === 1 ? "delayed" : undefined);
    const ledger = world().ledgerOn({
      ...world().store,
      update: async (table, key, clauses) => {
        if (tries === 1) await world().direct.ledger.expire(open, factsOf(open, "expired"));
        return world().store.update(table, key, clauses);
      },
    });
    expect(await ledger.settle(open, 12n, factsOf(open))).toMatchObject({ late: true });
    await world().proxy.flush();
    expect((await readAccountOf(world(), accountId)).postedPicoUsd).toBe(88n);
    await expectSound(world(), accountId);
  });
}
