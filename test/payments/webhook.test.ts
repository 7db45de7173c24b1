import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { createStripeProcessor } from "../../lambda/adapters/stripe/processor.ts";
import { parseUsd } from "../../lambda/core/money.ts";
import { PaymentError } from "../../lambda/core/payments.ts";
import { signatureOf } from "../../local/stripe/delivery.ts";
import { STRIPE_KEY, WEBHOOK_SECRET } from "../fakes/stripe-server.ts";
import {
  availableOf,
  checkout,
  deliverAll,
  movedCents,
  newAccount,
  payTopUp,
  worldForTests,
} from "./payments-world.ts";

const world = await worldForTests();

/** A payment's `payment_intent.succeeded`, not delivered yet. */
async function paidEvent(accountId: string) {
  const paymentId = await payTopUp(world, accountId, "10");
  const [event] = world.stripe.takeEvents();
  if (!event) throw new Error("no event");
  return { paymentId, event };
}

// --- amounts --------------------------------------------------------------------------------------------------

test.each([
  ["9.99", "the smallest top-up is 10.00 USD"],
  ["1000.01", "the largest top-up is 1000.00 USD"],
  ["10.005", "10.005 USD has a fraction of a cent"],
  ["10.000000000001", "has a fraction of a cent"],
])("a top-up of %s USD is refused: %s", async (usd, why) => {
  const accountId = await newAccount(world);
  const refusal = await checkout(world, accountId, usd).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(PaymentError);
  expect(refusal).toMatchObject({ code: "invalid_amount", message: expect.stringContaining(why) });
});

test("10 USD cost 10.50: the fee is its own line, exact, and rounded down to the cent", async () => {
  const sessionId = await checkout(world, await newAccount(world), "10");
  const { session, lines } = world.stripe.books.state.sessions[sessionId] ?? {};
  expect(session?.amount_total).toBe(1050);
  expect(lines).toEqual([
    { name: "Credit for model usage", amount: 1000 },
    { name: "Service fee", amount: 50 },
  ]);
  // 5 % of 10.19 are 50.95 cents.
  expect(await world.payments.quote(parseUsd("10.19"))).toEqual({
    creditPicoUsd: parseUsd("10.19"),
    feePicoUsd: parseUsd("0.50"),
    totalPicoUsd: parseUsd("10.69"),
  });
});

test("a form that is sent twice makes one checkout; with another amount it is a conflict", async () => {
  const request = {
    accountId: await newAccount(world),
    email: undefined,
    creditPicoUsd: parseUsd("10"),
    savePaymentMethod: false,
    checkoutId: "form-1",
    successUrl: "http://127.0.0.1/a",
    cancelUrl: "http://127.0.0.1/b",
  };
  const first = await world.payments.startCheckout(request);
  expect(await world.payments.startCheckout(request)).toEqual(first);
  const other = world.payments.startCheckout({ ...request, creditPicoUsd: parseUsd("11") });
  await expect(other).rejects.toMatchObject({ code: "payment_conflict" });
  // After a day, when Stripe has forgotten its answers, the account's customer is still the same.
  world.stripe.books.state.answers = {};
  await world.payments.startCheckout({ ...request, checkoutId: "form-2" });
  const customers = Object.values(world.stripe.books.state.customers);
  const mine = customers.filter(({ metadata }) => metadata["wlrouter_account"] === request.accountId);
  expect(mine).toHaveLength(1);
});

// --- what is not believed -------------------------------------------------------------------------------------

test.each([
  ["another secret", { secret: "whsec_another" }, 400, "bad_signature"],
  [
    "a body that was changed after it was signed",
    { tamper: (text: string) => `${text} ` },
    400,
    "bad_signature",
  ],
  ["a signature of six minutes ago", { ageMs: 360_000 }, 400, "bad_signature"],
  ["no signature", { signature: null }, 400, "bad_signature"],
  ["a signature that is none", { signature: "t=1,v1=x" }, 400, "bad_signature"],
])("a webhook with %s is refused plainly, and credits nothing", async (_, delivery, status, code) => {
  const accountId = await newAccount(world);
  const { event } = await paidEvent(accountId);
  const answer = await world.deliver(event, delivery);
  expect(answer).toMatchObject({
    status,
    body: { error: { code, message: expect.stringMatching(/.{20}/) } },
  });
  // Anybody can send such a thing: it wakes nobody.
  expect(world.lines).toMatchObject([{ outcome: code, alarm: undefined }]);
  expect(await availableOf(world, accountId)).toBe(0n);
});

