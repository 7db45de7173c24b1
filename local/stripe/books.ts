import type { Stripe } from "stripe";
import { checkoutSession } from "./checkout-object.ts";
import { dispute } from "./dispute-object.ts";
import {
  balanceTransaction,
  cardMethod,
  charge,
  customer,
  event,
  type IntentFacts,
  type Made,
  paymentIntent,
  refund,
} from "./objects.ts";

/** One line of a checkout, as its page shows it. */
export interface Line {
  readonly name: string;
  readonly amount: number;
}

export type StandInEvent = ReturnType<typeof event>;

/** All that the stand-in knows, as plain JSON. */
export interface BooksState {
  customers: Record<string, Stripe.Customer>;
  methods: Record<string, Stripe.PaymentMethod>;
  sessions: Record<string, { session: Stripe.Checkout.Session; lines: Line[]; intent: IntentFacts }>;
  intents: Record<string, Stripe.PaymentIntent>;
  charges: Record<string, Stripe.Charge>;
  refunds: Record<string, Stripe.Refund>;
  disputes: Record<string, Stripe.Dispute>;
  /** Oldest first. */
  events: StandInEvent[];
  /** Answers by idempotency key. */
  answers: Record<string, { request: string; status: number; body: unknown }>;
}

export function emptyState(): BooksState {
  return {
    customers: {},
    methods: {},
    sessions: {},
    intents: {},
    charges: {},
    refunds: {},
    disputes: {},
    events: [],
    answers: {},
  };
}

export interface BooksWorld {
  readonly state: BooksState;
  readonly nowMs: () => number;
  /** Letters and digits, never twice the same. */
  readonly newName: () => string;
  /** Where the stand-in is reached. */
  readonly baseUrl: () => string;
  readonly apiVersion: string;
  onEvent(event: StandInEvent): void;
}

export const GOOD_CARD = "4242";
/** Stripe's test card that can be saved, and is declined when it is charged. */
export const DECLINED_LATER_CARD = "0341";

/** What Stripe does with payments, as far as a top-up needs it. Each step tells its events, in Stripe's order. */
export class Books {
  readonly state: BooksState;
  readonly #world: BooksWorld;

  constructor(world: BooksWorld) {
    this.#world = world;
    this.state = world.state;
  }

