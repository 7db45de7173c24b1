import type { FinishReason } from "../../core/translate/completion.ts";

const FINISH_REASONS: Readonly<Record<string, FinishReason>> = {
  end_turn: "stop",
  stop_sequence: "stop",
  pause_turn: "stop",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  tool_use: "tool_calls",
  refusal: "content_filter",
};

/** @param hasToolCalls calls that the client sees: the answer's own tool is none */
export function finishReason(stopReason: unknown, hasToolCalls: boolean): FinishReason {
  const reason = FINISH_REASONS[String(stopReason)] ?? "stop";
  return reason === "tool_calls" && !hasToolCalls ? "stop" : reason;
}
