import { isRecord } from "../../core/is-record.ts";
import type { ReportedUsage } from "../../core/ports.ts";

/**
 * Reads the usage object of a chat completion. Checked on every recorded one of OpenAI, DeepSeek, Mistral, xAI, Groq
 * and OpenRouter. Counts are taken as they are, impossible ones too: the gateway judges them.
 * @returns undefined when there is no usage, or none that states both sides as numbers.
 */
export function readUsage(value: unknown): ReportedUsage {
  if (!isRecord(value)) return undefined;
  const { prompt_tokens: prompt, completion_tokens: completion } = value;
  if (typeof prompt !== "number" || typeof completion !== "number") return undefined;
  const promptDetails = recordOf(value["prompt_tokens_details"]);
  const completionDetails = recordOf(value["completion_tokens_details"]);

  // DeepSeek has a member of its own beside (once: instead of) OpenAI's; Moonshot and Together have `cached_tokens`.
  const cacheReadTokens =
    count(promptDetails["cached_tokens"]) ??
    count(value["prompt_cache_hit_tokens"]) ??
    count(value["cached_tokens"]) ??
    0;
  // OpenRouter can state tokens of Gemini as both written and read: as kinds are disjoint here, they were read.
  const writtenTokens = count(promptDetails["cache_write_tokens"]) ?? 0;
  const cacheWriteTokens = cacheReadTokens + writtenTokens > prompt ? 0 : writtenTokens;
  const inputTokens = prompt - cacheReadTokens - cacheWriteTokens;
  const reasoningTokens = count(completionDetails["reasoning_tokens"]) ?? 0;
  // xAI counts reasoning beside the completion, everybody else inside it. Only the total tells.
  const isBeside = reasoningTokens > 0 && value["total_tokens"] === prompt + completion + reasoningTokens;
  return {
    inputTokens,
    cacheReadTokens,
    cacheWriteTokens,
    outputTokens: isBeside ? completion + reasoningTokens : completion,
    reasoningTokens,
    // Audio of the prompt may have been read from the cache: that part is billed as a cache read.
    audioInputTokens: Math.min(count(promptDetails["audio_tokens"]) ?? 0, inputTokens),
    audioOutputTokens: count(completionDetails["audio_tokens"]) ?? 0,
    audioCacheReadTokens: 0,
    cacheWrite1hTokens: 0,
    imageOutputTokens: count(completionDetails["image_tokens"]) ?? 0,
  };
}

function recordOf(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

function count(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}
