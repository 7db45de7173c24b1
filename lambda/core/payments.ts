/** The port between the console and whoever takes payments. The room `payments` implements it; handlers wire the two. */
import type { PicoUsd } from "./money.ts";

/** `test`: no real money moves (a provider's test mode, or one machine's stand-in). `off`: operators credit by hand. */
export type PaymentMode = "live" | "test" | "off";

/** What a top-up may be, and what it costs on top. */
export interface PaymentTerms {
  readonly mode: PaymentMode;
  readonly minimumPicoUsd: PicoUsd;
  readonly maximumPicoUsd: PicoUsd;
  /** A percentage as a decimal string: "5". Paid on top of the credit, its own line. */
  readonly serviceFeePercent: string;
}

/** A top-up to the cent: what is credited, what the service costs, what is paid. `credit + fee = total`. */
export interface TopUpQuote {
  readonly creditPicoUsd: PicoUsd;
  readonly feePicoUsd: PicoUsd;
  readonly totalPicoUsd: PicoUsd;
}

export interface CheckoutRequest {
  readonly accountId: string;
  /** Of who pays, for the receipt. */
  readonly email: string | undefined;
  /** What is credited; the fee comes on top. */
  readonly creditPicoUsd: PicoUsd;
  /** Keep the payment method for automatic top-ups. */
  readonly savePaymentMethod: boolean;
  /** Made by the form: a double click is one checkout. 1 to 64 of `A-Z a-z 0-9 _ -`. */
  readonly checkoutId: string;
  /** Where the browser goes afterwards: absolute URLs of the console. */
  readonly successUrl: string;
  readonly cancelUrl: string;
}

/** A payment that was made: its amounts never change, refunds are listed beside them. */
export interface Receipt {
  readonly paymentId: string;
  /** The ledger entry that credited it. */
  readonly entryId: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly creditPicoUsd: PicoUsd;
  readonly feePicoUsd: PicoUsd;
  readonly totalPicoUsd: PicoUsd;
  /** Of the total, what was paid back. */
  readonly refundedPicoUsd: PicoUsd;
  readonly automatic: boolean;
  /** The payment provider's own receipt. */
  readonly url: string | undefined;
}

/** How a balance fills itself up when it falls below the account's low-balance threshold. */
export interface AutoTopUp {
  readonly enabled: boolean;
  readonly creditPicoUsd: PicoUsd;
  /** The most in one day of UTC. */
  readonly maximumPerDay: number;
  /** What the card looks like on paper; undefined: none is saved, so it cannot be enabled. */
  readonly paymentMethod: { readonly brand: string; readonly last4: string } | undefined;
  /** Why it stopped by itself, for people: after a decline it stays off until someone enables it again. */
  readonly stoppedBecause: string | undefined;
}

export interface RefundRequest {
  readonly accountId: string;
  readonly paymentId: string;
  /** Of the credit; the fee follows in proportion. Undefined: all that is left of it. */
  readonly creditPicoUsd: PicoUsd | undefined;
  /** Made by the form: a double click is one refund. */
  readonly refundId: string;
  readonly reason: string;
}

export interface Payments {
  terms(): Promise<PaymentTerms>;
  /** @throws PaymentError for an amount that is not taken. */
  quote(creditPicoUsd: PicoUsd): Promise<TopUpQuote>;
  /** @returns the URL of the page to pay on. @throws PaymentError */
  startCheckout(request: CheckoutRequest): Promise<{ url: string }>;
  /** Newest first. */
  receipts(accountId: string): Promise<readonly Receipt[]>;
  autoTopUp(accountId: string): Promise<AutoTopUp>;
  /** @returns the settings as they are now. @throws PaymentError */
  setAutoTopUp(
    accountId: string,
    settings: Pick<AutoTopUp, "enabled" | "creditPicoUsd" | "maximumPerDay">,
  ): Promise<AutoTopUp>;
  /** Forgets the saved payment method, which ends automatic top-ups too. Twice is a success. */
  forgetPaymentMethod(accountId: string): Promise<void>;
  /** Pays back. The balance moves when the provider's webhook says so. @throws PaymentError */
  refund(request: RefundRequest): Promise<void>;
}

export type PaymentErrorCode =
  /** Payments are off: operators credit by hand. */
  | "payments_off"
  /** Below the minimum, above the maximum, or with a fraction of a cent. */
  | "invalid_amount"
  | "no_payment_method"
  /** No such payment of this account. */
  | "payment_not_found"
  /** The form's id was used before for something else. */
  | "payment_conflict"
  /** The payment provider refused; the message is for the customer and says what to do. */
  | "payment_refused"
  /** The payment provider cannot be reached: later it may work. */
  | "payments_unavailable";

/** Meant for the customer: the message is shown as it is. */
export class PaymentError extends Error {
  override readonly name = "PaymentError";
  readonly code: PaymentErrorCode;

  constructor(code: PaymentErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
  }
}
