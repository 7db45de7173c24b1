// What comes back of a payment: refunds and disputes, told of in any order.
import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { parseUsd } from "../../lambda/core/money.ts";
import { settlePayment } from "../../lambda/payments/settle-payment.ts";
import {
  availableOf,
  checkout,
  deliverAll,
  moveBy,
  movedCents,
  newAccount,
  payTopUp,
  worldForTests,
} from "./payments-world.ts";

const world = await worldForTests();

test("a refund that is told of before its payment credits the payment first; its fee follows in proportion", async () => {
  const accountId = await newAccount(world);
  const paymentId = await payTopUp(world, accountId, "10");
  world.stripe.takeEvents();
  await world.payments.refund({
    ...{ accountId, paymentId, refundId: "form-1", reason: "asked for" },
    creditPicoUsd: parseUsd("3.33"),
  });
  const [event] = world.stripe.takeEvents();
  const refund = Object.values(world.stripe.books.state.refunds).find(
    ({ payment_intent }) => payment_intent === paymentId,
  );
  // 3.33 of 10.00 credit are 3.4965 of 10.50: in the customer's favour 3.50.
  expect(refund?.amount).toBe(350);
  expect((await world.deliver(event ?? {})).body.posted).toEqual([
    `topup_${paymentId}`,
    `refund_${paymentId}_${refund?.id}`,
  ]);
  expect(await movedCents(world, accountId)).toEqual({
    [`topup_${paymentId}`]: [1000, 50],
    [`refund_${paymentId}_${refund?.id}`]: [-333, -17],
  });
  const [receipt] = await world.payments.receipts(accountId);
  expect(receipt).toMatchObject({ paymentId, refundedPicoUsd: parseUsd("3.5"), automatic: false });
  expect(receipt?.url).toContain(`/receipts/${paymentId}`);
});

test("a refund that is asked for twice is one, and there is never more than is left", async () => {
  const accountId = await newAccount(world);
  const paymentId = await payTopUp(world, accountId, "10");
  const request = {
    accountId,
    paymentId,
    refundId: "form-2",
    reason: "asked for",
    creditPicoUsd: parseUsd("4"),
  };
  await world.payments.refund(request);
  await world.payments.refund(request);
  await expect(world.payments.refund({ ...request, creditPicoUsd: parseUsd("5") })).rejects.toMatchObject({
    code: "payment_conflict",
  });
  await expect(
    world.payments.refund({ ...request, refundId: "form-3", creditPicoUsd: parseUsd("6.01") }),
  ).rejects.toMatchObject({ code: "invalid_amount", message: expect.stringContaining("6.00 USD") });
  await world.payments.refund({ ...request, refundId: "form-4", creditPicoUsd: undefined });
  await deliverAll(world);
  expect(await availableOf(world, accountId)).toBe(0n);
  const stranger = { ...request, accountId: await newAccount(world), refundId: "form-5" };
  await expect(world.payments.refund(stranger)).rejects.toMatchObject({ code: "payment_not_found" });
});

test("a refund that failed is given back before a later one is taken", async () => {
  const accountId = await newAccount(world);
  const paymentId = await payTopUp(world, accountId, "10");
  const { books } = world.stripe;
  const failing = books.refund(paymentId, undefined);
  await deliverAll(world);
  expect(await availableOf(world, accountId)).toBe(0n);
  books.failRefund(failing?.id ?? "");
  books.refund(paymentId, undefined);
  await deliverAll(world);
  expect(await availableOf(world, accountId)).toBe(0n);
  const givenBack = await world.ledger.entry(accountId, `refund_${paymentId}_${failing?.id}_failed`);
  expect(givenBack).toMatchObject({ type: "refund", amountPicoUsd: parseUsd("10") });
});

test("a dispute takes what is there; won, it gives back what was taken, not what had been spent", async () => {
  const accountId = await newAccount(world);
  const paymentId = await payTopUp(world, accountId, "10");
  await deliverAll(world);
  await moveBy(world, accountId, "-7");
  const dispute = world.stripe.books.dispute(paymentId, 1050);
  await deliverAll(world);
  expect(await availableOf(world, accountId)).toBe(0n);
  world.stripe.books.endDispute(dispute?.id ?? "", true);
  await deliverAll(world);
  expect(await availableOf(world, accountId)).toBe(parseUsd("3"));
  const account = await world.ledger.account(accountId);
  expect(account?.writeOffPicoUsd).toBe(parseUsd("7"));
  const entryId = `dispute_${paymentId}_${dispute?.id}_reinstated`;
  expect(await world.ledger.entry(accountId, entryId)).toMatchObject({
    type: "adjustment",
    feePicoUsd: parseUsd("0.5"),
  });
});

