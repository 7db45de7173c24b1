import type { Stripe } from "stripe";
import type { TopUpPrice } from "../../core/payments-amount.ts";
import type {
  Dispute,
  ListedPayment,
  Payment,
  PaymentNotice,
  Refund,
  SavedMethod,
} from "../../core/payments-processor.ts";

/** What we write onto each payment, so that a payment alone says what it was made for. */
const ACCOUNT = "wlrouter_account";
const CREDIT = "wlrouter_credit_cents";
const FEE = "wlrouter_fee_cents";
const ORDER = "wlrouter_order";
/** And onto a refund that was asked for here. */
export const REFUND_REQUEST = "wlrouter_refund";

export function metadataOf(
  accountId: string,
  { creditCents, feeCents }: TopUpPrice,
  orderId?: string,
): Record<string, string> {
  return {
    [ACCOUNT]: accountId,
    [CREDIT]: String(creditCents),
    [FEE]: String(feeCents),
    ...(orderId === undefined ? {} : { [ORDER]: orderId }),
  };
}

export function orderIdOf({ metadata }: Stripe.PaymentIntent): string | undefined {
  return metadata[ORDER];
}

/** @returns undefined for a payment that is not of ours: the operator's Stripe account may sell other things too. */
export function listedPayment(intent: Stripe.PaymentIntent): ListedPayment | undefined {
  const accountId = intent.metadata[ACCOUNT];
  const price = priceOf(intent);
  if (!accountId || !price) return undefined;
  const charge = typeof intent.latest_charge === "object" ? intent.latest_charge : null;
  return {
    paymentId: intent.id,
    accountId,
    state: stateOf(intent.status),
    price,
    currency: intent.currency,
    receivedCents: BigInt(intent.amount_received),
    atMs: (charge?.created ?? intent.created) * 1000,
    isReturned: charge !== null && (charge.amount_refunded > 0 || charge.disputed),
    orderId: orderIdOf(intent),
  };
}

function priceOf({ metadata }: Stripe.PaymentIntent): TopUpPrice | undefined {
  const [credit = "", fee = ""] = [metadata[CREDIT], metadata[FEE]];
  if (!/^[1-9]\d{0,11}$/.test(credit) || !/^\d{1,12}$/.test(fee)) return undefined;
  return { creditCents: BigInt(credit), feeCents: BigInt(fee) };
}

function stateOf(status: string): ListedPayment["state"] {
  if (status === "succeeded") return "paid";
  // Everything else waits for its payer, or was given up.
  return status === "processing" ? "pending" : "not_paid";
}

export function wholePayment(
  intent: Stripe.PaymentIntent,
  refunds: readonly Stripe.Refund[],
  disputes: readonly Stripe.Dispute[],
): Payment | undefined {
  const listed = listedPayment(intent);
  return (
    listed && {
      ...listed,
      refunds: refunds.map(refundOf),
      disputes: disputes.flatMap(disputeOf),
      saved: savedMethod(intent),
    }
  );
}

const FAILED_REFUNDS = ["failed", "canceled"];

function refundOf({ id, amount, status, metadata }: Stripe.Refund): Refund {
  return {
    refundId: id,
    amountCents: BigInt(amount),
    failed: FAILED_REFUNDS.includes(status ?? ""),
    requestId: metadata?.[REFUND_REQUEST],
  };
}

/**
 * An inquiry (`warning_…`) takes nothing until it becomes a dispute, and one that was prevented never does, unless
 * Stripe shows a withdrawal. What comes back is as much of the dispute as Stripe's two transactions say, in whatever
 * currency they are.
 */
function disputeOf({ id, amount, status, balance_transactions: moves }: Stripe.Dispute): Dispute[] {
  const withdrawn = sumOf(moves.filter((move) => move.amount < 0).map((move) => -move.amount));
  const reinstated = sumOf(moves.filter((move) => move.amount > 0).map((move) => move.amount));
  if (withdrawn === 0n && (status.startsWith("warning_") || status === "prevented")) return [];
  const amountCents = BigInt(amount);
  const returned =
    withdrawn === 0n
      ? wonUnpaid(status, amountCents)
      : (amountCents * reinstated + withdrawn - 1n) / withdrawn;
  return [{ disputeId: id, amountCents, reinstatedCents: returned < amountCents ? returned : amountCents }];
}

/** Some payment methods are debited only when a dispute is lost. */
function wonUnpaid(status: string, amountCents: bigint): bigint {
  return status === "won" ? amountCents : 0n;
}

function sumOf(amounts: readonly number[]): bigint {
  return amounts.reduce((sum, amount) => sum + BigInt(amount), 0n);
}

function savedMethod(intent: Stripe.PaymentIntent): SavedMethod | undefined {
  const { setup_future_usage: usage, payment_method: method, status } = intent;
  const customerId = idOf(intent.customer);
  if (usage !== "off_session" || status !== "succeeded" || customerId === undefined) return undefined;
  if (!method || typeof method === "string") return undefined;
  const { card, us_bank_account: bank } = method;
  return {
    customerId,
    methodId: method.id,
    brand: card?.brand ?? bank?.bank_name ?? method.type,
    last4: card?.last4 ?? bank?.last4 ?? "",
  };
}

function idOf(reference: string | { readonly id: string } | null | undefined): string | undefined {
  return (typeof reference === "string" ? reference : reference?.id) || undefined;
}

/**
 * The payment that an event is of, whatever kind of object it carries: a checkout, a payment itself, a charge, a refund
 * or a dispute. What any of them says is not used: the payment is asked for anew.
 */
export function noticeOf(event: Stripe.Event): PaymentNotice {
  return { noticeId: event.id, type: event.type, paymentId: paymentIdOf(event.data.object) };
}

export function paymentIdOf(object: object): string | undefined {
  if ("object" in object && object.object === "payment_intent" && "id" in object) return textOf(object.id);
  if (!("payment_intent" in object)) return undefined;
  const { payment_intent: reference } = object;
  return typeof reference === "object" && reference !== null && "id" in reference
    ? textOf(reference.id)
    : textOf(reference);
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
