import type { Usage } from "../usage.ts";
import { totalInputTokens } from "../usage.ts";

/** Our disjoint counts as OpenAI's usage object, in which a prompt contains what of it was cached. */
export function openAiUsage(usage: Usage): Record<string, unknown> {
  const promptTokens = totalInputTokens(usage);
  return {
    prompt_tokens: promptTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: promptTokens + usage.outputTokens,
    prompt_tokens_details: {
      cached_tokens: usage.cacheReadTokens,
      // OpenRouter's name: OpenAI has none.
      cache_write_tokens: promptTokens - usage.inputTokens - usage.cacheReadTokens,
      audio_tokens: usage.audioInputTokens,
    },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoningTokens,
      audio_tokens: usage.audioOutputTokens,
    },
  };
}
