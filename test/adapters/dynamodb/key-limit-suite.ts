import { expect, test } from "vitest";
import { keyPeriodOf } from "../../../lambda/core/hold.ts";
import type { PicoUsd } from "../../../lambda/core/money.ts";
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

const NOVEMBER = keyPeriodOf("key_1", { period: "month" }, START_MS);
const DECEMBER = keyPeriodOf("key_1", { period: "month" }, Date.UTC(2026, 11, 1));
const TOTAL = keyPeriodOf("key_1", { period: "total" }, START_MS);

export function keyLimitSuite(world: () => LedgerWorld): void {
  test.each([TOTAL, NOVEMBER])(
    "The limit of %s counts what is held and what is charged, to the picodollar.",
    async (keyPeriod) => {
      const accountId = await newAccount(world(), 1_000n);
      const limited = { keyPeriod, limitPicoUsd: 100n };
      const open = await take(world(), accountId, 70n, limited);
      const over = holdRequest(accountId, 31n, limited);
      expect(await world().ledger.hold(over)).toMatchObject({ held: false, refusal: "key_limit" });
      await take(world(), accountId, 30n, limited);
      await world().ledger.settle(open, 20n, factsOf(open));
      expect(await spent(world(), accountId, keyPeriod)).toBe(50n);
      await take(world(), accountId, 50n, limited);
      expect(await spent(world(), accountId, keyPeriod)).toBe(100n);
      await expectSound(world(), accountId);
    },
  );

  test("A first hold above the limit is refused, though nothing is counted yet.", async () => {
    const accountId = await newAccount(world(), 1_000n);
    const wish = holdRequest(accountId, 101n, { keyPeriod: TOTAL, limitPicoUsd: 100n });
    expect(await world().ledger.hold(wish)).toMatchObject({ held: false, refusal: "key_limit" });
    const nothing = holdRequest(accountId, 1n, { keyPeriod: TOTAL, limitPicoUsd: 0n });
    expect(await world().ledger.hold(nothing)).toMatchObject({ held: false, refusal: "key_limit" });
    expect((await readAccountOf(world(), accountId)).availablePicoUsd).toBe(1_000n);
  });

  test("Of many holds at once the key gets as many as its limit allows.", async () => {
    const accountId = await newAccount(world(), 1_000n);
    const wishes = Array.from({ length: 12 }, () =>
      holdRequest(accountId, 10n, { keyPeriod: NOVEMBER, limitPicoUsd: 75n }),
    );
    const answers = await Promise.all(wishes.map((wish) => world().ledger.hold(wish)));
    expect(answers.filter((answer) => answer.held)).toHaveLength(7);
    expect(await spent(world(), accountId, NOVEMBER)).toBe(70n);
    await expectSound(world(), accountId);
  });

  test("At the month's turn money goes back to the month it was held in.", async () => {
    const accountId = await newAccount(world(), 1_000n);
    const settled = await take(world(), accountId, 40n, { keyPeriod: NOVEMBER, limitPicoUsd: 100n });
    const released = await take(world(), accountId, 30n, { keyPeriod: NOVEMBER, limitPicoUsd: 100n });
    const expired = await take(world(), accountId, 20n, { keyPeriod: NOVEMBER, limitPicoUsd: 100n });
    await take(world(), accountId, 90n, { keyPeriod: DECEMBER, limitPicoUsd: 100n });
    await world().ledger.settle(settled, 15n, factsOf(settled));
    await world().ledger.release(released);
    await world().ledger.expire(expired, factsOf(expired, "expired"));
    expect(await spent(world(), accountId, NOVEMBER)).toBe(15n);
    expect(await spent(world(), accountId, DECEMBER)).toBe(90n);
    await expectSound(world(), accountId);
  });
}

export function keyGiveBackSuite(world: () => LedgerWorld): void {
  test("A limit that is added, changed or removed while a request runs leaves that request's count exact.", async () => {
    const accountId = await newAccount(world(), 1_000n);
    const before = await take(world(), accountId, 40n);
    const limited = await take(world(), accountId, 50n, { keyPeriod: TOTAL, limitPicoUsd: 60n });
    const lower = holdRequest(accountId, 1n, { keyPeriod: TOTAL, limitPicoUsd: 30n });
    expect(await world().ledger.hold(lower)).toMatchObject({ refusal: "key_limit" });
    await world().ledger.settle(before, 40n, factsOf(before));
    expect(await spent(world(), accountId, TOTAL)).toBe(50n);
    const removed = await take(world(), accountId, 500n);
    await world().ledger.settle(limited, 10n, factsOf(limited));
    await world().ledger.settle(removed, 500n, factsOf(removed));
    expect(await spent(world(), accountId, TOTAL)).toBe(10n);
    await take(world(), accountId, 20n, { keyPeriod: TOTAL, limitPicoUsd: 30n });
    await expectSound(world(), accountId);
  });

  test("Settling, releasing and expiring twice give a key's spend back once.", async () => {
    const accountId = await newAccount(world(), 1_000n);
    const limited = { keyPeriod: TOTAL, limitPicoUsd: 500n };
    const first = await take(world(), accountId, 40n, limited);
    const second = await take(world(), accountId, 50n, limited);
    const third = await take(world(), accountId, 60n, limited);
    for (let round = 0; round < 2; round++) {
      await world().ledger.settle(first, 30n, factsOf(first));
      await world().ledger.release(second);
      await world().ledger.expire(third, factsOf(third, "expired"));
    }
    expect(await spent(world(), accountId, TOTAL)).toBe(30n);
  });

  test("What an overrun takes beyond the hold counts against the key; what is written off does not.", async () => {
    const accountId = await newAccount(world(), 100n);
    const open = await take(world(), accountId, 30n, { keyPeriod: TOTAL, limitPicoUsd: 50n });
    await world().ledger.settle(open, 70n, factsOf(open));
    expect(await spent(world(), accountId, TOTAL)).toBe(70n);
    const next = await take(world(), accountId, 20n, { keyPeriod: NOVEMBER, limitPicoUsd: 50n });
    await world().ledger.settle(next, 90n, factsOf(next));
    expect(await spent(world(), accountId, NOVEMBER)).toBe(30n);
    await expectSound(world(), accountId);
  });

  test("A late charge counts against the period of its hold, as far as it was taken.", async () => {
    const accountId = await newAccount(world(), 100n);
    const first = await take(world(), accountId, 30n, { keyPeriod: NOVEMBER, limitPicoUsd: 50n });
    await world().ledger.expire(first, factsOf(first, "expired"));
    await world().ledger.settle(first, 20n, factsOf(first));
    await world().ledger.settle(first, 20n, factsOf(first));
    expect(await spent(world(), accountId, NOVEMBER)).toBe(20n);
    const second = await take(world(), accountId, 30n, { keyPeriod: TOTAL, limitPicoUsd: 50n });
    await world().ledger.expire(second, factsOf(second, "expired"));
    const { entry } = await world().ledger.settle(second, 99n, factsOf(second));
    expect(entry).toMatchObject({ amountPicoUsd: -80n, writeOffPicoUsd: 19n });
    expect(await spent(world(), accountId, TOTAL)).toBe(80n);
    await expectSound(world(), accountId);
  });
}

async function spent(world: LedgerWorld, accountId: string, keyPeriod: string): Promise<PicoUsd | undefined> {
  return (await readAccountOf(world, accountId)).keySpendPicoUsd.get(keyPeriod);
}
