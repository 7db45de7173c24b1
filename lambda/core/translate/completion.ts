import type { ProviderAnswer, ReportedUsage } from "../ports.ts";
import type { ReasoningDetail } from "./chat.ts";
import { openAiUsage } from "./openai-usage.ts";

export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter";

/** Who answered, and which answer it is. */
export interface AnswerHead {
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  /** The provider's own name for the model. */
  readonly model: string;
}

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON. */
  readonly arguments: string;
  /** Google's signature of the thought that led to it. */
  readonly signature?: string | undefined;
}

/** One choice of an answer, as far as any provider fills it. */
export interface AnswerMessage {
  /** All text parts, one after another; empty where there is none. */
  readonly text: string;
  readonly reasoningText?: string | undefined;
  readonly reasoningDetails?: readonly ReasoningDetail[] | undefined;
  readonly toolCalls: readonly ToolCall[];
  readonly refusal?: string | undefined;
}

export interface Choice {
  readonly message: AnswerMessage;
  readonly finishReason: FinishReason;
  /** In OpenAI's form. */
  readonly logprobs?: object | undefined;
}

const encoder = new TextEncoder();

/** A whole answer in OpenAI's form. */
export function completionAnswer(
  head: AnswerHead,
  choices: readonly Choice[],
  usage: ReportedUsage,
  dropped: readonly string[],
): ProviderAnswer {
  const fields = {
    id: head.id,
    object: "chat.completion",
    created: head.created,
    model: head.model,
    choices: choices.map(({ message, finishReason, logprobs }, index) => ({
      index,
      message: messageOf(message),
      logprobs: logprobs ?? null,
      finish_reason: finishReason,
    })),
    ...(usage && { usage: openAiUsage(usage) }),
  };
  return { type: "json", body: encoder.encode(JSON.stringify(fields)), fields, usage, dropped };
}

function messageOf(message: AnswerMessage): Record<string, unknown> {
  const { text, reasoningText, reasoningDetails = [], toolCalls, refusal } = message;
  return {
    role: "assistant",
    content: text === "" && toolCalls.length > 0 ? null : text,
    refusal: refusal ?? null,
    ...(reasoningText && { reasoning_content: reasoningText }),
    ...(reasoningDetails.length > 0 && { reasoning_details: reasoningDetails }),
    ...(toolCalls.length > 0 && { tool_calls: toolCalls.map(toolCallOf) }),
  };
}

function toolCallOf({ id, name, arguments: text, signature }: ToolCall): Record<string, unknown> {
  return {
    id,
    type: "function",
    function: { name, arguments: text },
    ...(signature && extraContent(signature)),
  };
}

/** Where Google's own OpenAI-compatible endpoint has it, so that its users' programs send it back. */
export function extraContent(signature: string): Record<string, unknown> {
  return { extra_content: { google: { thought_signature: signature } } };
}
