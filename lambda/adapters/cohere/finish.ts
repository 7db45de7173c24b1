import type { FinishReason } from "../../core/translate/completion.ts";

const FINISH_REASONS: Readonly<Record<string, FinishReason>> = {
  COMPLETE: "stop",
  STOP_SEQUENCE: "stop",
  MAX_TOKENS: "length",
  TOOL_CALL: "tool_calls",
};

/** Told with a 200: there is no answer, or only half of one. */
export function isFailure(reason: unknown): boolean {
  return reason === "TIMEOUT" || String(reason).startsWith("ERROR");
}

export function finishReason(reason: unknown, hasToolCalls: boolean): FinishReason {
  const known = FINISH_REASONS[String(reason)] ?? "stop";
  return known === "tool_calls" && !hasToolCalls ? "stop" : known;
}
