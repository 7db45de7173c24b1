/** The outside system that takes money, as the rules see it: Stripe, or its stand-in on one machine. */
import type { PaymentMode } from "./payments.ts";
import type { Cents, TopUpPrice } from "./payments-amount.ts";

/** A refund of a payment. It counts until it has failed: then the money never reached the customer. */
export interface Refund {
  readonly refundId: string;
  readonly amountCents: Cents;
  readonly failed: boolean;
  /** Ours, of a refund that was asked for here. */
  readonly requestId: string | undefined;
}

/** A dispute of a payment. An inquiry moves no money and is none. */
export interface Dispute {
  readonly disputeId: string;
  readonly amountCents: Cents;
  /** Of it, what came back to the operator. */
  readonly reinstatedCents: Cents;
}

/** A way to pay that its owner lets us use without them. */
export interface SavedMethod {
  readonly customerId: string;
  readonly methodId: string;
  /** For people: `visa` and `4242`. */
  readonly brand: string;
  readonly last4: string;
}

/** A payment in a list: refunds and disputes are not looked up yet. */
export interface ListedPayment {
  readonly paymentId: string;
  readonly accountId: string;
  readonly state: "paid" | "pending" | "not_paid";
  /** What it was made for, written down when it was made. */
  readonly price: TopUpPrice;
  readonly currency: string;
  readonly receivedCents: Cents;
  /** When it was paid; before that, when it was made. Milliseconds since 1970. */
  readonly atMs: number;
  /** Money went back, or is disputed. */
  readonly isReturned: boolean;
  /** The automatic top-up that made it. */
  readonly orderId: string | undefined;
}

/** A payment of ours as it stands now, whatever event it was looked up for. */
export interface Payment extends ListedPayment {
  readonly refunds: readonly Refund[];
  readonly disputes: readonly Dispute[];
  /** Its owner agreed to further payments. */
  readonly saved: SavedMethod | undefined;
}

export interface CheckoutOrder {
  /** The same order makes one checkout, however often it is asked for within a day. */
  readonly orderId: string;
  readonly accountId: string;
  readonly customerId: string;
  readonly price: TopUpPrice;
  /** Ask for leave to charge the same method again. */
  readonly saveMethod: boolean;
  readonly successUrl: string;
  readonly cancelUrl: string;
}

/** A payment without its payer at hand. The same order is charged once, however often it is asked for within a day. */
export interface SavedMethodOrder {
  readonly orderId: string;
  readonly accountId: string;
  readonly price: TopUpPrice;
  readonly customerId: string;
  readonly methodId: string;
}

export type ChargeAnswer =
  | { readonly outcome: "made"; readonly paymentId: string }
  /** `reason` is for people. */
  | { readonly outcome: "declined"; readonly reason: string };

/** A webhook that is what it says: signed, and of our mode. `paymentId` is absent where it is of no payment. */
export interface PaymentNotice {
  readonly noticeId: string;
  readonly type: string;
  readonly paymentId: string | undefined;
}

/** Why a webhook is not believed. */
export type NoticeRefusal = "payments_off" | "bad_signature" | "other_mode" | "unreadable";

export class NoticeRefused extends Error {
  override readonly name = "NoticeRefused";
  readonly refusal: NoticeRefusal;

  constructor(refusal: NoticeRefusal, message: string) {
    super(message);
    this.refusal = refusal;
  }
}

/** Methods throw PaymentError: `payments_off`, `payments_unavailable`, `payment_conflict`, `payment_refused`. */
export interface PaymentProcessor {
  mode(): Promise<PaymentMode>;
  /** @throws NoticeRefused */
  readNotice(body: Uint8Array, signature: string | undefined): Promise<PaymentNotice>;
  /** The same customer for the same account, however often within a day. */
  createCustomer(accountId: string, email: string | undefined): Promise<string>;
  createCheckout(order: CheckoutOrder): Promise<{ readonly url: string }>;
  chargeSavedMethod(order: SavedMethodOrder): Promise<ChargeAnswer>;
  /** What has become of an order that may have been charged since then. */
  findOrder(order: SavedMethodOrder, sinceMs: number): Promise<ChargeAnswer | undefined>;
  forgetMethod(method: SavedMethod): Promise<void>;
  /** Pays back. The same request pays once, however often within a day. */
  refund(paymentId: string, amountCents: Cents, requestId: string): Promise<void>;
  /** Undefined for a payment that is not there, or not of ours. */
  payment(paymentId: string): Promise<Payment | undefined>;
  /** Payments of ours that were made since then. */
  paymentsSince(sinceMs: number): AsyncIterable<ListedPayment>;
  /** Payments that anything has happened to since then, ours or not, each once. */
  touchedSince(sinceMs: number): AsyncIterable<string>;
  /** Receipts of a customer's newest payments, by payment id. */
  receiptUrls(customerId: string): Promise<ReadonlyMap<string, string>>;
}
