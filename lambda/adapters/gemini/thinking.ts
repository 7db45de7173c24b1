import type { Effort, ReasoningWish } from "../../core/translate/chat.ts";
import { thinkingBudgetTokens } from "../../core/translate/read-reasoning.ts";
import type { Refusals } from "../../core/translate/support.ts";
import type { Json } from "./contents.ts";
import { type GeminiTraits, LEVELS, type Level } from "./models.ts";

/**
 * How much to think. Thoughts are part of `maxOutputTokens`, which is never raised: a budget stays under it, and a level
 * is a wish that the cap ends.
 */
export function thinkingConfig(
  wish: ReasoningWish | undefined,
  traits: GeminiTraits,
  capTokens: number,
  refusals: Refusals,
): Json {
  if (!wish || traits.thinking === "none") return {};
  const includeThoughts = !wish.isHidden;
  if (wish.effort === "none") return turnedOff(wish, traits, refusals);
  if (wish.effort === undefined && wish.budgetTokens === undefined) return {};
  if (traits.thinking === "level") {
    return { thinkingConfig: { includeThoughts, thinkingLevel: levelOf(wish, traits, capTokens) } };
  }
  const thinkingBudget = thinkingBudgetTokens(wish, {
    capTokens,
    minimumTokens: traits.minimumBudgetTokens,
    maximumTokens: traits.maximumBudgetTokens,
  });
  if (thinkingBudget !== undefined) return { thinkingConfig: { includeThoughts, thinkingBudget } };
  refusals.refuse(
    wish.param,
    `This Gemini thinks with at least ${traits.minimumBudgetTokens} tokens, and the output cap is ${capTokens}.`,
  );
  return {};
}

function turnedOff(wish: ReasoningWish, traits: GeminiTraits, refusals: Refusals): Json {
  if (traits.canTurnOff) return { thinkingConfig: { thinkingBudget: 0 } };
  // The least that Gemini 3 Flash knows is close to nothing.
  if (traits.levels[0] === "minimal") return { thinkingConfig: { thinkingLevel: "minimal" } };
  refusals.refuse(wish.param, "This Gemini always thinks.");
  return {};
}

const LEVEL_OF: Readonly<Record<Exclude<Effort, "none">, Level>> = {
  minimal: "minimal",
  low: "low",
  medium: "medium",
  high: "high",
  xhigh: "high",
  max: "high",
};

/** A level that the model does not know is its next lower one, or its lowest: thinking costs what the client pays. */
function levelOf(wish: ReasoningWish, { levels }: GeminiTraits, capTokens: number): Level {
  const effort =
    wish.effort === undefined || wish.effort === "none"
      ? effortOf(wish.budgetTokens, capTokens)
      : wish.effort;
  const most = LEVELS.indexOf(LEVEL_OF[effort]);
  return levels.findLast((level) => LEVELS.indexOf(level) <= most) ?? levels[0] ?? "low";
}

/** A budget, for models that take levels: the effort with about that share of the cap. */
function effortOf(budgetTokens: number | undefined, capTokens: number): Exclude<Effort, "none"> {
  const share = (budgetTokens ?? 0) / capTokens;
  if (share >= 0.65) return "high";
  return share >= 0.35 ? "medium" : "low";
}
