import type { FinishReason } from "../../core/translate/completion.ts";

const FILTERED = new Set([
  "SAFETY",
  "RECITATION",
  "LANGUAGE",
  "BLOCKLIST",
  "PROHIBITED_CONTENT",
  "SPII",
  "IMAGE_SAFETY",
  "IMAGE_PROHIBITED_CONTENT",
  "IMAGE_RECITATION",
  "MODEL_ARMOR",
]);

/** The model wrote a tool call that Google could not read: an answer was made, and there is nothing of it. */
const UNREADABLE = new Set(["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "MALFORMED_RESPONSE"]);

/** Google says STOP also where tools are to be called. */
export function finishReason(reason: unknown, hasToolCalls: boolean): FinishReason {
  if (reason === "MAX_TOKENS") return "length";
  if (FILTERED.has(String(reason))) return "content_filter";
  return hasToolCalls ? "tool_calls" : "stop";
}

export function isUnreadable(reason: unknown): boolean {
  return UNREADABLE.has(String(reason));
}
