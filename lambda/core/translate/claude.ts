import type { Effort } from "./chat.ts";

/** What differs between the generations of Claude, wherever they run. */
export interface ClaudeTraits {
  /** `budget`: told how many tokens to think with; `adaptive`: told how hard; `none`: does not think. */
  readonly thinking: "none" | "budget" | "adaptive";
  /** Takes a number of thinking tokens from who names one. */
  readonly takesBudget: boolean;
  /** Thinks whether asked or not, and refuses to be told not to. */
  readonly alwaysThinks: boolean;
  /** Takes temperature, top_p and top_k. */
  readonly takesSampling: boolean;
  /** Can be made to call a tool. */
  readonly takesForcedTool: boolean;
  /** Keeps to a schema by itself (`output_config.format`). */
  readonly hasNativeSchema: boolean;
}

/** Generations as numbers that compare: 4.10 is not there, and not expected. */
function versionOf(model: string): { family: string; version: number } | undefined {
  const now = /claude-(opus|sonnet|haiku|fable|mythos)-(\d+)(?:-(\d{1,2}))?(?!\d)/.exec(model);
  if (now) return { family: now[1] ?? "", version: Number(now[2]) + Number(now[3] ?? 0) / 10 };
  const before = /claude-(\d+)(?:-(\d{1,2}))?-(opus|sonnet|haiku)/.exec(model);
  if (before) return { family: before[3] ?? "", version: Number(before[1]) + Number(before[2] ?? 0) / 10 };
  return undefined;
}

/**
 * By the model's name, as Anthropic, Bedrock and models.dev write it. A name that says nothing is taken for the newest.
 * Figures: models.dev's `reasoning_options` and the AI SDK's `getModelCapabilities` (Apache-2.0), both of 2026.
 */
export function claudeTraits(model: string): ClaudeTraits {
  const { family, version } = versionOf(model) ?? { family: "sonnet", version: 5 };
  const isNewest = version >= 5.5 && family !== "haiku";
  return {
    thinking: version < 3.7 ? "none" : version < 4.6 ? "budget" : "adaptive",
    takesBudget: version >= 3.7 && version < 4.7,
    alwaysThinks: isNewest || family === "fable" || family === "mythos",
    takesSampling: version < 4.7,
    takesForcedTool: !isNewest && !(family === "fable" && version > 5),
    hasNativeSchema: version >= 4.5 || (family === "opus" && version >= 4.1),
  };
}

/** Every model that thinks with a number of tokens wants at least these. */
export const CLAUDE_MINIMUM_BUDGET_TOKENS = 1_024;
/** OpenRouter's limit for an effort; who names a number may name more. */
export const CLAUDE_MAXIMUM_BUDGET_TOKENS = 32_000;

/** `output_config.effort`. Models before 4.7 know no xhigh, and what is above high there is max. */
export function claudeEffort(effort: Exclude<Effort, "none">, { takesBudget }: ClaudeTraits): string {
  if (effort === "minimal") return "low";
  return effort === "xhigh" && takesBudget ? "max" : effort;
}
