/**
 * Which events go where, once: CDK makes EventBridge rules of these patterns, and the bus of one machine matches by them.
 * Plain data, so that `lib/` can read it without pulling an SDK into synth.
 */

interface RulePattern {
  readonly source: readonly string[];
  readonly "detail-type": readonly string[];
}

/** The custom event bus; your own rules belong on it too. */
export const BUS_NAME = "wlrouter";

export const RULES = {
  lake: { source: ["wlrouter"], "detail-type": ["usage.settled"] },
  rollups: { source: ["wlrouter"], "detail-type": ["usage.settled"] },
  // Credits too: what rises above the threshold may fall below it again.
  lowBalance: {
    source: ["wlrouter"],
    "detail-type": ["usage.settled", "balance.credited", "balance.adjusted"],
  },
  autoTopUp: { source: ["wlrouter"], "detail-type": ["balance.low"] },
} as const satisfies Record<string, RulePattern>;
