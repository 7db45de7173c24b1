import type { Stripe } from "stripe";
import { PaymentError } from "../../core/payments.ts";
import { totalCents } from "../../core/payments-amount.ts";
import type {
  ChargeAnswer,
  CheckoutOrder,
  ListedPayment,
  Payment,
  PaymentProcessor,
  SavedMethodOrder,
} from "../../core/payments-processor.ts";
import { type Connection, createConnection, type StripeSettings, stripeErrorType } from "./connection.ts";
import { readNotice } from "./notices.ts";
import {
  listedPayment,
  metadataOf,
  orderIdOf,
  paymentIdOf,
  REFUND_REQUEST,
  wholePayment,
} from "./translate.ts";

/** The largest page that Stripe gives. */
const PAGE = 100;

/** Stripe as the processor of payments. Amounts become Stripe's numbers of cents here and nowhere else. */
export function createStripeProcessor(settings: StripeSettings): PaymentProcessor {
  const connection = createConnection(settings);
  const { call } = connection;
  return {
    mode: () => connection.mode(),
    readNotice: (body, signature) => readNotice(connection, settings.webhookSecret, body, signature),
    async createCustomer(accountId, email) {
      const params = { metadata: { wlrouter_account: accountId }, ...(email === undefined ? {} : { email }) };
      // With the address in the key: another person of the same account may ask at the same time.
      const idempotencyKey = `customer_${accountId}_${email ?? ""}`.slice(0, 255);
      return (await call((stripe) => stripe.customers.create(params, { idempotencyKey }))).id;
    },
    createCheckout: (order) => call((stripe) => createCheckout(stripe, order)),
    chargeSavedMethod: (order) => chargeSavedMethod(connection, order),
    findOrder: (order, sinceMs) => call((stripe) => findOrder(stripe, order, sinceMs)),
    forgetMethod: ({ methodId }) => forgetMethod(connection, methodId),
    async refund(paymentId, amountCents, requestId) {
      const params = {
        payment_intent: paymentId,
        amount: Number(amountCents),
        metadata: { [REFUND_REQUEST]: requestId },
      };
      await call((stripe) => stripe.refunds.create(params, { idempotencyKey: `refund_${requestId}` }));
    },
    payment: (paymentId) => call((stripe) => findPayment(stripe, paymentId)),
    paymentsSince: (sinceMs) => paymentsSince(connection, sinceMs),
    touchedSince: (sinceMs) => touchedSince(connection, sinceMs),
    async receiptUrls(customerId) {
      const { data } = await call((stripe) => stripe.charges.list({ customer: customerId, limit: PAGE }));
      return new Map(
        data.flatMap((charge) => {
          const paymentId = paymentIdOf(charge);
          return paymentId && charge.receipt_url ? [[paymentId, charge.receipt_url] as const] : [];
        }),
      );
    },
  };
}

// --- taking money ---------------------------------------------------------------------------------------------

async function createCheckout(stripe: Stripe, order: CheckoutOrder): Promise<{ url: string }> {
  const { orderId, accountId, price } = order;
  const session = await stripe.checkout.sessions.create(
    {
      mode: "payment",
      customer: order.customerId,
      client_reference_id: accountId,
      line_items: [
        lineItem("Credit for model usage", price.creditCents),
        ...(price.feeCents > 0n ? [lineItem("Service fee", price.feeCents)] : []),
      ],
      payment_intent_data: {
        description: "Top-up",
        metadata: metadataOf(accountId, price),
        ...(order.saveMethod ? { setup_future_usage: "off_session" as const } : {}),
      },
      // A price in another currency could not be compared with what was asked for.
      adaptive_pricing: { enabled: false },
      success_url: order.successUrl,
      cancel_url: order.cancelUrl,
    },
    { idempotencyKey: `checkout_${orderId}` },
  );
  if (!session.url) throw new PaymentError("payment_refused", "The payment provider gave no page to pay on.");
  return { url: session.url };
}

function lineItem(name: string, cents: bigint) {
  return {
    quantity: 1,
    price_data: { currency: "usd", unit_amount: Number(cents), product_data: { name } },
  };
}

async function chargeSavedMethod({ call }: Connection, order: SavedMethodOrder): Promise<ChargeAnswer> {
  const params: Stripe.PaymentIntentCreateParams = {
    amount: Number(totalCents(order.price)),
    currency: "usd",
    customer: order.customerId,
    payment_method: order.methodId,
    // Nobody is there to be sent to another page.
    automatic_payment_methods: { enabled: true, allow_redirects: "never" },
    off_session: true,
    confirm: true,
    description: "Automatic top-up",
    metadata: metadataOf(order.accountId, order.price, order.orderId),
  };
  try {
    const intent = await call((stripe) =>
      stripe.paymentIntents.create(params, { idempotencyKey: order.orderId }),
    );
    return answerOf(intent);
  } catch (error) {
    const cause = error instanceof PaymentError ? error.cause : undefined;
    if (stripeErrorType(cause) === "StripeCardError") return declined(codeOf(cause));
    // A method that was removed there, or a customer: asking again would not help.
    if (stripeErrorType(cause) === "StripeInvalidRequestError") return declined(codeOf(cause));
    throw error;
  }
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const [decline, code] = ["decline_code", "code"].map((name) => Reflect.get(error, name));
  return [decline, code].find((value): value is string => typeof value === "string" && value !== "");
}