test("an event of live mode is refused by a test key, and an operator is told", async () => {
  const accountId = await newAccount(world);
  const { event } = await paidEvent(accountId);
  const { status, body } = await world.deliver({ ...event, livemode: true });
  expect([status, body.error?.code]).toEqual([400, "other_mode"]);
  expect(body.error?.message).toBe("This event is of live mode, and this gateway's key is of test mode.");
  expect(world.lines.map(({ alarm }) => alarm)).toEqual(["other_mode"]);
  expect(await availableOf(world, accountId)).toBe(0n);
});

test("a payment of an account that is not here is answered plainly and told to an operator", async () => {
  const { paymentId, event } = await paidEvent(`acct_${randomUUID()}`);
  const answer = await world.deliver(event);
  expect(answer).toEqual({ status: 200, body: { received: true, outcome: "unknown_account", posted: [] } });
  expect(world.lines).toMatchObject([{ paymentId, alarm: "unknown_account" }]);
});

test("a payment of another amount than was asked for credits nothing and is told to an operator", async () => {
  const accountId = await newAccount(world);
  const { paymentId, event } = await paidEvent(accountId);
  const intent = world.stripe.books.state.intents[paymentId];
  if (intent) intent.metadata = { ...intent.metadata, wlrouter_credit_cents: "100000" };
  expect((await world.deliver(event)).body.outcome).toBe("amount_differs");
  expect(world.lines).toMatchObject([{ alarm: "amount_differs" }]);
  expect(await availableOf(world, accountId)).toBe(0n);
});

test.each([
  ["is not JSON", "{"],
  ["is of nothing", JSON.stringify({ id: "evt_1", livemode: false })],
  ["is of null", JSON.stringify({ id: "evt_1", livemode: false, data: { object: null } })],
  ["is of a text", JSON.stringify({ id: "evt_1", livemode: false, data: { object: "pi_1" } })],
])("a signed webhook that %s cannot be read, and is not asked for again", async (_, payload) => {
  const signature = signatureOf(payload, WEBHOOK_SECRET, Date.now());
  const answer = await world.deliver({}, { signature, tamper: () => payload });
  expect(answer).toMatchObject({ status: 400, body: { error: { code: "unreadable" } } });
});

test("without the webhook's secret nothing is believed, not even what is signed with nothing", async () => {
  const accountId = await newAccount(world);
  const { event } = await paidEvent(accountId);
  world.secrets.webhook = "";
  try {
    const answer = await world.deliver(event, { secret: "" });
    expect(answer).toMatchObject({ status: 503, body: { error: { code: "payments_off" } } });
  } finally {
    world.secrets.webhook = WEBHOOK_SECRET;
  }
  expect(await availableOf(world, accountId)).toBe(0n);
});

/** A processor that has cached a key and a webhook secret, both of which have been rolled since. */
function rolled(cachedKey: string = STRIPE_KEY) {
  return createStripeProcessor({
    secretKey: { get: async () => cachedKey, refresh: async () => STRIPE_KEY },
    webhookSecret: { get: async () => "whsec_old", refresh: async () => "whsec_new" },
    apiBaseUrl: world.stripe.baseUrl,
  });
}

function read(processor: ReturnType<typeof rolled>, event: object, secret: string) {
  const payload = JSON.stringify(event);
  return processor.readNotice(Buffer.from(payload), signatureOf(payload, secret, Date.now()));
}

test("a webhook's secret that was rolled works at once; no other does", async () => {
  const { paymentId, event } = await paidEvent(await newAccount(world));
  expect(await read(rolled(), event, "whsec_new")).toMatchObject({ paymentId });
  await expect(read(rolled(), event, "whsec_other")).rejects.toMatchObject({ refusal: "bad_signature" });
});

test("a key that was rolled works at once", async () => {
  const { paymentId } = await paidEvent(await newAccount(world));
  const processor = rolled("sk_test_rolledAway");
  expect(await processor.payment(paymentId)).toMatchObject({ paymentId, state: "paid" });
});

