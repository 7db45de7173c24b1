import { expect, test } from "vitest";
import { GatewayError } from "../../../lambda/core/errors.ts";
import { encodeHold } from "../../../lambda/core/hold.ts";
import { decodeOpenHold } from "../../../lambda/core/open-hold.ts";
import { isHold, isRead } from "../../fakes/dynamodb-call.ts";
import { inOrder, NO_FAULTS } from "../../fakes/fault-plans.ts";
import type { FaultKind } from "../../fakes/faulty-proxy.ts";
import { newFullAccount } from "./full-account.ts";
import { expectSound } from "./invariants.ts";
import {
  factsOf,
  holdRequest,
  type LedgerWorld,
  newAccount,
  readAccountOf,
  take,
  topUp,
} from "./ledger-world.ts";

export function holdSuite(world: () => LedgerWorld): void {
  test("A hold moves money from available to held and leaves posted alone.", async () => {
    const accountId = await newAccount(world(), 100n);
    const open = await take(world(), accountId, 30n);
    const account = await readAccountOf(world(), accountId);
    expect(account.availablePicoUsd).toBe(70n);
    expect(account.postedPicoUsd).toBe(100n);
    expect([...account.holds]).toEqual([[open.requestId, open.text]]);
    expect(open.text).toBe(encodeHold(open.hold));
    await expectSound(world(), accountId);
  });

  test("A hold takes the last picodollar and not one more.", async () => {
    const accountId = await newAccount(world(), 100n);
    await take(world(), accountId, 100n);
    const answer = await world().ledger.hold(holdRequest(accountId, 1n));
    expect(answer).toMatchObject({ held: false, refusal: "insufficient_balance" });
    await expectSound(world(), accountId);
  });

  test("A hold that must leave money for others needs all that is required, and takes only its amount.", async () => {
    const accountId = await newAccount(world(), 100n);
    const tooMuch = holdRequest(accountId, 51n, { requiredPicoUsd: 102n });
    expect(await world().ledger.hold(tooMuch)).toMatchObject({ refusal: "insufficient_balance" });
    await take(world(), accountId, 50n, { requiredPicoUsd: 100n });
    expect((await readAccountOf(world(), accountId)).availablePicoUsd).toBe(50n);
  });

  test("Of many holds at once as many are taken as there is money for.", async () => {
    const accountId = await newAccount(world(), 100n);
    const wishes = Array.from({ length: 15 }, () => holdRequest(accountId, 10n));
    const answers = await Promise.all(wishes.map((wish) => world().ledger.hold(wish)));
    expect(answers.filter((answer) => answer.held)).toHaveLength(10);
    expect((await readAccountOf(world(), accountId)).availablePicoUsd).toBe(0n);
    await expectSound(world(), accountId);
  });
}

export function refusalSuite(world: () => LedgerWorld): void {
  test("An account that does not exist, is suspended or has revoked the key refuses with that reason.", async () => {
    expect(await world().ledger.hold(holdRequest("acct_nobody", 1n))).toEqual({
      held: false,
      refusal: "no_account",
      account: undefined,
    });
    const accountId = await newAccount(world(), 100n);
    await world().accounts.setStatus(accountId, "suspended");
    expect(await world().ledger.hold(holdRequest(accountId, 1n))).toMatchObject({ refusal: "suspended" });
    await world().accounts.setStatus(accountId, "active");
    await revokeKey(world(), accountId, "key_stolen");
    const stolen = holdRequest(accountId, 1n, { keyId: "key_stolen" });
    expect(await world().ledger.hold(stolen)).toMatchObject({ refusal: "key_revoked" });
    await take(world(), accountId, 1n, { keyId: "key_stole" });
  });

  test("A suspended account and a revoked key still settle what they hold.", async () => {
    const accountId = await newAccount(world(), 100n);
    const open = await take(world(), accountId, 30n, { keyId: "key_9" });
    await world().accounts.setStatus(accountId, "suspended");
    await revokeKey(world(), accountId, "key_9");
    await world().ledger.settle(open, 20n, factsOf(open));
    expect((await readAccountOf(world(), accountId)).availablePicoUsd).toBe(80n);
  });

  test("A request id that is held, or settled and not yet drained, is refused as known.", async () => {
    const accountId = await newAccount(world(), 100n);
    const open = await take(world(), accountId, 10n, { requestId: "req_same" });
    const again = holdRequest(accountId, 10n, { requestId: "req_same" });
    expect(await world().ledger.hold(again)).toMatchObject({ refusal: "already_known" });
    await world().ledger.settle(open, 4n, factsOf(open));
    expect(await world().ledger.hold(again)).toMatchObject({ refusal: "already_known" });
    await expectSound(world(), accountId);
  });
}

