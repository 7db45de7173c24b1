import type { Entry } from "../core/charge.ts";
import { CreditConflict } from "../core/credit-errors.ts";
import { orderEnded } from "../core/payments-auto-top-up.ts";
import {
  disputeDebit,
  failedRefundCredit,
  flawOf,
  type PaymentFlaw,
  refundDebit,
  reinstatedCredit,
  topUpCredit,
} from "../core/payments-entries.ts";
import type { Payment } from "../core/payments-processor.ts";
import { changeProfile, type PaymentProfile, type PaymentProfiles } from "../core/payments-profile.ts";
import type { Credit, Ledger } from "../core/ports.ts";

export interface SettlingWorld {
  readonly ledger: Pick<Ledger, "account" | "credit">;
  readonly profiles: PaymentProfiles;
  readonly nowMs: () => number;
}

export type PaymentAlarm = PaymentFlaw | "unknown_account" | "entry_differs";

export interface Settled {
  /** `settled`: the ledger has all that this payment moves. */
  readonly outcome: "settled" | "not_paid_yet" | "not_paid" | "refused";
  /** The entries that were posted now; none if all was known. */
  readonly posted: readonly string[];
  /** Why an operator must look at it. */
  readonly alarm?: PaymentAlarm;
}

/**
 * Brings the ledger to where a payment is now: its credit, then what was refunded or disputed of it. Every entry has an
 * id of its own and an amount that follows from the payment alone, so any number of these may run at once, in any order,
 * and stop anywhere.
 */
export async function settlePayment(world: SettlingWorld, payment: Payment): Promise<Settled> {
  if (payment.state === "pending") return { outcome: "not_paid_yet", posted: [] };
  if (payment.state === "not_paid") {
    await endOrder(world, payment, "The payment of an automatic top-up failed.");
    return { outcome: "not_paid", posted: [] };
  }
  const flaw = flawOf(payment);
  if (flaw) return { outcome: "refused", posted: [], alarm: flaw };
  if (!(await world.ledger.account(payment.accountId))) {
    return { outcome: "refused", posted: [], alarm: "unknown_account" };
  }
  const posted: string[] = [];
  try {
    await postAll(world, payment, posted);
  } catch (error) {
    if (!(error instanceof CreditConflict)) throw error;
    return { outcome: "refused", posted, alarm: "entry_differs" };
  }
  await keepMethod(world, payment);
  await endOrder(world, payment);
  return { outcome: "settled", posted };
}

async function postAll(world: SettlingWorld, payment: Payment, posted: string[]): Promise<void> {
  const createdAt = new Date(world.nowMs()).toISOString();
  const post = async (credit: Credit): Promise<Entry> => {
    const entry = await world.ledger.credit(credit);
    // One that was found was posted at another moment.
    if (entry.createdAt === createdAt) posted.push(entry.entryId);
    return entry;
  };
  await post(topUpCredit(payment, createdAt));
  // What comes back first: else a later refund would find nothing to take, be written off, and be given away.
  const disputes = payment.disputes.toSorted((a, b) => Number(b.reinstatedCents - a.reinstatedCents));
  for (const refund of payment.refunds.filter(({ failed }) => failed)) {
    await post(failedRefundCredit(await post(refundDebit(payment, refund, createdAt)), createdAt));
  }
  for (const dispute of disputes) {
    const taken = await post(disputeDebit(payment, dispute, createdAt));
    if (dispute.reinstatedCents > 0n) await post(reinstatedCredit(taken, dispute, createdAt));
  }
  for (const refund of payment.refunds.filter(({ failed }) => !failed)) {
    await post(refundDebit(payment, refund, createdAt));
  }
}

/** Its owner agreed to further payments. What was saved or forgotten after this payment stays: events come late, and again. */
async function keepMethod({ profiles }: SettlingWorld, { accountId, saved, atMs }: Payment): Promise<void> {
  if (!saved) return;
  const { customerId, ...method } = saved;
  await changeProfile(profiles, accountId, (profile) =>
    atMs <= (profile.methodAtMs ?? 0) ? profile : { ...profile, customerId, method, methodAtMs: atMs },
  );
}

async function endOrder(world: SettlingWorld, payment: Payment, declinedBecause?: string): Promise<void> {
  const { accountId, orderId } = payment;
  if (orderId === undefined) return;
  await changeProfile(world.profiles, accountId, (profile: PaymentProfile) =>
    orderEnded(profile, orderId, declinedBecause),
  );
}