test("a live key believes events of live mode, and none of test mode", async () => {
  const { paymentId, event } = await paidEvent(await newAccount(world));
  const processor = rolled("sk_live_ofNobody");
  expect(await processor.mode()).toBe("live");
  expect(await read(processor, { ...event, livemode: true }, "whsec_old")).toMatchObject({ paymentId });
  await expect(read(processor, event, "whsec_old")).rejects.toMatchObject({
    refusal: "other_mode",
    message: "This event is of test mode, and this gateway's key is of live mode.",
  });
});

test("a payment in another currency credits nothing and is told to an operator", async () => {
  const accountId = await newAccount(world);
  const { paymentId, event } = await paidEvent(accountId);
  const intent = world.stripe.books.state.intents[paymentId];
  if (intent) intent.currency = "mxn";
  expect((await world.deliver(event)).body.outcome).toBe("other_currency");
  expect(world.lines).toMatchObject([{ alarm: "other_currency" }]);
  expect(await availableOf(world, accountId)).toBe(0n);
});

test.each(["before", "after"] as const)(
  "an event that breaks off %s its credit is asked for again",
  async (crash) => {
    const accountId = await newAccount(world);
    const { event } = await paidEvent(accountId);
    world.crashes.push(crash);
    expect(await world.deliver(event)).toMatchObject({ status: 500, body: { error: { code: "failed" } } });
    expect(world.lines).toMatchObject([{ outcome: "failed: Error", alarm: undefined }]);
    expect((await world.deliver(event)).body.outcome).toBe("settled");
    expect(await availableOf(world, accountId)).toBe(parseUsd("10"));
  },
);

test("what the operator sells beside this is left alone", async () => {
  const { paymentId, event } = await paidEvent(await newAccount(world));
  const intent = world.stripe.books.state.intents[paymentId];
  if (intent) intent.metadata = {};
  expect((await world.deliver(event)).body).toEqual({ received: true, outcome: "not_ours", posted: [] });
});

test("without a key payments are off: the console says so, and Stripe is asked to come again", async () => {
  const accountId = await newAccount(world);
  const { event } = await paidEvent(accountId);
  world.secrets.key = undefined;
  try {
    expect((await world.payments.terms()).mode).toBe("off");
    await expect(checkout(world, accountId, "10")).rejects.toMatchObject({ code: "payments_off" });
    expect(await world.deliver(event)).toMatchObject({
      status: 503,
      body: { error: { code: "payments_off" } },
    });
  } finally {
    world.secrets.key = "sk_test_0123456789abcdef";
  }
  expect((await world.deliver(event)).body.outcome).toBe("settled");
});

test("only POST is taken", async () => {
  const response = await world.webhook.fetch(new Request("http://127.0.0.1/webhooks/stripe"));
  expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"]);
});

// --- what is credited -----------------------------------------------------------------------------------------

test("a payment is credited once, with its fee written down, however often it is told of", async () => {
  const accountId = await newAccount(world);
  const { paymentId, event } = await paidEvent(accountId);
  const answers = await Promise.all([1, 2, 3].map(() => world.deliver(event)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect((await world.deliver(event)).body).toEqual({ received: true, outcome: "settled", posted: [] });
  expect(await movedCents(world, accountId)).toEqual({ [`topup_${paymentId}`]: [1000, 50] });
});

test("a debit that takes days is credited when it is paid, and one that fails never", async () => {
  const { books } = world.stripe;
  const accountId = await newAccount(world);
  const late = books.pay(await checkout(world, accountId, "10"), "debit");
  const failing = books.pay(await checkout(world, accountId, "20"), "debit");
  await deliverAll(world);
  expect(world.lines.map(({ outcome }) => outcome)).toEqual(["not_paid_yet", "not_paid_yet"]);
  expect(await availableOf(world, accountId)).toBe(0n);
  books.endDebit(late?.id ?? "", true);
  books.endDebit(failing?.id ?? "", false);
  await deliverAll(world);
  expect(world.lines.map(({ outcome }) => outcome)).toContain("not_paid");
  expect(world.lines.flatMap(({ alarm }) => alarm ?? [])).toEqual([]);
  expect(await availableOf(world, accountId)).toBe(parseUsd("10"));
});
