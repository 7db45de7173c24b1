import { isRecord } from "../../core/is-record.ts";
import type { ReportedUsage } from "../../core/ports.ts";
import { recordOf } from "../../core/translate/read-chat.ts";
import { NO_USAGE } from "../../core/usage.ts";

/**
 * Converse's counts are disjoint like ours: `inputTokens` has neither cache reads nor writes. Thoughts are in the output,
 * and nobody says how many. @returns undefined when there is no usage that states both sides
 */
export function readUsage(value: unknown): ReportedUsage {
  if (!isRecord(value)) return undefined;
  const { inputTokens, outputTokens } = value;
  if (typeof inputTokens !== "number" || typeof outputTokens !== "number") return undefined;
  const written = count(value["cacheWriteInputTokens"]);
  return {
    ...NO_USAGE,
    inputTokens,
    cacheReadTokens: count(value["cacheReadInputTokens"]),
    cacheWriteTokens: written,
    cacheWrite1hTokens: Math.min(anHour(value["cacheDetails"]), written),
    outputTokens,
  };
}

function anHour(details: unknown): number {
  if (!Array.isArray(details)) return 0;
  return details
    .map(recordOf)
    .filter(({ ttl }) => ttl === "1h")
    .reduce((sum, { inputTokens }) => sum + count(inputTokens), 0);
}

function count(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
