// Automatic top-ups that break off, fail, or are changed by their owner meanwhile.
import { expect, test } from "vitest";
import { parseUsd } from "../../lambda/core/money.ts";
import { autoTopUp } from "../../lambda/payments/auto-top-up/auto-top-up.ts";
import { settlePayment } from "../../lambda/payments/settle-payment.ts";
import { GOOD_CARD } from "../../local/stripe/books.ts";
import { STRIPE_KEY } from "../fakes/stripe-server.ts";
import { availableOf, deliverAll, newAccount, payTopUp, worldForTests } from "./payments-world.ts";
import { chargesOf, fallLow, selfFilling } from "./self-filling.ts";

const world = await worldForTests();

test("an order that could not be written down, because its owner switched it off just then, is not charged", async () => {
  const accountId = await selfFilling(world);
  const [low] = await fallLow(world, accountId);
  if (!low) throw new Error("nobody told of it");
  const profiles = {
    ...world.profiles,
    async replace(...wanted: Parameters<typeof world.profiles.replace>) {
      const settings = { enabled: false, creditPicoUsd: parseUsd("20"), maximumPerDay: 2 };
      await world.payments.setAutoTopUp(accountId, settings);
      return await world.profiles.replace(...wanted);
    },
  };
  const report = await autoTopUp({ ...world, profiles }, low);
  expect(report).toMatchObject({ paid: [], ended: "off, stopped or suspended" });
  expect(await chargesOf(world, accountId)).toBe(0);
});

/** Breaks off before anything is charged: the order is written down, and Stripe takes no request. */
async function brokenOff(accountId: string) {
  const [low] = await fallLow(world, accountId);
  if (!low) throw new Error("nobody told of it");
  world.secrets.key = "sk_test_ofSomebodyElse";
  try {
    await expect(autoTopUp(world, low)).rejects.toMatchObject({ code: "payments_unavailable" });
  } finally {
    world.secrets.key = STRIPE_KEY;
  }
  return low;
}

test("while Stripe takes no request an order waits, and is no decline", async () => {
  const accountId = await selfFilling(world);
  const low = await brokenOff(accountId);
  // It is looked for before it is charged: the account's other payments are not it.
  expect((await world.payments.autoTopUp(accountId)).stoppedBecause).toBeUndefined();
  expect((await autoTopUp(world, low)).paid).toHaveLength(1);
  expect(await chargesOf(world, accountId)).toBe(1);
});

test("a card is kept only where its owner agreed; without one, or without payments, nothing is switched on", async () => {
  const accountId = await newAccount(world);
  const off = { enabled: false, creditPicoUsd: parseUsd("10"), maximumPerDay: 1 };
  expect(await world.payments.autoTopUp(accountId)).toMatchObject({ ...off, paymentMethod: undefined });
  await payTopUp(world, accountId, "10");
  await deliverAll(world);
  expect((await world.payments.autoTopUp(accountId)).paymentMethod).toBeUndefined();
  const [receipt] = await world.payments.receipts(accountId);
  expect(receipt?.refundedPicoUsd).toBe(0n);
  const wanted = { enabled: false, creditPicoUsd: parseUsd("25"), maximumPerDay: 9 };
  expect(await world.payments.setAutoTopUp(accountId, wanted)).toMatchObject({ ...wanted, maximumPerDay: 3 });
  world.secrets.key = undefined;
  try {
    const refused = world.payments.setAutoTopUp(accountId, { ...wanted, enabled: true });
    await expect(refused).rejects.toMatchObject({ code: "payments_off" });
    expect((await world.payments.setAutoTopUp(accountId, wanted)).enabled).toBe(false);
  } finally {
    world.secrets.key = STRIPE_KEY;
  }
});

test("a card that was never used for automatic top-ups can be forgotten", async () => {
  const accountId = await newAccount(world);
  await payTopUp(world, accountId, "10", GOOD_CARD);
  await deliverAll(world);
  await world.payments.forgetPaymentMethod(accountId);
  expect(await world.payments.autoTopUp(accountId)).toMatchObject({
    ...{ enabled: false, creditPicoUsd: parseUsd("10"), paymentMethod: undefined },
  });
});

