import type { Model } from "./catalog.ts";
import { type Characters, countText, type InputParts, inputText, knownMediaTokens } from "./input-bound.ts";
import { NO_USAGE, type Usage } from "./usage.ts";

/** Tokens that chat templates add to a message, as OpenAI's cookbook counts them. */
const TOKENS_A_MESSAGE = 4;

/**
 * What a text probably was in tokens, for an answer whose provider counted nothing: four ASCII characters or one
 * other character a token. Always marked `estimated`, and never charged above the hold.
 */
export function estimateTokens(characters: Characters): number {
  return Math.ceil(characters.ascii / 4 + characters.other);
}

export function estimateUsage(parts: InputParts, model: Model, outputText: string): Usage {
  return {
    ...NO_USAGE,
    inputTokens: Math.min(
      model.contextWindow,
      estimateTokens(inputText(parts)) +
        TOKENS_A_MESSAGE * parts.messages.length +
        knownMediaTokens(parts, model),
    ),
    outputTokens: estimateTokens(countText(outputText)),
  };
}
