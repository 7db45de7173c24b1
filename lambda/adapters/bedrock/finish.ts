import { GatewayError } from "../../core/errors.ts";
import type { FinishReason } from "../../core/translate/completion.ts";

const FINISH_REASONS: Readonly<Record<string, FinishReason>> = {
  end_turn: "stop",
  stop_sequence: "stop",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  tool_use: "tool_calls",
  content_filtered: "content_filter",
  guardrail_intervened: "content_filter",
};

/**
 * @param hasToolCalls calls that the client sees: the answer's own tool is none
 * @throws GatewayError for an answer that Bedrock itself calls malformed: it must not look like one
 */
export function finishReason(stopReason: unknown, hasToolCalls: boolean): FinishReason {
  if (typeof stopReason === "string" && stopReason.startsWith("malformed")) {
    throw new GatewayError("upstream_error", "The model's answer was malformed.", { retryable: true });
  }
  const reason = FINISH_REASONS[String(stopReason)] ?? "stop";
  return reason === "tool_calls" && !hasToolCalls ? "stop" : reason;
}
