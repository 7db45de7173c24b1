import type { WatchedBalance } from "./low-balance.ts";
import { picoOfCents, priceTopUp, type TopUpTerms } from "./payments-amount.ts";
import type { PaymentProfile, TopUpOrder } from "./payments-profile.ts";

/** Processors remember an order for 24 hours; after that, asking for it again could charge it again. */
const ORDER_LIFE_MS = 23 * 3_600_000;

export type AutoTopUpStep =
  | { readonly act: "nothing"; readonly why: string }
  /** Write the profile down, then charge its order. */
  | { readonly act: "begin"; readonly profile: PaymentProfile; readonly order: TopUpOrder }
  /** It was begun before: look whether it has been charged, and charge it if not. */
  | { readonly act: "resume"; readonly order: TopUpOrder }
  /** It is too old to be asked for again, or no longer wanted: look whether it has been charged, and give it up if not. */
  | { readonly act: "look"; readonly order: TopUpOrder };

/** A `balance.low` event, by what tells one crossing from another. */
export interface Low {
  readonly accountId: string;
  readonly sequence: number;
}

export interface AutoTopUpTerms extends TopUpTerms {
  readonly autoTopUpsPerDay: number;
}

/**
 * What a low balance asks for. An order is begun only while the crossing of the event stands, so an event that is
 * delivered again after the balance was filled up does nothing; an order that is open is finished before another begins.
 */
export function autoTopUpStep(
  low: Low,
  profile: PaymentProfile,
  balance: WatchedBalance,
  terms: AutoTopUpTerms,
  nowMs: number,
): AutoTopUpStep {
  const { order, auto, method, customerId } = profile;
  // Who may spend nothing is not made to pay.
  const isOn = auto?.enabled === true && auto.stoppedBecause === undefined && !balance.isSuspended;
  if (order?.state === "open") {
    return { act: isOn && nowMs - order.startedAtMs < ORDER_LIFE_MS ? "resume" : "look", order };
  }
  if (!isOn || !method || !customerId) return nothing("off, stopped or suspended");
  if (balance.crossing?.sequence !== low.sequence) return nothing("another crossing");
  if (balance.postedPicoUsd >= balance.thresholdPicoUsd) return nothing("not low");
  const today = new Date(nowMs).toISOString().slice(0, "2026-11-23".length);
  const orders = profile.day?.name === today ? profile.day.orders : 0;
  if (orders >= Math.min(auto.maximumPerDay, terms.autoTopUpsPerDay)) return nothing("enough for today");
  const step = order?.sequence === low.sequence ? order.step + 1 : 1;
  const begun: TopUpOrder = {
    orderId: `low_${low.accountId}_${low.sequence}_${step}`,
    sequence: low.sequence,
    step,
    price: priceTopUp(picoOfCents(auto.creditCents), terms),
    customerId,
    methodId: method.methodId,
    startedAtMs: nowMs,
    state: "open",
  };
  return {
    act: "begin",
    order: begun,
    profile: { ...profile, order: begun, day: { name: today, orders: orders + 1 } },
  };
}

function nothing(why: string): AutoTopUpStep {
  return { act: "nothing", why };
}

/** The profile once an order has ended; the same object when another order has taken its place, or it was done before. */
export function orderEnded(
  profile: PaymentProfile,
  orderId: string,
  declinedBecause?: string,
): PaymentProfile {
  const { order, auto } = profile;
  if (order?.orderId !== orderId || order.state === "done") return profile;
  const ended: PaymentProfile = { ...profile, order: { ...order, state: "done" } };
  return declinedBecause === undefined || !auto
    ? ended
    : { ...ended, auto: { ...auto, stoppedBecause: declinedBecause } };
}
