import type { Entry } from "../../core/charge.ts";
import { requestedAmount } from "../../core/credit-errors.ts";
import { TOP_UP_PREFIX, topUpCredit, topUpId } from "../../core/payments-entries.ts";
import type { ListedPayment, Payment, PaymentProcessor } from "../../core/payments-processor.ts";
import type { Account, Ledger, NamedEntries } from "../../core/ports.ts";
import type { UnreadableAccount } from "../../core/unreadable-account.ts";
import { type PaymentAlarm, type SettlingWorld, settlePayment } from "../settle-payment.ts";

export interface ReconcileWorld extends SettlingWorld {
  readonly ledger: Pick<Ledger, "account" | "credit" | "entry">;
  readonly entries: NamedEntries;
  readonly accounts: () => AsyncIterable<Account | UnreadableAccount>;
  readonly processor: Pick<PaymentProcessor, "mode" | "payment" | "paymentsSince" | "touchedSince">;
  /** Asked between two payments and two accounts. */
  readonly shouldStop: () => boolean;
}

export type DifferenceKind =
  /** Paid, and the ledger did not have it: it has now. */
  | "missing_credit"
  /** Refunded or disputed, and the ledger did not have it: it has now. */
  | "missing_adjustment"
  /** In the ledger, and not paid. */
  | "credit_without_payment"
  /** In the ledger with another amount than was paid for. */
  | "amount_differs"
  /** Paid, and cannot be credited: see PaymentAlarm. */
  | Exclude<PaymentAlarm, "entry_differs" | "amount_differs">;

export interface Difference {
  readonly kind: DifferenceKind;
  readonly paymentId: string;
  readonly accountId: string;
}

export interface Reconciliation {
  readonly mode: string;
  payments: number;
  credits: number;
  readonly differences: Difference[];
  /** Looked at, and could not be: left to the next hour's run. */
  failed: number;
  failure?: string;
  complete: boolean;
}

/** Three days: as long as Stripe tries to deliver an event. */
const WINDOW_MS = 3 * 86_400_000;
/** A webhook on its way is no difference. */
const GRACE_MS = 15 * 60_000;

/**
 * Compares what was paid with what is credited, both ways, and mends what can be mended. Payments are those made within
 * three days, and those that anything has happened to since; credits those posted within three days.
 */
export async function reconcile(world: ReconcileWorld): Promise<Reconciliation> {
  const mode = await world.processor.mode();
  const run: Reconciliation = { mode, payments: 0, credits: 0, differences: [], failed: 0, complete: true };
  // Nothing was ever paid here, or nobody can be asked: credits by hand have other ids.
  if (mode === "off") return run;
  const sinceMs = world.nowMs() - WINDOW_MS;
  /** The account of each payment that was compared. */
  const paid = new Map<string, string>();
  for await (const payment of world.processor.paymentsSince(sinceMs)) {
    if (stopped(world, run)) return run;
    await counted(run, () => comparePayment(world, run, payment, paid));
  }
  for await (const paymentId of world.processor.touchedSince(sinceMs)) {
    if (stopped(world, run)) return run;
    if (!paid.has(paymentId)) await counted(run, () => settleTouched(world, run, paymentId, paid));
  }
  await compareCredits(world, run, new Date(sinceMs).toISOString(), paid);
  return run;
}

function stopped({ shouldStop }: ReconcileWorld, run: Reconciliation): boolean {
  if (!shouldStop()) return false;
  run.complete = false;
  return true;
}

/** One that fails must not keep the others from being compared. */
async function counted(run: Reconciliation, step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    run.failed += 1;
    run.failure ??= error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}

// --- from payments to credits ---------------------------------------------------------------------------------

async function comparePayment(
  world: ReconcileWorld,
  run: Reconciliation,
  listed: ListedPayment,
  paid: Map<string, string>,
): Promise<void> {
  if (listed.state === "pending") return;
  const { paymentId, accountId } = listed;
  const entry = await world.ledger.entry(accountId, topUpId(paymentId));
  const wanted = topUpCredit(listed, "");
  const isCredited = entry !== undefined && requestedAmount(entry) === wanted.amountPicoUsd;
  if (listed.state === "not_paid") {
    if (entry) run.differences.push({ kind: "credit_without_payment", paymentId, accountId });
    return;
  }
  run.payments += 1;
  paid.set(paymentId, accountId);
  // The rest costs three more calls, and changes nothing for a payment that is simply paid and credited.
  if (isCredited && !listed.isReturned) return;
  const payment = await world.processor.payment(paymentId);
  if (payment) await settleAndCompare(world, run, payment);
}

async function settleTouched(
  world: ReconcileWorld,
  run: Reconciliation,
  paymentId: string,
  paid: Map<string, string>,
): Promise<void> {
  const payment = await world.processor.payment(paymentId);
  if (payment?.state !== "paid") return;
  run.payments += 1;
  paid.set(paymentId, payment.accountId);
  await settleAndCompare(world, run, payment);
}

async function settleAndCompare(world: ReconcileWorld, run: Reconciliation, payment: Payment): Promise<void> {
  const { paymentId, accountId } = payment;
  const { posted, alarm } = await settlePayment(world, payment);
  const found = (kind: DifferenceKind) => run.differences.push({ kind, paymentId, accountId });
  if (alarm) found(alarm === "entry_differs" ? "amount_differs" : alarm);
  if (payment.atMs > world.nowMs() - GRACE_MS) return;
  if (posted.includes(topUpId(paymentId))) found("missing_credit");
  else if (posted.length > 0) found("missing_adjustment");
}

// --- from credits to payments ---------------------------------------------------------------------------------

async function compareCredits(
  world: ReconcileWorld,
  run: Reconciliation,
  since: string,
  paid: ReadonlyMap<string, string>,
): Promise<void> {
  for await (const account of world.accounts()) {
    if (stopped(world, run)) return;
    if ("problem" in account) continue;
    for await (const entry of world.entries.entriesNamed(account.accountId, TOP_UP_PREFIX)) {
      if (entry.createdAt < since) continue;
      run.credits += 1;
      const paymentId = entry.entryId.slice(TOP_UP_PREFIX.length);
      if (paid.get(paymentId) === account.accountId) continue;
      await counted(run, () => compareCredit(world, run, entry, paymentId));
    }
  }
}

/** Of a payment that was made earlier than the window, or never. */
async function compareCredit(
  { processor }: ReconcileWorld,
  run: Reconciliation,
  entry: Entry,
  paymentId: string,
): Promise<void> {
  const { accountId } = entry;
  const payment = await processor.payment(paymentId);
  const isPaid = payment?.state === "paid" && payment.accountId === accountId;
  const isSame = isPaid && topUpCredit(payment, "").amountPicoUsd === requestedAmount(entry);
  if (isSame) return;
  const kind = isPaid ? "amount_differs" : "credit_without_payment";
  run.differences.push({ kind, paymentId, accountId });
}
