import { isRecord } from "../../core/is-record.ts";
import type { ReportedUsage } from "../../core/ports.ts";
import { recordOf } from "../../core/translate/read-chat.ts";
import { NO_USAGE } from "../../core/usage.ts";

/**
 * Anthropic's counts are disjoint like ours: `input_tokens` has neither cache reads nor writes. Output has the thoughts;
 * newer models say how many. Impossible counts are taken as they are: the gateway judges them.
 * @returns undefined when there is no usage that states both sides
 */
export function readUsage(value: unknown): ReportedUsage {
  if (!isRecord(value)) return undefined;
  const { input_tokens: input, output_tokens: output } = value;
  if (typeof input !== "number" || typeof output !== "number") return undefined;
  const written = count(value["cache_creation_input_tokens"]);
  const anHour = count(recordOf(value["cache_creation"])["ephemeral_1h_input_tokens"]);
  return {
    ...NO_USAGE,
    inputTokens: input,
    cacheReadTokens: count(value["cache_read_input_tokens"]),
    cacheWriteTokens: written,
    cacheWrite1hTokens: Math.min(anHour, written),
    outputTokens: output,
    reasoningTokens: count(recordOf(value["output_tokens_details"])["thinking_tokens"]),
  };
}

function count(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

/** A stream counts twice: the input when it begins, all of it when it ends. What the end does not repeat still holds. */
export function laterUsage(before: unknown, later: unknown): Readonly<Record<string, unknown>> {
  const stated = Object.entries(recordOf(later)).filter(([, value]) => value !== null && value !== undefined);
  return { ...recordOf(before), ...Object.fromEntries(stated) };
}
