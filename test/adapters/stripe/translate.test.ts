// What Stripe's objects say of a payment, in the words of the ledger.
import type { Stripe } from "stripe";
import { describe, expect, test } from "vitest";
import {
  listedPayment,
  metadataOf,
  paymentIdOf,
  wholePayment,
} from "../../../lambda/adapters/stripe/translate.ts";
import { dispute } from "../../../local/stripe/dispute-object.ts";
import { balanceTransaction, cardMethod, charge, paymentIntent } from "../../../local/stripe/objects.ts";

const OURS = metadataOf("acct_1", { creditCents: 1_000n, feeCents: 50n });
const MADE = { id: "pi_1", created: 1_700_000_000 };

function intentOf(changes: Partial<Stripe.PaymentIntent> = {}): Stripe.PaymentIntent {
  const facts = { amount: 1_050, customer: "cus_1", metadata: OURS, description: null };
  const made = paymentIntent(MADE, { ...facts, setupFutureUsage: "off_session" });
  return { ...made, status: "succeeded", amount_received: 1_050, ...changes };
}

function chargeOf(changes: Partial<Stripe.Charge> = {}): Stripe.Charge {
  const made = charge({ id: "ch_1", created: 1_700_000_099 }, intentOf(), "https://example.com/receipt");
  return { ...made, ...changes };
}

describe("a payment", () => {
  test.each([
    ["no account", { wlrouter_account: "" }],
    ["no credit", { wlrouter_credit_cents: "" }],
    ["a credit of nothing", { wlrouter_credit_cents: "0" }],
    ["a credit with a fraction", { wlrouter_credit_cents: "10.5" }],
    ["no fee", { wlrouter_fee_cents: "" }],
    ["a fee that is owed", { wlrouter_fee_cents: "-1" }],
  ])("with %s is not one of ours", (_, metadata) => {
    expect(listedPayment(intentOf({ metadata: { ...OURS, ...metadata } }))).toBeUndefined();
  });

  test("of ours may have no fee", () => {
    const metadata = { ...OURS, wlrouter_fee_cents: "0" };
    expect(listedPayment(intentOf({ metadata }))?.price).toEqual({ creditCents: 1_000n, feeCents: 0n });
  });

  test.each([
    ["its charge's, where that is shown", chargeOf(), 1_700_000_099_000],
    ["its own, where only the charge's id is", "ch_1", 1_700_000_000_000],
    ["its own, where there is no charge", null, 1_700_000_000_000],
  ])("has a moment: %s", (_, latest, atMs) => {
    expect(listedPayment(intentOf({ latest_charge: latest }))?.atMs).toBe(atMs);
  });

  test.each([
    ["nothing", {}, false],
    ["a part", { amount_refunded: 1 }, true],
    ["what is disputed", { disputed: true }, true],
  ])("of which %s has come back", (_, changes, isReturned) => {
    expect(listedPayment(intentOf({ latest_charge: chargeOf(changes) }))?.isReturned).toBe(isReturned);
  });

  test.each([
    ["succeeded", "paid"],
    ["processing", "pending"],
    ["canceled", "not_paid"],
    ["requires_payment_method", "not_paid"],
    ["requires_capture", "not_paid"],
  ] as const)("that is %s to Stripe is %s", (status, state) => {
    expect(listedPayment(intentOf({ status }))?.state).toBe(state);
  });
});

describe("a dispute of 4.20", () => {
  const moved = (...amounts: number[]) =>
    amounts.map((amount) => balanceTransaction({ id: "txn_1", created: MADE.created }, amount, "dp_1"));

  function disputed(status: Stripe.Dispute.Status, ...amounts: number[]) {
    const object = dispute({ id: "dp_1", created: MADE.created }, chargeOf(), 420, status);
    return wholePayment(intentOf(), [], [{ ...object, balance_transactions: moved(...amounts) }])?.disputes;
  }

  test.each<[string, Stripe.Dispute.Status, number[], bigint | undefined]>([
    ["an inquiry takes nothing", "warning_needs_response", [], undefined],
    ["an inquiry that was paid out takes it", "warning_needs_response", [-420], 0n],
    ["one that was prevented takes nothing", "prevented", [], undefined],
    ["one that is open takes it", "needs_response", [-420], 0n],
    ["one that takes only when it is lost takes it", "lost", [], 0n],
    ["one that takes only when it is lost, and was won, gives it back", "won", [], 420n],
    ["one that was won gives it back", "won", [-420, 420], 420n],
    ["of another currency, a part of it, rounded up", "won", [-1_000, 333], 140n],
    ["and be it a cent of it", "won", [-419, 1], 2n],
    ["and never more than it took", "won", [-400, 401], 420n],
  ])("%s", (_, status, amounts, reinstatedCents) => {
    const expected = { disputeId: "dp_1", amountCents: 420n, reinstatedCents };
    expect(disputed(status, ...amounts)).toEqual(reinstatedCents === undefined ? [] : [expected]);
  });
});

describe("a card that was saved", () => {
  const method = cardMethod({ id: "pm_1", created: MADE.created }, "cus_1", "4242");
  const saved = (changes: Partial<Stripe.PaymentIntent>) =>
    wholePayment(intentOf({ payment_method: method, ...changes }), [], [])?.saved;

  test("is kept with what its owner knows it by", () => {
    expect(saved({})).toEqual({ customerId: "cus_1", methodId: "pm_1", brand: "visa", last4: "4242" });
  });

  test.each<[string, Partial<Stripe.PaymentIntent>]>([
    ["for this payment alone", { setup_future_usage: null }],
    ["with a payment that failed", { status: "canceled" }],
    ["by nobody", { customer: null }],
    ["and of which only the id is shown", { payment_method: "pm_1" }],
  ])("%s is not", (_, changes) => {
    expect(saved(changes)).toBeUndefined();
  });
});

test.each<[object, string | undefined]>([
  [{ object: "payment_intent", id: "pi_1" }, "pi_1"],
  [{ object: "charge", id: "ch_1", payment_intent: "pi_1" }, "pi_1"],
  [{ object: "refund", payment_intent: { id: "pi_1" } }, "pi_1"],
  [{ object: "charge", payment_intent: null }, undefined],
  [{ object: "charge", payment_intent: "" }, undefined],
  [{ object: "customer", id: "cus_1" }, undefined],
])("an event with %j is of payment %s", (object, paymentId) => {
  expect(paymentIdOf(object)).toBe(paymentId);
});