export function lostHoldSuite(world: () => LedgerWorld): void {
  test("A hold whose answer was lost is adopted with the string that is stored.", async () => {
    const accountId = await newAccount(world(), 100n);
    await faulted(world(), ["lostResponse"], async () => {
      const open = await take(world(), accountId, 30n);
      const { holds, availablePicoUsd } = await readAccountOf(world(), accountId);
      expect([...holds.values()]).toEqual([open.text]);
      expect(availablePicoUsd).toBe(70n);
    });
  });

  test("A hold whose answer was lost is ours even when nothing is left for a second try.", async () => {
    const accountId = await newAccount(world(), 30n);
    await faulted(world(), ["lostResponse"], () => take(world(), accountId, 30n));
    expect((await readAccountOf(world(), accountId)).holds.size).toBe(1);
  });

  test("A first try that lands after the second was settled and drained changes nothing that counts.", async () => {
    const accountId = await newAccount(world(), 100n);
    const open = await faulted(world(), ["delayed"], () => take(world(), accountId, 30n));
    const { entry } = await world().ledger.settle(open, 20n, factsOf(open));
    if (!entry) throw new Error("settled without an entry");
    await world().ledger.drain(entry);
    await world().proxy.flush();
    await world().ledger.settle(open, 20n, factsOf(open));
    await expectSound(world(), accountId);
    const { postedPicoUsd, holds } = await readAccountOf(world(), accountId);
    expect(postedPicoUsd).toBe(80n);
    for (const text of holds.values()) expect(text).not.toBe(open.text);
  });

  test.each<{ fault: FaultKind; code: string }>([
    { fault: "throttle", code: "rate_limit_exceeded" },
    { fault: "lostRequest", code: "service_unavailable" },
    { fault: "delayed", code: "service_unavailable" },
  ])("Tries that all end in $fault are a $code without a hold.", async ({ fault, code }) => {
    const accountId = await newAccount(world(), 100n);
    await faulted(world(), [fault, fault, fault, fault], async () => {
      const failed = await world()
        .ledger.hold(holdRequest(accountId, 30n))
        .catch((error: unknown) => error);
      expect(failed).toBeInstanceOf(GatewayError);
      expect(failed).toMatchObject({ code, retryable: true });
    });
    await world().proxy.flush();
    await expectSound(world(), accountId);
  });

  test("When the store stops answering after a refusal, the refusal still ends in a GatewayError.", async () => {
    world().proxy.plan = (call) => (isRead(call) ? "lostRequest" : undefined);
    const answer = await world()
      .ledger.hold(holdRequest("acct_nobody", 1n))
      .catch((error: unknown) => error);
    world().proxy.plan = NO_FAULTS;
    expect(answer).toBeInstanceOf(GatewayError);
    expect(answer).toMatchObject({ code: "service_unavailable" });
  });
}

export function fullAccountSuite(world: () => LedgerWorld): void {
  test("The 257th open request is refused.", async () => {
    const accountId = await newFullAccount(world(), { holds: 255, records: 0 });
    const open = await take(world(), accountId, 1n);
    expect(await world().ledger.hold(holdRequest(accountId, 1n))).toMatchObject({ refusal: "too_many_open" });
    await world().ledger.release(open);
    await take(world(), accountId, 1n);
    await expectSound(world(), accountId);
  });

  test("While 256 records wait to be drained nothing new is held, and every open request still settles.", async () => {
    const accountId = await newFullAccount(world(), { holds: 3, records: 256 });
    expect(await world().ledger.hold(holdRequest(accountId, 1n))).toMatchObject({ refusal: "too_many_open" });
    const { holds } = await readAccountOf(world(), accountId);
    for (const [requestId, text] of holds) {
      const open = decodeOpenHold(accountId, requestId, text);
      await world().ledger.settle(open, 1n, factsOf(open));
    }
    await world().ledger.credit(topUp(accountId, "full", 5n));
    const { outbox } = await readAccountOf(world(), accountId);
    expect(outbox.size).toBe(259);
    for (const record of [...outbox.values()].slice(0, 4)) await world().ledger.drain(record);
    await take(world(), accountId, 1n);
    await expectSound(world(), accountId);
  });
}

/** Runs an action while the first HOLDs it sends meet the given faults. */
async function faulted<T>(world: LedgerWorld, faults: FaultKind[], action: () => Promise<T>): Promise<T> {
  world.proxy.plan = inOrder(faults, isHold);
  try {
    return await action();
  } finally {
    world.proxy.plan = NO_FAULTS;
  }
}

async function revokeKey(world: LedgerWorld, accountId: string, keyId: string): Promise<void> {
  const key = {
    keyHash: `hash of ${accountId} ${keyId}`,
    keyId,
    accountId,
    name: "test",
    last4: "wxyz",
    createdAt: "2026-11-23T12:00:00.000Z",
    status: "active",
  } as const;
  await world.apiKeys.create(key);
  await world.apiKeys.revoke(key);
  await world.apiKeys.revoke(key);
}
