import type { LowBalances } from "../../core/low-balance.ts";
import { PaymentError } from "../../core/payments.ts";
import { type AutoTopUpTerms, autoTopUpStep, type Low, orderEnded } from "../../core/payments-auto-top-up.ts";
import type { ChargeAnswer, PaymentProcessor, SavedMethodOrder } from "../../core/payments-processor.ts";
import { changeProfile, type TopUpOrder } from "../../core/payments-profile.ts";
import { type SettlingWorld, settlePayment } from "../settle-payment.ts";

export interface AutoTopUpWorld extends SettlingWorld {
  readonly processor: Pick<PaymentProcessor, "chargeSavedMethod" | "findOrder" | "payment">;
  readonly balances: Pick<LowBalances, "read" | "rearm">;
  readonly terms: AutoTopUpTerms;
}

export interface AutoTopUpReport {
  readonly accountId: string;
  /** Payments that were made and credited. */
  readonly paid: readonly string[];
  /** Why there is no further one: `declined`, `not low`, `enough for today`, … */
  readonly ended: string;
}

/**
 * Answers a low balance with charges of the saved method, each written down before it is made, until the balance is no
 * longer low or something ends it.
 * @throws PaymentError `payments_unavailable`: the event has to come again, and goes on where this stopped.
 */
export async function autoTopUp(world: AutoTopUpWorld, low: Low): Promise<AutoTopUpReport> {
  const { accountId } = low;
  const paid: string[] = [];
  for (;;) {
    const stored = await world.profiles.read(accountId);
    const balance = await world.balances.read(accountId);
    if (!stored || !balance) return { accountId, paid, ended: "no such account" };
    const step = decide(world, low, stored.profile, balance);
    if (step.act === "stop") {
      await stop(world, accountId, step.why);
      return { accountId, paid, ended: "stopped" };
    }
    if (step.act === "nothing") return { accountId, paid, ended: step.why };
    if (step.act === "begin" && !(await world.profiles.replace(accountId, stored.revision, step.profile))) {
      continue;
    }
    const ended = await carryOut(world, accountId, step.order, step.act);
    // What is wanted now may be another order.
    if (ended === "given up") continue;
    if (ended !== "paid") return { accountId, paid, ended };
    paid.push(step.order.orderId);
    // What is spent again at once must be seen as low again.
    await world.balances.rearm(accountId, low.sequence, balance.thresholdPicoUsd);
  }
}

type Decided = ReturnType<typeof autoTopUpStep> | { readonly act: "stop"; readonly why: string };

/** The amount was right when it was set; the configuration may have changed since. */
function decide(world: AutoTopUpWorld, low: Low, ...state: DecisionState): Decided {
  try {
    return autoTopUpStep(low, ...state, world.terms, world.nowMs());
  } catch (error) {
    if (error instanceof PaymentError) return { act: "stop", why: error.message };
    throw error;
  }
}

type DecisionState = [Parameters<typeof autoTopUpStep>[1], Parameters<typeof autoTopUpStep>[2]];

async function stop({ profiles }: AutoTopUpWorld, accountId: string, why: string): Promise<void> {
  await changeProfile(profiles, accountId, (profile) =>
    profile.auto ? { ...profile, auto: { ...profile.auto, stoppedBecause: why } } : profile,
  );
}

async function carryOut(
  world: AutoTopUpWorld,
  accountId: string,
  order: TopUpOrder,
  act: "begin" | "resume" | "look",
): Promise<string> {
  const answer = await charge(world, { ...order, accountId }, act);
  if (!answer) {
    await changeProfile(world.profiles, accountId, (profile) => orderEnded(profile, order.orderId));
    return "given up";
  }
  if (answer.outcome === "declined") {
    await changeProfile(world.profiles, accountId, (profile) =>
      orderEnded(profile, order.orderId, answer.reason),
    );
    return "declined";
  }
  const payment = await world.processor.payment(answer.paymentId);
  if (!payment) throw new Error(`the payment ${answer.paymentId} was made and is not there`);
  const { outcome, alarm } = await settlePayment(world, payment);
  return outcome === "settled" ? "paid" : (alarm ?? outcome);
}

/** Whoever goes on with an order looks first: the processor may have forgotten that it was asked before. */
async function charge(
  { processor }: AutoTopUpWorld,
  order: SavedMethodOrder & TopUpOrder,
  act: "begin" | "resume" | "look",
): Promise<ChargeAnswer | undefined> {
  const found = act === "begin" ? undefined : await processor.findOrder(order, order.startedAtMs);
  if (found || act === "look") return found;
  return processor.chargeSavedMethod(order);
}
