import type { StreamPart } from "../ports.ts";
import type { Usage } from "../usage.ts";
import type { ReasoningDetail } from "./chat.ts";
import { type AnswerHead, extraContent, type FinishReason } from "./completion.ts";
import { openAiUsage } from "./openai-usage.ts";

/** A tool call, or more of one: the first piece of each has the name and the id. */
export interface ToolCallDelta {
  /** Counts the calls of the answer, from 0. */
  readonly index: number;
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly arguments?: string | undefined;
  readonly signature?: string | undefined;
}

/** What one event adds to an answer. */
export interface AnswerDelta {
  readonly text?: string | undefined;
  readonly reasoningText?: string | undefined;
  readonly reasoningDetails?: readonly ReasoningDetail[] | undefined;
  readonly toolCall?: ToolCallDelta | undefined;
  readonly refusal?: string | undefined;
}

/** Makes OpenAI's chunks. The first of each choice names the role, as OpenAI's do. */
export interface Chunks {
  delta(delta: AnswerDelta, choice?: number, logprobs?: object): StreamPart;
  finish(reason: FinishReason, choice?: number): StreamPart;
  usage(usage: Usage): StreamPart;
}

const encoder = new TextEncoder();

export function createChunks(head: AnswerHead): Chunks {
  const begun = new Set<number>();
  const base = { id: head.id, object: "chat.completion.chunk", created: head.created, model: head.model };
  const chunk = (index: number, delta: object, finishReason: FinishReason | null, logprobs?: object) => {
    const role = begun.has(index) ? {} : { role: "assistant" };
    begun.add(index);
    const choice = {
      index,
      delta: { ...role, ...delta },
      logprobs: logprobs ?? null,
      finish_reason: finishReason,
    };
    return eventsOf({ ...base, choices: [choice] });
  };
  return {
    delta: (delta, choice = 0, logprobs) => chunk(choice, deltaOf(delta), null, logprobs),
    finish: (reason, choice = 0) => chunk(choice, {}, reason),
    usage: (usage) => ({
      type: "usage",
      usage,
      chunk: { ...base, choices: [], usage: openAiUsage(usage) },
    }),
  };
}

function eventsOf(chunk: object): StreamPart {
  return { type: "events", bytes: encoder.encode(`data: ${JSON.stringify(chunk)}\n\n`) };
}

function deltaOf(delta: AnswerDelta): Record<string, unknown> {
  const { text, reasoningText, reasoningDetails, toolCall, refusal } = delta;
  return {
    ...(text !== undefined && { content: text }),
    ...(refusal !== undefined && { refusal }),
    ...(reasoningText !== undefined && { reasoning_content: reasoningText }),
    ...(reasoningDetails && reasoningDetails.length > 0 && { reasoning_details: reasoningDetails }),
    ...(toolCall && { tool_calls: [toolCallDeltaOf(toolCall)] }),
  };
}

function toolCallDeltaOf(call: ToolCallDelta): Record<string, unknown> {
  const { index, id, name, arguments: text, signature } = call;
  return {
    index,
    ...(id !== undefined && { id, type: "function" }),
    function: { ...(name !== undefined && { name }), arguments: text ?? "" },
    ...(signature && extraContent(signature)),
  };
}
