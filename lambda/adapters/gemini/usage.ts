import type { ReportedUsage } from "../../core/ports.ts";
import { recordOf } from "../../core/translate/read-chat.ts";

/**
 * Reads `usageMetadata`. The prompt contains what was read from the cache; what Google's own tools read comes on top of
 * it, and thoughts come on top of the candidates. Checked on every recorded one: the four add up to the total.
 * @returns undefined where the prompt or the answer was not counted, as in all chunks but a stream's last
 */
export function readUsage(metadata: unknown): ReportedUsage {
  const usage = recordOf(metadata);
  const prompt = usage["promptTokenCount"];
  // A blocked prompt has no candidates, and then only the total tells that counting was done.
  const candidates =
    usage["candidatesTokenCount"] ?? (usage["totalTokenCount"] === undefined ? undefined : 0);
  if (typeof prompt !== "number" || typeof candidates !== "number") return undefined;
  const cacheReadTokens = count(usage["cachedContentTokenCount"]);
  const thoughts = count(usage["thoughtsTokenCount"]);
  const audioCacheReadTokens = ofModality(usage["cacheTokensDetails"], "AUDIO");
  const audioTokens = ofModality(usage["promptTokensDetails"], "AUDIO");
  return {
    inputTokens: prompt - cacheReadTokens + count(usage["toolUsePromptTokenCount"]),
    cacheReadTokens,
    cacheWriteTokens: 0,
    outputTokens: candidates + thoughts,
    reasoningTokens: thoughts,
    audioInputTokens: Math.max(0, audioTokens - audioCacheReadTokens),
    audioOutputTokens: ofModality(usage["candidatesTokensDetails"], "AUDIO"),
    audioCacheReadTokens,
    cacheWrite1hTokens: 0,
    imageOutputTokens: ofModality(usage["candidatesTokensDetails"], "IMAGE"),
  };
}

function ofModality(details: unknown, modality: string): number {
  const all = Array.isArray(details) ? details.map(recordOf) : [];
  const counts = all
    .filter((detail) => detail["modality"] === modality)
    .map((detail) => count(detail["tokenCount"]));
  return counts.reduce((sum, tokens) => sum + tokens, 0);
}

function count(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
