import type { Chat, Effort, ReasoningWish } from "./chat.ts";
import {
  CLAUDE_MAXIMUM_BUDGET_TOKENS,
  CLAUDE_MINIMUM_BUDGET_TOKENS,
  type ClaudeTraits,
  claudeEffort,
} from "./claude.ts";
import { thinkingBudgetTokens } from "./read-reasoning.ts";
import type { Refusals } from "./support.ts";

/** What the request says about thinking, in Claude's own members: the same at Anthropic and inside Converse. */
export interface ClaudeReasoning {
  readonly thinking?: Readonly<Record<string, unknown>>;
  readonly effort?: string;
}

export const isThinking = ({ thinking }: ClaudeReasoning): boolean =>
  thinking !== undefined && thinking["type"] !== "disabled";

/**
 * An effort or a budget as this Claude takes it. The cap is never raised for it: thoughts and answer share what was paid for.
 * @throws GatewayError 400 when the cap leaves no room to think, or the model cannot think that way
 */
export function claudeReasoning(
  { reasoning: wish }: Chat,
  traits: ClaudeTraits,
  capTokens: number,
  refusals: Refusals,
): ClaudeReasoning {
  if (!wish || traits.thinking === "none") return {};
  if (wish.effort === "none") return withoutThinking(wish, traits, refusals);
  if (wish.effort === undefined && wish.budgetTokens === undefined) return {};
  if (wish.budgetTokens !== undefined && !traits.takesBudget) {
    refusals.refuse(
      wish.param,
      `\`${wish.param}\` names a number of tokens, and this model takes an effort.`,
    );
    return {};
  }
  if (traits.thinking === "adaptive" && wish.budgetTokens === undefined) {
    return adaptive(wish.effort ?? "medium", wish, traits);
  }
  return budgeted(wish, capTokens, refusals);
}

function withoutThinking(wish: ReasoningWish, traits: ClaudeTraits, refusals: Refusals): ClaudeReasoning {
  if (!traits.alwaysThinks) return { thinking: { type: "disabled" } };
  refusals.refuse(wish.param, `\`${wish.param}\`: this model always reasons; low is its least.`);
  return {};
}

function adaptive(
  effort: Exclude<Effort, "none"> | "none",
  { isHidden }: ReasoningWish,
  traits: ClaudeTraits,
): ClaudeReasoning {
  // Without `display` the newest models think in silence, and the client would see nothing of what it asked for.
  const display = isHidden ? "omitted" : "summarized";
  const shown = traits.takesSampling ? {} : { display };
  return {
    thinking: { type: "adaptive", ...shown },
    effort: claudeEffort(effort === "none" ? "low" : effort, traits),
  };
}

function budgeted(wish: ReasoningWish, capTokens: number, refusals: Refusals): ClaudeReasoning {
  const budget = thinkingBudgetTokens(wish, {
    capTokens,
    minimumTokens: CLAUDE_MINIMUM_BUDGET_TOKENS,
    maximumTokens: wish.budgetTokens === undefined ? CLAUDE_MAXIMUM_BUDGET_TOKENS : capTokens - 1,
  });
  if (budget !== undefined) return { thinking: { type: "enabled", budget_tokens: budget } };
  const why =
    `\`${wish.param}\`: the answer may have ${capTokens} tokens, and reasoning alone takes ` +
    `${CLAUDE_MINIMUM_BUDGET_TOKENS} at least. Ask for more with max_completion_tokens.`;
  refusals.refuse(wish.param, why);
  return {};
}
