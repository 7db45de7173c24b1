/**
 * Where providers stray from OpenAI's form, mended in this one place; docs/providers.md lists each. What needs no mending
 * keeps its bytes: every function here gives back the very object it was given when there was nothing to do.
 */
import { randomUUID } from "node:crypto";
import { isRecord } from "../../core/is-record.ts";
import type { Edits } from "../../core/json-edit.ts";
import { readUsage } from "./usage.ts";

type Json = Record<string, unknown>;

const TIERS: readonly unknown[] = ["auto", "default", "flex", "scale", "priority", null, undefined];

/** The members of a whole completion that have to be replaced (or left out: undefined); none where it is sound. */
export function completionEdits(completion: Json): Edits {
  const choices = mapSame(asList(completion["choices"]), mendChoice);
  const usage = mendUsage(completion["usage"]);
  return {
    ...(completion["object"] !== "chat.completion" && { object: "chat.completion" }),
    ...(choices !== completion["choices"] && { choices }),
    ...(usage !== completion["usage"] && { usage }),
    ...(completion["system_fingerprint"] === null && { system_fingerprint: undefined }),
    // Groq's "on_demand": OpenAI's clients know five names.
    ...(!TIERS.includes(completion["service_tier"]) && { service_tier: undefined }),
  };
}

function mendChoice(choice: unknown): unknown {
  if (!isRecord(choice)) return choice;
  return changed(choice, {
    message: isRecord(choice["message"]) ? mendMessage(choice["message"]) : choice["message"],
    logprobs: choice["logprobs"] ?? null,
  });
}

function mendMessage(message: Json): Json {
  const calls = message["tool_calls"];
  const mended = changed(message, {
    ...contentAsText(message),
    refusal: message["refusal"] ?? null,
    ...(Array.isArray(calls) && { tool_calls: mapSame(calls, mendWholeCall) }),
  });
  // Mistral says null where there are none.
  if (calls !== null) return mended;
  const { tool_calls: _, ...rest } = mended;
  return rest;
}

function mendWholeCall(call: unknown): unknown {
  if (!isRecord(call)) return call;
  return changed(call, { id: call["id"] || newCallId(), type: call["type"] ?? "function" });
}

/** Mistral thinks in parts of the content; everybody else's clients know text, and `reasoning_content` beside it. */
function contentAsText(message: Json): Json {
  const { content } = message;
  if (!Array.isArray(content)) return { content: content ?? null };
  const text = content.map((part) =>
    isRecord(part) && typeof part["text"] === "string" ? part["text"] : "",
  );
  const thoughts = content.flatMap((part) => (isRecord(part) ? asList(part["thinking"]) : []));
  const thought = thoughts.map((part) =>
    isRecord(part) && typeof part["text"] === "string" ? part["text"] : "",
  );
  return { content: text.join(""), ...(thought.length > 0 && { reasoning_content: thought.join("") }) };
}

/** The way back: Mistral's assistant takes thoughts as a part of the content, and refuses fields that it has not. */
export function contentWithThoughts(message: unknown): unknown {
  if (!isRecord(message) || typeof message["reasoning_content"] !== "string") return message;
  const { reasoning_content: text, refusal: _, content, ...rest } = message;
  const thinking = { type: "thinking", thinking: [{ type: "text", text }] };
  const said =
    typeof content === "string" && content !== "" ? [{ type: "text", text: content }] : asList(content);
  return { ...rest, content: [thinking, ...said] };
}

/**
 * Usage as OpenAI states it: reasoning inside the completion (xAI and Gemini count it beside), the cache's share in
 * `prompt_tokens_details` (DeepSeek, Moonshot and Together have members of their own, which stay).
 */
export function mendUsage(usage: unknown): unknown {
  const read = readUsage(usage);
  if (!read || !isRecord(usage)) return usage;
  const details = isRecord(usage["prompt_tokens_details"]) ? usage["prompt_tokens_details"] : undefined;
  const cached = read.cacheReadTokens > 0 && details?.["cached_tokens"] !== read.cacheReadTokens;
  return changed(usage, {
    completion_tokens: read.outputTokens,
    ...(cached && { prompt_tokens_details: { ...details, cached_tokens: read.cacheReadTokens } }),
  });
}

/** Mends the chunks of one stream: what a tool call's first chunk said is remembered for those that follow. */
export function createChunkMender(): (chunk: Json) => Json {
  const begun = new Set<string>();
  return (chunk) => {
    if (!Array.isArray(chunk["choices"])) return chunk;
    const usage = statedUsage(chunk);
    return changed(chunk, {
      // Azure's router begins with "", Perplexity ends with "chat.completion.done", Moonshot may say nothing.
      object: "chat.completion.chunk",
      choices: mapSame(chunk["choices"], (choice) => mendChunkChoice(choice, begun)),
      ...(usage !== undefined && { usage: mendUsage(usage) }),
    });
  };
}

/** Usage is a member of the chunk, or where Groq (`x_groq`) and Moonshot (the first choice) have put it. */
export function statedUsage({ choices, usage, x_groq: groq }: Json): unknown {
  return usage ?? memberUsage(groq) ?? memberUsage(asList(choices)[0]);
}

function memberUsage(value: unknown): unknown {
  return isRecord(value) ? (value["usage"] ?? undefined) : undefined;
}

function mendChunkChoice(choice: unknown, begun: Set<string>): unknown {
  if (!isRecord(choice)) return choice;
  const { delta } = choice;
  return changed(choice, {
    ...(isRecord(delta) && { delta: mendDelta(delta, choice["index"], begun) }),
    finish_reason: choice["finish_reason"] ?? null,
  });
}

function mendDelta(delta: Json, choiceIndex: unknown, begun: Set<string>): Json {
  const calls = delta["tool_calls"];
  return changed(delta, {
    ...(Array.isArray(delta["content"]) && contentAsText(delta)),
    ...(Array.isArray(calls) && {
      tool_calls: mapSame(calls, (call, position) => mendCallDelta(call, position, { choiceIndex, begun })),
    }),
  });
}

/** Mistral's whole calls have neither index nor type; Qwen repeats an empty id in every chunk of a call. */
function mendCallDelta(
  call: unknown,
  position: number,
  { choiceIndex, begun }: { choiceIndex: unknown; begun: Set<string> },
): unknown {
  if (!isRecord(call)) return call;
  const index = call["index"] ?? position;
  const name = `${choiceIndex}/${index}`;
  const isFirst = !begun.has(name);
  begun.add(name);
  if (isFirst) {
    return changed(call, { index, id: call["id"] || newCallId(), type: call["type"] ?? "function" });
  }
  const mended = changed(call, { index });
  if (mended["id"] !== "") return mended;
  const { id: _, ...rest } = mended;
  return rest;
}

function newCallId(): string {
  return `call_${randomUUID().replaceAll("-", "").slice(0, 24)}`;
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The same object where no member changes. */
function changed(object: Json, members: Json): Json {
  const isSame = Object.entries(members).every(([name, value]) => name in object && object[name] === value);
  return isSame ? object : { ...object, ...members };
}

/** The same list where no item changes. */
function mapSame(list: unknown[], mend: (item: unknown, position: number) => unknown): unknown[] {
  const mended = list.map(mend);
  return mended.every((item, position) => item === list[position]) ? list : mended;
}
