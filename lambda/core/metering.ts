import type { Quote } from "./budget.ts";
import type { Model } from "./catalog.ts";
import { minOf, type PicoUsd } from "./money.ts";
import { costOf, type Prices } from "./prices.ts";
import { isPlausible, totalInputTokens, type Usage } from "./usage.ts";

/** What a request is charged for, and whether somebody has to look at why. */
export interface Metered {
  readonly usage: Usage;
  readonly costPicoUsd: PicoUsd;
  readonly estimated: boolean;
  readonly alarm?: "usage_implausible" | "usage_above_cap" | "usage_above_window";
}

export interface Meter {
  readonly model: Model;
  /** Of the route that answered. */
  readonly prices: Prices;
  readonly quoted: Quote;
  readonly holdPicoUsd: PicoUsd;
  readonly outputCapTokens: number;
  /** Reads the text that was received; called only when the provider's usage is missing or cannot be. */
  readonly estimate: () => Usage;
}

/**
 * The provider's usage decides. Where there is none, or it cannot be, the estimate stands in and is marked. Neither an
 * estimate, nor output above the cap we sent, nor more input than the model can read ever costs more than the hold.
 */
export function meter(reported: Usage | undefined, by: Meter): Metered {
  if (reported && isPlausible(reported)) {
    const costPicoUsd = costOf(reported, by.prices);
    const alarm = excessOf(reported, by);
    if (!alarm) return { usage: reported, costPicoUsd, estimated: false };
    return { usage: reported, costPicoUsd: minOf(costPicoUsd, by.holdPicoUsd), estimated: false, alarm };
  }
  const usage = by.estimate();
  return {
    usage,
    costPicoUsd: minOf(costOf(usage, by.prices), by.holdPicoUsd),
    estimated: true,
    ...(reported ? { alarm: "usage_implausible" as const } : {}),
  };
}

function excessOf(usage: Usage, by: Meter): "usage_above_cap" | "usage_above_window" | undefined {
  if (usage.outputTokens > by.outputCapTokens * by.quoted.choices) return "usage_above_cap";
  return totalInputTokens(usage) > by.model.contextWindow ? "usage_above_window" : undefined;
}
