import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { parseUsd } from "../../lambda/core/money.ts";
import { topUpId } from "../../lambda/core/payments-entries.ts";
import { type ReconcileWorld, reconcile } from "../../lambda/payments/reconcile/reconcile.ts";
import {
  availableOf,
  checkout,
  movedCents,
  newAccount,
  openPaymentsWorld,
  type PaymentsWorld,
  payTopUp,
} from "./payments-world.ts";

let world: PaymentsWorld;
beforeAll(async () => {
  world = await openPaymentsWorld();
});
afterAll(() => world.close());
beforeEach(() => {
  world.clock.aheadMs = 0;
  world.stripe.takeEvents();
});

async function compare(accountId: string, changes: Partial<ReconcileWorld> = {}) {
  const run = await reconcile({
    ...world,
    accounts: () => world.accounts.scan(),
    shouldStop: () => false,
    ...changes,
  });
  expect(run).toMatchObject({ complete: true, failed: 0 });
  return run.differences.filter((difference) => difference.accountId === accountId);
}

test("a payment whose events never came is credited within the hour, and told", async () => {
  const accountId = await newAccount(world);
  const paymentId = await payTopUp(world, accountId, "10");
  world.clock.aheadMs = 3_600_000;
  expect(await compare(accountId)).toEqual([{ kind: "missing_credit", paymentId, accountId }]);
  expect(await movedCents(world, accountId)).toEqual({ [topUpId(paymentId)]: [1000, 50] });
  expect(await compare(accountId)).toEqual([]);
});

test("a payment of a moment ago is credited and is no difference: its webhook is on its way", async () => {
  const accountId = await newAccount(world);
  await payTopUp(world, accountId, "10");
  expect(await compare(accountId)).toEqual([]);
  expect(await availableOf(world, accountId)).toBe(parseUsd("10"));
});

test("a refund whose events never came is taken, also of a payment older than the window", async () => {
  const accountId = await newAccount(world);
  const paymentId = await payTopUp(world, accountId, "10");
  for (const event of world.stripe.takeEvents()) await world.deliver(event);
  world.clock.aheadMs = 10 * 86_400_000;
  world.stripe.books.refund(paymentId, 525);
  expect(await compare(accountId)).toEqual([{ kind: "missing_adjustment", paymentId, accountId }]);
  expect(await availableOf(world, accountId)).toBe(parseUsd("5"));
  world.clock.aheadMs += 3_600_000;
  expect(await compare(accountId)).toEqual([]);
});

test.each([
  ["10", []],
  ["11", ["amount_differs"]],
])("a credit of %s USD for 10 that were paid before the window", async (usd, kinds) => {
  const accountId = await newAccount(world);
  const paymentId = await payTopUp(world, accountId, "10");
  world.clock.aheadMs = 4 * 86_400_000;
  await world.ledger.credit({
    ...{ accountId, creditId: topUpId(paymentId), type: "topup", amountPicoUsd: parseUsd(usd) },
    createdAt: new Date(world.nowMs()).toISOString(),
  });
  const found = await compare(accountId, without("touchedSince"));
  expect(found).toEqual(kinds.map((kind) => ({ kind, paymentId, accountId })));
});

test.each([
  ["of a payment that never was", "pi_0000000000000000", "credit_without_payment"],
  ["that names no payment", "by_hand", "credit_without_payment"],
])("a credit %s is found", async (_, paymentId, kind) => {
  const accountId = await newAccount(world);
  await world.ledger.credit({
    accountId,
    creditId: topUpId(paymentId),
    type: "topup",
    amountPicoUsd: parseUsd("10"),
    createdAt: new Date(world.nowMs()).toISOString(),
  });
  expect(await compare(accountId)).toEqual([{ kind, paymentId, accountId }]);
});

test("a payment that is credited to another account, or with another amount, is found", async () => {
  const [payer, other] = [await newAccount(world), await newAccount(world)];
  const paymentId = await payTopUp(world, payer, "10");
  const credit = (accountId: string, usd: string) =>
    world.ledger.credit({
      accountId,
      creditId: topUpId(paymentId),
      type: "topup",
      amountPicoUsd: parseUsd(usd),
      createdAt: new Date(world.nowMs()).toISOString(),
    });
  await credit(payer, "100");
  await credit(other, "10");
  expect(await compare(payer)).toEqual([{ kind: "amount_differs", paymentId, accountId: payer }]);
  expect(await compare(other)).toEqual([{ kind: "credit_without_payment", paymentId, accountId: other }]);
});

test("a run without time stops, and says that it is not complete", async () => {
  await payTopUp(world, await newAccount(world), "10");
  const run = await reconcile({ ...world, accounts: () => world.accounts.scan(), shouldStop: () => true });
  expect(run).toMatchObject({ complete: false, payments: 0, credits: 0 });
});

/** Stripe, one of whose lists is empty. */
const without = (list: "paymentsSince" | "touchedSince") => ({
  processor: { ...world.processor, [list]: async function* () {} },
});

test.each(["paymentsSince", "touchedSince"] as const)(
  "a payment that %s does not list is compared all the same",
  async (list) => {
    const accountId = await newAccount(world);
    const paymentId = await payTopUp(world, accountId, "10");
    world.clock.aheadMs = 3_600_000;
    const missing = [{ kind: "missing_credit", paymentId, accountId }];
    expect(await compare(accountId, without(list))).toEqual(missing);
  },
);

test("a payment that is paid and credited is not looked up again", async () => {
  const accountId = await newAccount(world);
  const paymentId = await payTopUp(world, accountId, "10");
  for (const event of world.stripe.takeEvents()) await world.deliver(event);
  const looked: string[] = [];
  const processor = {
    ...world.processor,
    payment(wanted: string) {
      looked.push(wanted);
      return world.processor.payment(wanted);
    },
  };
  expect(await compare(accountId, { processor })).toEqual([]);
  expect(looked).not.toContain(paymentId);
});

test("a debit that is on its way, or failed, is no difference; a credit for one that failed is", async () => {
  const accountId = await newAccount(world);
  const { books } = world.stripe;
  const debit = books.pay(await checkout(world, accountId, "20"), "debit");
  const paymentId = debit?.id ?? "";
  expect(await compare(accountId, without("touchedSince"))).toEqual([]);
  books.endDebit(paymentId, false);
  expect(await compare(accountId, without("touchedSince"))).toEqual([]);
  await world.ledger.credit({
    ...{ accountId, creditId: topUpId(paymentId), type: "topup", amountPicoUsd: parseUsd("20") },
    createdAt: new Date(world.nowMs() - 10 * 86_400_000).toISOString(),
  });
  // Too old to be looked at from the credit's side.
  expect(await compare(accountId)).toEqual([{ kind: "credit_without_payment", paymentId, accountId }]);
});
