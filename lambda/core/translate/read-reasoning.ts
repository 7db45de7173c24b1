import { isRecord } from "../is-record.ts";
import { EFFORTS, type Effort, type ReasoningWish } from "./chat.ts";
import { invalid, type Json, optionalNumber } from "./read-fields.ts";

/**
 * How much to think, in any of three forms: OpenAI's `reasoning_effort`, OpenRouter's `reasoning` (`effort` or
 * `max_tokens`, `enabled`, `exclude`), Anthropic's `thinking` (`type`, `budget_tokens`).
 * @throws GatewayError 400 when two of them are there: they may contradict each other
 */
export function readReasoning(fields: Json): ReasoningWish | undefined {
  const { reasoning_effort: effort, reasoning, thinking } = fields;
  const named = Object.entries({ reasoning_effort: effort, reasoning, thinking }).filter(
    ([, value]) => value !== undefined,
  );
  if (named.length > 1) throw invalid(named[1]?.[0] ?? "reasoning", `absent beside \`${named[0]?.[0]}\``);
  if (effort !== undefined) {
    const param = "reasoning_effort";
    return { param, effort: readEffort(effort, param), budgetTokens: undefined, isHidden: false };
  }
  if (reasoning !== undefined) return readOpenRouters(reasoning);
  return thinking === undefined ? undefined : readAnthropics(thinking);
}

function readOpenRouters(value: unknown): ReasoningWish | undefined {
  const param = "reasoning";
  if (!isRecord(value)) throw invalid(param, "an object");
  const budgetTokens = optionalNumber(value["max_tokens"], "reasoning.max_tokens");
  const effort =
    value["effort"] === undefined || value["effort"] === null
      ? undefined
      : readEffort(value["effort"], "reasoning.effort");
  const isHidden = value["exclude"] === true;
  if (value["enabled"] === false) return { param, effort: "none", budgetTokens: undefined, isHidden };
  if (effort === undefined && budgetTokens === undefined && value["enabled"] !== true && !isHidden) {
    return undefined;
  }
  // Enabled without a measure is OpenRouter's medium. Hidden alone asks for no thinking, only for silence about it.
  const measured = effort ?? (budgetTokens === undefined && value["enabled"] === true ? "medium" : undefined);
  return { param, effort: measured, budgetTokens, isHidden };
}

function readAnthropics(value: unknown): ReasoningWish {
  const param = "thinking";
  if (!isRecord(value)) throw invalid(param, "an object");
  const { type } = value;
  const budgetTokens = optionalNumber(value["budget_tokens"], "thinking.budget_tokens");
  if (type === "disabled") return { param, effort: "none", budgetTokens: undefined, isHidden: false };
  if (type !== "enabled" && type !== "adaptive")
    throw invalid("thinking.type", "enabled, adaptive or disabled");
  return {
    param,
    effort: budgetTokens === undefined ? "high" : undefined,
    budgetTokens,
    isHidden: false,
  };
}

function readEffort(value: unknown, param: string): Effort {
  const effort = EFFORTS.find((known) => known === value);
  if (!effort) throw invalid(param, `one of ${EFFORTS.join(", ")}`);
  return effort;
}

/** Of the cap, for each effort: OpenRouter's figures, so that a client's words mean here what they mean there. */
const SHARES: Readonly<Record<Exclude<Effort, "none">, number>> = {
  minimal: 0.1,
  low: 0.2,
  medium: 0.5,
  high: 0.8,
  xhigh: 0.95,
  max: 0.95,
};

export interface BudgetRule {
  /** All that may be written, reasoning and answer together. It is never raised. */
  readonly capTokens: number;
  readonly minimumTokens: number;
  readonly maximumTokens: number;
}

/**
 * The tokens to think with, for models that are given a number, always less than the cap: the thoughts are part of the
 * answer that was paid for.
 * @returns undefined when even the model's minimum leaves no room under the cap
 */
export function thinkingBudgetTokens(wish: ReasoningWish, rule: BudgetRule): number | undefined {
  const { capTokens, minimumTokens, maximumTokens } = rule;
  if (capTokens <= minimumTokens) return undefined;
  const effort = wish.effort === undefined || wish.effort === "none" ? "medium" : wish.effort;
  const wanted = wish.budgetTokens ?? Math.floor(capTokens * SHARES[effort]);
  return Math.min(capTokens - 1, Math.max(minimumTokens, Math.min(maximumTokens, wanted)));
}