test("an inquiry takes nothing until it becomes a dispute", async () => {
  const accountId = await newAccount(world);
  const paymentId = await payTopUp(world, accountId, "10");
  const inquiry = world.stripe.books.dispute(paymentId, 525, true);
  await deliverAll(world);
  expect(await availableOf(world, accountId)).toBe(parseUsd("10"));
  world.stripe.books.escalate(inquiry?.id ?? "");
  await deliverAll(world);
  expect(await availableOf(world, accountId)).toBe(parseUsd("5"));
});

/** The most of a payment's credit that can be paid back, as a refusal of more says. */
async function leftOf(accountId: string, paymentId: string): Promise<string | undefined> {
  const request = { accountId, paymentId, refundId: randomUUID(), reason: "asked for" };
  const refusal = world.payments.refund({ ...request, creditPicoUsd: parseUsd("10.01") });
  return await refusal.then(
    () => undefined,
    (error: Error) => /credit (.*) USD/.exec(error.message)?.[1],
  );
}

test("what a dispute has taken cannot be paid back as well; what was won, or never arrived, can", async () => {
  const accountId = await newAccount(world);
  const { books } = world.stripe;
  const failed = await payTopUp(world, accountId, "10");
  books.failRefund(books.refund(failed, 1000)?.id ?? "");
  expect(await leftOf(accountId, failed)).toBe("10.00");
  const disputed = await payTopUp(world, accountId, "10");
  const dispute = books.dispute(disputed, 420);
  expect(await leftOf(accountId, disputed)).toBe("6.00");
  books.endDispute(dispute?.id ?? "", true);
  expect(await leftOf(accountId, disputed)).toBe("10.00");
});

test("a refund that is asked for again after a day, when Stripe has forgotten it, is still one", async () => {
  const accountId = await newAccount(world);
  const paymentId = await payTopUp(world, accountId, "10");
  const request = { accountId, paymentId, refundId: "form-6", reason: "asked for" };
  await world.payments.refund({ ...request, creditPicoUsd: parseUsd("4") });
  world.stripe.books.state.answers = {};
  await world.payments.refund({ ...request, creditPicoUsd: parseUsd("4") });
  await world.payments.refund({ ...request, creditPicoUsd: undefined });
  expect(await leftOf(accountId, paymentId)).toBe("6.00");
});

test("nothing is paid back of what was paid back already, or never paid", async () => {
  const accountId = await newAccount(world);
  const { books } = world.stripe;
  const request = { accountId, reason: "asked for", creditPicoUsd: undefined };
  const paymentId = await payTopUp(world, accountId, "10");
  books.refund(paymentId, undefined);
  const again = world.payments.refund({ ...request, paymentId, refundId: "form-7" });
  await expect(again).rejects.toMatchObject({ code: "invalid_amount" });
  const debit = books.pay(await checkout(world, accountId, "10"), "debit")?.id ?? "";
  const early = world.payments.refund({ ...request, paymentId: debit, refundId: "form-8" });
  await expect(early).rejects.toMatchObject({ code: "payment_not_found" });
  expect(Object.values(books.state.refunds).filter((made) => made.payment_intent === debit)).toEqual([]);
});

test("a dispute that was won is given back before another is taken: only what was spent is written off", async () => {
  const accountId = await newAccount(world);
  const paymentId = await payTopUp(world, accountId, "10");
  await deliverAll(world);
  await moveBy(world, accountId, "-7");
  const payment = await world.processor.payment(paymentId);
  if (!payment) throw new Error("it was not paid");
  const lost = { disputeId: "dp_1", amountCents: 1050n, reinstatedCents: 0n };
  const won = { disputeId: "dp_2", amountCents: 525n, reinstatedCents: 525n };
  await settlePayment(world, { ...payment, disputes: [lost, won] });
  expect(await world.ledger.account(accountId)).toMatchObject({
    availablePicoUsd: 0n,
    writeOffPicoUsd: parseUsd("9"),
  });
});