function answerOf(intent: Stripe.PaymentIntent): ChargeAnswer {
  if (intent.status === "succeeded" || intent.status === "processing") {
    return { outcome: "made", paymentId: intent.id };
  }
  const { decline_code: decline, code } = intent.last_payment_error ?? {};
  return declined(decline ?? code ?? intent.status);
}

function declined(code: string | undefined): ChargeAnswer {
  return {
    outcome: "declined",
    reason: `The saved payment method was declined (${code ?? "no reason given"}).`,
  };
}

async function findOrder(
  stripe: Stripe,
  order: SavedMethodOrder,
  sinceMs: number,
): Promise<ChargeAnswer | undefined> {
  const gte = Math.floor(sinceMs / 1000) - CLOCKS_APART_SECONDS;
  const list = stripe.paymentIntents.list({ customer: order.customerId, created: { gte }, limit: PAGE });
  for await (const intent of list) if (orderIdOf(intent) === order.orderId) return answerOf(intent);
  return undefined;
}

/** How far Stripe's clock may be from ours. */
const CLOCKS_APART_SECONDS = 300;

/** Twice is a success. */
async function forgetMethod({ call }: Connection, methodId: string): Promise<void> {
  try {
    await call((stripe) => stripe.paymentMethods.detach(methodId));
  } catch (error) {
    if (error instanceof PaymentError && error.code === "payment_refused") return;
    throw error;
  }
}

// --- looking --------------------------------------------------------------------------------------------------

async function findPayment(stripe: Stripe, paymentId: string): Promise<Payment | undefined> {
  try {
    const intent = await stripe.paymentIntents.retrieve(paymentId, {
      expand: ["latest_charge", "payment_method"],
    });
    if (!listedPayment(intent)) return undefined;
    const of = { payment_intent: paymentId, limit: PAGE };
    const [refunds, disputes] = await Promise.all([
      Array.fromAsync(stripe.refunds.list(of)),
      Array.fromAsync(stripe.disputes.list(of)),
    ]);
    return wholePayment(intent, refunds, disputes);
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "resource_missing";
    if (isMissing && stripeErrorType(error) === "StripeInvalidRequestError") return undefined;
    throw error;
  }
}

async function* paymentsSince({ call }: Connection, sinceMs: number): AsyncIterable<ListedPayment> {
  const params = {
    created: { gte: Math.floor(sinceMs / 1000) },
    limit: PAGE,
    expand: ["data.latest_charge"],
  };
  for await (const intent of pages(call, (stripe, page) =>
    stripe.paymentIntents.list({ ...params, ...page }),
  )) {
    const payment = listedPayment(intent);
    if (payment) yield payment;
  }
}

/** Whatever moves money of a payment; `docs/payments.md` tells the operator to subscribe to the same. */
const EVENT_TYPES = [
  "checkout.session.completed",
  "checkout.session.async_payment_succeeded",
  "checkout.session.async_payment_failed",
  "payment_intent.succeeded",
  "payment_intent.payment_failed",
  "charge.refunded",
  "refund.created",
  "refund.updated",
  "refund.failed",
  "charge.dispute.created",
  "charge.dispute.updated",
  "charge.dispute.closed",
  "charge.dispute.funds_withdrawn",
  "charge.dispute.funds_reinstated",
];

async function* touchedSince({ call }: Connection, sinceMs: number): AsyncIterable<string> {
  const seen = new Set<string>();
  const params = { types: EVENT_TYPES, created: { gte: Math.floor(sinceMs / 1000) }, limit: PAGE };
  for await (const event of pages(call, (stripe, page) => stripe.events.list({ ...params, ...page }))) {
    const paymentId = paymentIdOf(event.data.object);
    if (paymentId === undefined || seen.has(paymentId)) continue;
    seen.add(paymentId);
    yield paymentId;
  }
}

/** Page by page, each through the connection, so that errors are told in our words wherever they happen. */
async function* pages<Item extends { readonly id: string }>(
  call: Connection["call"],
  list: (
    stripe: Stripe,
    page: { starting_after?: string },
  ) => Promise<{ readonly data: readonly Item[]; readonly has_more: boolean }>,
): AsyncIterable<Item> {
  let last: string | undefined;
  do {
    const page = last === undefined ? {} : { starting_after: last };
    const { data, has_more: hasMore } = await call((stripe) => list(stripe, page));
    yield* data;
    last = hasMore ? data.at(-1)?.id : undefined;
  } while (last !== undefined);
}