test("an order that was never charged is given up after a day, and another takes its place", async () => {
  const accountId = await selfFilling(world);
  const low = await brokenOff(accountId);
  world.clock.aheadMs = 26 * 3_600_000;
  const second = `low_${accountId}_${low.sequence}_2`;
  expect((await autoTopUp(world, low)).paid).toEqual([second]);
  const orders = Object.values(world.stripe.books.state.intents)
    .filter(({ metadata }) => metadata["wlrouter_account"] === accountId)
    .flatMap(({ metadata }) => metadata["wlrouter_order"] ?? []);
  expect(orders).toEqual([second]);
});

test("an order that was charged is not charged again within the day, though Stripe has forgotten it", async () => {
  const accountId = await selfFilling(world);
  const [low] = await fallLow(world, accountId);
  if (!low) throw new Error("nobody told of it");
  world.crashes.push("before");
  await expect(autoTopUp(world, low)).rejects.toThrow("died");
  world.stripe.books.state.answers = {};
  await autoTopUp(world, low);
  expect(await chargesOf(world, accountId)).toBe(1);
  expect(await availableOf(world, accountId)).toBe(parseUsd("24"));
});

test("a debit for an automatic top-up that fails in the end stops further ones", async () => {
  const accountId = await selfFilling(world);
  const low = await brokenOff(accountId);
  const orderId = `low_${accountId}_${low.sequence}_1`;
  const [paid] = await Array.fromAsync(world.processor.paymentsSince(world.nowMs() - 60_000));
  const payment = await world.processor.payment(paid?.paymentId ?? "");
  if (!payment) throw new Error("there is none");
  await settlePayment(world, { ...payment, accountId, orderId, state: "not_paid" });
  const { stoppedBecause } = await world.payments.autoTopUp(accountId);
  expect(stoppedBecause).toBe("The payment of an automatic top-up failed.");
});

test("an amount that the configuration no longer allows stops it, and says why; nobody's account does nothing", async () => {
  const accountId = await selfFilling(world);
  const [low] = await fallLow(world, accountId);
  if (!low) throw new Error("nobody told of it");
  const terms = { ...world.terms, minimumTopUpUsd: "25" };
  expect(await autoTopUp({ ...world, terms }, low)).toMatchObject({ paid: [], ended: "stopped" });
  const { stoppedBecause } = await world.payments.autoTopUp(accountId);
  expect(stoppedBecause).toContain("the smallest top-up is 25.00 USD");
  const nobody = await autoTopUp(world, { ...low, accountId: "acct_nobody" });
  expect(nobody.ended).toBe("no such account");
});

test("a card that was removed at Stripe is declined, and can be forgotten here", async () => {
  const accountId = await selfFilling(world);
  const [low] = await fallLow(world, accountId);
  const stored = await world.profiles.read(accountId);
  const { method, customerId = "" } = stored?.profile ?? {};
  if (!low || !method) throw new Error("nothing was saved");
  await world.processor.forgetMethod({ ...method, customerId });
  expect(await autoTopUp(world, low)).toMatchObject({ paid: [], ended: "declined" });
  await world.payments.forgetPaymentMethod(accountId);
  expect((await world.payments.autoTopUp(accountId)).paymentMethod).toBeUndefined();
});

test.each([
  ["that takes days", { state: "pending" }, "not_paid_yet"],
  ["of another amount", { receivedCents: 1n }, "amount_differs"],
] as const)("a payment %s is not taken for money that came", async (_, changes, ended) => {
  const accountId = await selfFilling(world);
  const [low] = await fallLow(world, accountId);
  if (!low) throw new Error("nobody told of it");
  const payment = async (paymentId: string) => {
    const made = await world.processor.payment(paymentId);
    return made && { ...made, ...changes };
  };
  const processor = { ...world.processor, payment };
  expect(await autoTopUp({ ...world, processor }, low)).toEqual({ accountId, paid: [], ended });
  expect(await availableOf(world, accountId)).toBe(parseUsd("4"));
});
