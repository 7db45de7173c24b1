/** How payments are written into the ledger: the ids of their entries, and what each moves. */
import type { Entry } from "./charge.ts";
import { minOf, type PicoUsd } from "./money.ts";
import { creditPart, picoOfCents, type TopUpPrice, totalCents } from "./payments-amount.ts";
import type { Dispute, ListedPayment, Payment, Refund } from "./payments-processor.ts";
import type { Credit } from "./ports.ts";

/** Every payment's credit begins with it. */
export const TOP_UP_PREFIX = "topup_";
export const REFUND_PREFIX = "refund_";
const DISPUTE_PREFIX = "dispute_";

const TOP_UP_REASON = "top-up";
export const AUTOMATIC_REASON = "automatic top-up";

export function topUpId(paymentId: string): string {
  return TOP_UP_PREFIX + paymentId;
}

/** The payment that an entry belongs to; undefined where it is of none. */
export function paymentOf(entryId: string): string | undefined {
  return /^(?:topup|refund|dispute)_(pi_[A-Za-z0-9]+)/.exec(entryId)?.[1];
}

/** What a payment must have been, before anything of it is credited. */
export type PaymentFlaw = "other_currency" | "amount_differs";

/** A payment is credited only if exactly what was asked for has been paid. */
export function flawOf({ currency, price, receivedCents }: ListedPayment): PaymentFlaw | undefined {
  if (currency !== "usd") return "other_currency";
  return receivedCents === totalCents(price) ? undefined : "amount_differs";
}

export function topUpCredit(payment: Omit<ListedPayment, "isReturned">, createdAt: string): Credit {
  return {
    accountId: payment.accountId,
    creditId: topUpId(payment.paymentId),
    type: "topup",
    amountPicoUsd: picoOfCents(payment.price.creditCents),
    feePicoUsd: picoOfCents(payment.price.feeCents),
    createdAt,
    reason: payment.orderId === undefined ? TOP_UP_REASON : AUTOMATIC_REASON,
  };
}

/** Takes the credit part of what was paid back; the entry tells of the fee part. */
export function refundDebit(payment: Payment, refund: Refund, createdAt: string): Credit {
  return {
    accountId: payment.accountId,
    creditId: `${REFUND_PREFIX}${payment.paymentId}_${refund.refundId}`,
    type: "refund",
    ...takenFor(payment.price, refund.amountCents),
    createdAt,
    reason: "refund of a top-up",
  };
}

export function disputeDebit(payment: Payment, dispute: Dispute, createdAt: string): Credit {
  return {
    accountId: payment.accountId,
    creditId: `${DISPUTE_PREFIX}${payment.paymentId}_${dispute.disputeId}`,
    type: "adjustment",
    ...takenFor(payment.price, dispute.amountCents),
    createdAt,
    reason: "a top-up is disputed",
  };
}

function takenFor(price: TopUpPrice, returnedCents: bigint) {
  const creditCents = creditPart(price, returnedCents);
  return {
    amountPicoUsd: -picoOfCents(creditCents),
    feePicoUsd: -picoOfCents(returnedCents - creditCents),
  };
}

/** A refund that never arrived is given back: what was taken for it, not what had to be written off. */
export function failedRefundCredit(taken: Entry, createdAt: string): Credit {
  return givenBack(taken, "failed", "a refund failed", 1n, 1n, createdAt);
}

/** What the bank gave back of a dispute, in proportion, of what was taken for it. */
export function reinstatedCredit(taken: Entry, dispute: Dispute, createdAt: string): Credit {
  const { amountCents, reinstatedCents } = dispute;
  const part = minOf(reinstatedCents, amountCents);
  return givenBack(taken, "reinstated", "a dispute was won", part, amountCents, createdAt);
}

function givenBack(
  taken: Entry,
  suffix: string,
  reason: string,
  part: bigint,
  whole: bigint,
  createdAt: string,
): Credit {
  return {
    accountId: taken.accountId,
    creditId: `${taken.entryId}_${suffix}`,
    type: taken.type === "refund" ? "refund" : "adjustment",
    amountPicoUsd: roundedUp(-taken.amountPicoUsd * part, whole),
    feePicoUsd: roundedUp(-(taken.feePicoUsd ?? 0n) * part, whole),
    createdAt,
    reason,
  };
}

/** Of amounts that are not negative. */
function roundedUp(amount: PicoUsd, divisor: bigint): PicoUsd {
  return (amount + divisor - 1n) / divisor;
}