  createCustomer(email: string | null, metadata: Stripe.Metadata): Stripe.Customer {
    const object = customer(this.#made("cus_"), email, metadata);
    this.state.customers[object.id] = object;
    return object;
  }

  createSession(
    facts: Omit<Parameters<typeof checkoutSession>[1], "url" | "amount">,
    lines: Line[],
    intent: Omit<IntentFacts, "amount">,
  ): Stripe.Checkout.Session {
    const made = this.#made("cs_test_");
    const amount = lines.reduce((sum, line) => sum + line.amount, 0);
    const url = `${this.#world.baseUrl()}/pay/${made.id}`;
    const session = checkoutSession(made, { ...facts, amount, url });
    this.state.sessions[session.id] = { session, lines, intent: { ...intent, amount } };
    return session;
  }

  /** The payer pays with a card that has the money, or by a debit that takes days. Twice changes nothing. */
  pay(
    sessionId: string,
    way: "card" | "debit" = "card",
    last4 = GOOD_CARD,
  ): Stripe.PaymentIntent | undefined {
    const known = this.state.sessions[sessionId];
    if (known?.session.status !== "open") return undefined;
    const { session } = known;
    const intent = this.#newIntent(known.intent);
    const isSaved = known.intent.setupFutureUsage !== null;
    const method = cardMethod(this.#made("pm_"), isSaved ? known.intent.customer : null, last4);
    this.state.methods[method.id] = method;
    intent.payment_method = method.id;
    Object.assign(session, { payment_intent: intent.id, status: "complete", url: null });
    if (way === "card") {
      session.payment_status = "paid";
      this.#succeed(intent);
    } else intent.status = "processing";
    this.#tell("checkout.session.completed", session);
    return intent;
  }

  /** The end of a debit. */
  endDebit(intentId: string, isPaid: boolean): void {
    const intent = this.state.intents[intentId];
    if (intent?.status !== "processing") return;
    if (isPaid) this.#succeed(intent);
    else this.#fail(intent, "insufficient_funds");
    const sessions = Object.values(this.state.sessions).map(({ session }) => session);
    const session = sessions.find((known) => known.payment_intent === intentId);
    if (!session) return;
    if (isPaid) session.payment_status = "paid";
    this.#tell(`checkout.session.async_payment_${isPaid ? "succeeded" : "failed"}`, session);
  }

  /** A payment without its payer. @returns the intent, succeeded or declined. */
  chargeMethod(facts: IntentFacts, methodId: string): Stripe.PaymentIntent {
    const intent = this.#newIntent(facts);
    intent.payment_method = methodId;
    const isDeclined = this.state.methods[methodId]?.card?.last4 === DECLINED_LATER_CARD;
    if (isDeclined) this.#fail(intent, "generic_decline");
    else this.#succeed(intent);
    return intent;
  }

  /** @returns undefined where less is left, or the bank has the money: Stripe refuses to refund what is disputed. */
  refund(
    intentId: string,
    amount: number | undefined,
    metadata: Stripe.Metadata = {},
  ): Stripe.Refund | undefined {
    const paid = chargeOf(this.state, intentId);
    const left = paid ? paid.amount - paid.amount_refunded : 0;
    const wanted = amount ?? left;
    if (!paid || wanted <= 0 || wanted > left || this.#isWithdrawn(paid)) return undefined;
    const object = refund(this.#made("re_"), paid, wanted, metadata);
    this.state.refunds[object.id] = object;
    paid.amount_refunded += wanted;
    paid.refunded = paid.amount_refunded === paid.amount;
    this.#tell("refund.created", object);
    this.#tell("charge.refunded", paid);
    return object;
  }

  /** Its money came back to the operator. */
  failRefund(refundId: string): void {
    const object = this.state.refunds[refundId];
    if (object?.status !== "succeeded") return;
    const paid = chargeOf(this.state, String(object.payment_intent));
    Object.assign(object, { status: "failed", failure_reason: "lost_or_stolen_card" });
    if (paid) Object.assign(paid, { amount_refunded: paid.amount_refunded - object.amount, refunded: false });
    this.#tell("refund.updated", object);
    this.#tell("refund.failed", object);
  }

  /** An inquiry moves no money. @returns undefined where there is nothing to dispute. */
  dispute(intentId: string, amount: number, isInquiry = false): Stripe.Dispute | undefined {
    const paid = chargeOf(this.state, intentId);
    const left = paid ? paid.amount - paid.amount_refunded : 0;
    if (!paid || paid.disputed || amount <= 0 || amount > left) return undefined;
    const status = isInquiry ? "warning_needs_response" : "needs_response";
    const object = dispute(this.#made("dp_"), paid, amount, status);
    this.state.disputes[object.id] = object;
    paid.disputed = true;
    this.#tell("charge.dispute.created", object);
    if (!isInquiry) this.#withdraw(object);
    return object;
  }

  /** The bank wants the money of what was an inquiry, as much of it as was not refunded meanwhile. */
  escalate(disputeId: string): void {
    const object = this.state.disputes[disputeId];
    if (object?.status !== "warning_needs_response") return;
    const paid = chargeOf(this.state, String(object.payment_intent));
    if (!paid || object.amount > paid.amount - paid.amount_refunded) return;
    object.status = "needs_response";
    this.#tell("charge.dispute.updated", object);
    this.#withdraw(object);
  }

  endDispute(disputeId: string, isWon: boolean): void {
    const object = this.state.disputes[disputeId];
    if (object?.status !== "needs_response") return;
    object.status = isWon ? "won" : "lost";
    if (isWon) {
      object.balance_transactions.push(balanceTransaction(this.#made("txn_"), object.amount, object.id));
      this.#tell("charge.dispute.funds_reinstated", object);
    }
    this.#tell("charge.dispute.closed", object);
  }

  #isWithdrawn(paid: Stripe.Charge): boolean {
    const gone = ["needs_response", "lost"];
    return Object.values(this.state.disputes).some(
      ({ charge: disputed, status }) => disputed === paid.id && gone.includes(status),
    );
  }

  #withdraw(object: Stripe.Dispute): void {
    object.balance_transactions.push(balanceTransaction(this.#made("txn_"), -object.amount, object.id));
    this.#tell("charge.dispute.funds_withdrawn", object);
  }

  #newIntent(facts: IntentFacts): Stripe.PaymentIntent {
    const intent = paymentIntent(this.#made("pi_"), facts);
    this.state.intents[intent.id] = intent;
    return intent;
  }

  #succeed(intent: Stripe.PaymentIntent): void {
    const receiptUrl = `${this.#world.baseUrl()}/receipts/${intent.id}`;
    const paid = charge(this.#made("ch_"), intent, receiptUrl);
    this.state.charges[paid.id] = paid;
    Object.assign(intent, { status: "succeeded", amount_received: intent.amount, latest_charge: paid.id });
    this.#tell("payment_intent.succeeded", intent);
  }

  #fail(intent: Stripe.PaymentIntent, declineCode: string): void {
    const lastError: Stripe.PaymentIntent.LastPaymentError = {
      code: "card_declined",
      decline_code: declineCode,
      message: "Your card was declined.",
      type: "card_error",
    };
    Object.assign(intent, { status: "requires_payment_method", last_payment_error: lastError });
    this.#tell("payment_intent.payment_failed", intent);
  }

  #made(prefix: string): Made {
    return { id: prefix + this.#world.newName(), created: Math.floor(this.#world.nowMs() / 1000) };
  }

  #tell(type: string, object: object): void {
    const told = event(this.#made("evt_"), type, object, this.#world.apiVersion);
    this.state.events.push(told);
    this.#world.onEvent(told);
  }
}

function chargeOf(state: BooksState, intentId: string): Stripe.Charge | undefined {
  const latest = state.intents[intentId]?.latest_charge;
  return typeof latest === "string" ? state.charges[latest] : undefined;
}
