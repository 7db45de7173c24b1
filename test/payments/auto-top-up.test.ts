import { expect, test } from "vitest";
import { parseUsd } from "../../lambda/core/money.ts";
import { autoTopUp } from "../../lambda/payments/auto-top-up/auto-top-up.ts";
import { DECLINED_LATER_CARD, GOOD_CARD } from "../../local/stripe/books.ts";
import { STRIPE_KEY } from "../fakes/stripe-server.ts";
import { availableOf, deliverAll, newAccount, payTopUp, worldForTests } from "./payments-world.ts";
import { chargesOf, fallLow, selfFilling } from "./self-filling.ts";

const world = await worldForTests();

test("a suspended account is not made to pay, and is filled up once it is resumed", async () => {
  const accountId = await selfFilling(world);
  const [low] = await fallLow(world, accountId);
  if (!low) throw new Error("nobody told of it");
  await world.accounts.setStatus(accountId, "suspended");
  expect(await autoTopUp(world, low)).toMatchObject({ paid: [], ended: "off, stopped or suspended" });
  expect(await chargesOf(world, accountId)).toBe(0);
  await world.accounts.setStatus(accountId, "active");
  await world.balances.retell(accountId);
  const [again] = await fallLow(world, accountId, "-1");
  if (!again) throw new Error("nobody told of it again");
  await autoTopUp(world, again);
  expect(await chargesOf(world, accountId)).toBe(1);
});

test("a low balance is filled up once, however often it is told of, at once and afterwards", async () => {
  const accountId = await selfFilling(world);
  const [low] = await fallLow(world, accountId);
  if (!low) throw new Error("nobody told of it");
  await Promise.all([1, 2, 3].map(() => autoTopUp(world, low)));
  await autoTopUp(world, low);
  expect(await chargesOf(world, accountId)).toBe(1);
  expect(await availableOf(world, accountId)).toBe(parseUsd("24"));
  // The webhooks of the same payment change nothing.
  await deliverAll(world);
  expect(await availableOf(world, accountId)).toBe(parseUsd("24"));
  const [receipt] = await world.payments.receipts(accountId);
  expect(receipt).toMatchObject({ automatic: true, totalPicoUsd: parseUsd("21") });
});

test.each(["before", "after"] as const)(
  "a crash %s the credit is made up for, with one charge",
  async (crash) => {
    const accountId = await selfFilling(world);
    const [low] = await fallLow(world, accountId);
    if (!low) throw new Error("nobody told of it");
    world.crashes.push(crash);
    await expect(autoTopUp(world, low)).rejects.toThrow("died");
    // A day later Stripe has forgotten the order's id; the order itself is looked for.
    world.clock.aheadMs = 26 * 3_600_000;
    world.stripe.books.state.answers = {};
    await autoTopUp(world, low);
    expect(await chargesOf(world, accountId)).toBe(1);
    expect(await availableOf(world, accountId)).toBe(parseUsd("24"));
  },
);

test("it happens again for the next crossing, and not more often in a day than its owner wants", async () => {
  const accountId = await selfFilling(world, GOOD_CARD, 2);
  const spends = ["-6", "-20", "-20"];
  for (const usd of spends) {
    for (const low of await fallLow(world, accountId, usd)) await autoTopUp(world, low);
  }
  expect(await chargesOf(world, accountId)).toBe(2);
  expect(await availableOf(world, accountId)).toBe(parseUsd("4"));
});

test("after a decline it stops and says why, until its owner enables it again", async () => {
  const accountId = await selfFilling(world, DECLINED_LATER_CARD);
  const [low] = await fallLow(world, accountId);
  if (!low) throw new Error("nobody told of it");
  expect(await autoTopUp(world, low)).toMatchObject({ paid: [], ended: "declined" });
  await autoTopUp(world, low);
  expect(await chargesOf(world, accountId)).toBe(1);
  const settings = await world.payments.autoTopUp(accountId);
  expect(settings.stoppedBecause).toBe("The saved payment method was declined (generic_decline).");
  const again = { enabled: true, creditPicoUsd: parseUsd("20"), maximumPerDay: 2 };
  expect((await world.payments.setAutoTopUp(accountId, again)).stoppedBecause).toBeUndefined();
  // The balance is low as it was, and is told of again.
  for (const next of await fallLow(world, accountId, "-0.01")) await autoTopUp(world, next);
  expect(await chargesOf(world, accountId)).toBe(2);
});

test("a method that was forgotten is not charged, and no late event brings it back", async () => {
  const accountId = await newAccount(world);
  await payTopUp(world, accountId, "10", GOOD_CARD);
  const events = world.stripe.takeEvents();
  for (const event of events) await world.deliver(event);
  const settings = { enabled: true, creditPicoUsd: parseUsd("20"), maximumPerDay: 2 };
  expect((await world.payments.setAutoTopUp(accountId, settings)).paymentMethod).toEqual({
    brand: "visa",
    last4: "4242",
  });
  const saved = Object.values(world.stripe.books.state.methods).at(-1);
  expect(saved?.customer).toMatch(/^cus_/);
  await world.payments.forgetPaymentMethod(accountId);
  // There as well, where it could be charged without us.
  expect(saved?.customer).toBe(null);
  await world.payments.forgetPaymentMethod(accountId);
  for (const event of events) await world.deliver(event);
  expect(await world.payments.autoTopUp(accountId)).toMatchObject({
    enabled: false,
    paymentMethod: undefined,
  });
  await expect(world.payments.setAutoTopUp(accountId, settings)).rejects.toMatchObject({
    code: "no_payment_method",
  });
  for (const low of await fallLow(world, accountId)) await autoTopUp(world, low);
  expect(await chargesOf(world, accountId)).toBe(0);
});

test("while Stripe takes no request a card is not forgotten, and receipts are listed without its links", async () => {
  const accountId = await newAccount(world);
  const paymentId = await payTopUp(world, accountId, "10", GOOD_CARD);
  await deliverAll(world);
  world.secrets.key = "sk_test_ofSomebodyElse";
  try {
    await expect(world.payments.forgetPaymentMethod(accountId)).rejects.toMatchObject({
      code: "payments_unavailable",
    });
    expect((await world.payments.autoTopUp(accountId)).paymentMethod).toMatchObject({ last4: "4242" });
    expect(await world.payments.receipts(accountId)).toMatchObject([{ paymentId, url: undefined }]);
  } finally {
    world.secrets.key = STRIPE_KEY;
  }
  expect(await world.payments.receipts(accountId)).toMatchObject([
    { paymentId, url: expect.stringContaining(paymentId) },
  ]);
});
