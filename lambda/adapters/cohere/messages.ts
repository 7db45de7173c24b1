import type {
  AssistantPart,
  Chat,
  ImagePart,
  ReasoningDetail,
  TextPart,
  ToolCallPart,
  ToolResultPart,
  ToolSpec,
  Turn,
  UserPart,
} from "../../core/translate/chat.ts";
import { invalid } from "../../core/translate/read-fields.ts";

export type Json = Readonly<Record<string, unknown>>;

/** Names thoughts that came from Cohere. A plan is told apart from a thought by its type: a summary. */
const COHERE_FORMAT = "cohere-command-v1";

export function thoughtDetail(text: string, index: number): ReasoningDetail {
  return { type: "reasoning.text", text, format: COHERE_FORMAT, index };
}

export function planDetail(summary: string): ReasoningDetail {
  return { type: "reasoning.summary", summary, format: COHERE_FORMAT };
}

export function messagesOf({ system, turns }: Chat): Json[] {
  return [
    ...(system.length > 0 ? [{ role: "system", content: system.map(textOf) }] : []),
    ...turns.flatMap(messagesOfTurn),
  ];
}

function messagesOfTurn(turn: Turn): Json[] {
  return turn.role === "user" ? userMessages(turn.parts) : [assistantMessage(turn.parts)];
}

/** Each tool's result is a message of its own, before what the user says next. */
function userMessages(parts: readonly UserPart[]): Json[] {
  const results = parts.filter((part): part is ToolResultPart => part.type === "tool_result");
  const content = parts.flatMap((part) => (part.type === "tool_result" ? [] : [contentOf(part)]));
  return [...results.map(toolMessage), ...(content.length > 0 ? [{ role: "user", content }] : [])];
}

function contentOf(part: Exclude<UserPart, ToolResultPart>): Json {
  if (part.type === "text") return textOf(part);
  if (part.type === "image") return imageOf(part);
  throw invalid(part.param, "text or an image");
}

function textOf({ text }: TextPart): Json {
  return { type: "text", text };
}

function imageOf({ source }: ImagePart): Json {
  const url = source.kind === "url" ? source.url : `data:${source.mediaType};base64,${source.base64}`;
  return { type: "image_url", image_url: { url } };
}

function toolMessage({ callId, content }: ToolResultPart): Json {
  const text = content.map((part) => (part.type === "text" ? part.text : "")).join("");
  // Empty content is refused.
  return { role: "tool", tool_call_id: callId, content: text === "" ? "(no output)" : text };
}

function assistantMessage(parts: readonly AssistantPart[]): Json {
  const content = parts.flatMap((part) => {
    if (part.type === "text") return [textOf(part)];
    return part.type === "reasoning" ? thinkingOf(part.detail) : [];
  });
  const calls = parts.filter((part): part is ToolCallPart => part.type === "tool_call");
  const plan = parts.map((part) => (part.type === "reasoning" ? planOf(part.detail) : "")).join("");
  return {
    role: "assistant",
    ...(content.length > 0 && { content }),
    ...(calls.length > 0 && { tool_calls: calls.map(callOf) }),
    ...(calls.length > 0 && plan !== "" && { tool_plan: plan }),
  };
}

/** Thoughts of another model are left out: what they say is not this one's to go on with. */
function thinkingOf({ type, text, format }: ReasoningDetail): Json[] {
  return type === "reasoning.text" && format === COHERE_FORMAT && text
    ? [{ type: "thinking", thinking: text }]
    : [];
}

function planOf({ type, summary, format }: ReasoningDetail): string {
  return type === "reasoning.summary" && format === COHERE_FORMAT ? (summary ?? "") : "";
}

function callOf({ id, name, input }: ToolCallPart): Json {
  return { id, type: "function", function: { name, arguments: JSON.stringify(input) } };
}

export function toolOf({ name, description, parameters }: ToolSpec): Json {
  return {
    type: "function",
    function: { name, ...(description !== undefined && { description }), parameters },
  };
}
