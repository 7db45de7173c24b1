import { GatewayError } from "../errors.ts";
import { isRecord } from "../is-record.ts";
import type {
  AssistantPart,
  ImagePart,
  ReasoningDetail,
  TextPart,
  ToolCallPart,
  ToolResultPart,
  Turn,
  UserPart,
} from "./chat.ts";
import { type ContentPart, readContent, readPartCaching } from "./read-content.ts";
import { invalid, type Json, listOf, requiredObject, requiredString } from "./read-fields.ts";
import type { Refusals } from "./support.ts";

export interface Conversation {
  readonly system: readonly TextPart[];
  readonly turns: readonly Turn[];
}

/** Messages as turns: system messages apart, neighbours of one side together. @throws GatewayError 400 */
export function readMessages(messages: unknown, refusals: Refusals): Conversation {
  const reader = new MessageReader(refusals);
  for (const [index, value] of listOf(messages, "messages").entries()) {
    const param = `messages[${index}]`;
    reader.read(requiredObject(value, param), param);
  }
  return reader;
}

class MessageReader implements Conversation {
  readonly system: TextPart[] = [];
  readonly turns: Turn[] = [];
  readonly #refusals: Refusals;
  /** A result names only its call, and some providers want the function's name. */
  readonly #callNames = new Map<string, string>();

  constructor(refusals: Refusals) {
    this.#refusals = refusals;
  }

  read(message: Json, param: string): void {
    const role = message["role"];
    // A tool's result may repeat the function's name; a participant's name is something to be told.
    if (role !== "tool" && typeof message["name"] === "string" && message["name"] !== "") {
      this.#refusals.takes("messages[].name", `${param}.name`);
    }
    switch (role) {
      case "system":
      case "developer":
        this.system.push(...textsOnly(this.#content(message, param), `${param}.content`));
        return;
      case "user":
        this.#add("user", this.#content(message, param));
        return;
      case "assistant":
        this.#add("assistant", this.#answer(message, param));
        return;
      case "tool":
        this.#add("user", [this.#toolResult(message, param)]);
        return;
      default:
        throw invalid(`${param}.role`, "one of system, developer, user, assistant, tool");
    }
  }

  #add(role: "user", parts: readonly UserPart[]): void;
  #add(role: "assistant", parts: readonly AssistantPart[]): void;
  #add(role: Turn["role"], parts: readonly (UserPart | AssistantPart)[]): void {
    if (parts.length === 0) return;
    const last = this.turns.at(-1);
    const all = last?.role === role ? [...last.parts, ...parts] : parts;
    // The overloads keep each side's parts to its own turns.
    const turn = { role, parts: all } as Turn;
    if (last?.role === role) this.turns[this.turns.length - 1] = turn;
    else this.turns.push(turn);
  }

  /** A mark on the message is one on its last part. */
  #content(message: Json, param: string): ContentPart[] {
    const parts = readContent(message["content"], `${param}.content`, this.#refusals);
    const cacheControl = readPartCaching(message, param, this.#refusals);
    const last = parts.at(-1);
    return cacheControl && last ? [...parts.slice(0, -1), { ...last, cacheControl }] : parts;
  }

  #answer(message: Json, param: string): AssistantPart[] {
    if (message["audio"] !== undefined && message["audio"] !== null) {
      this.#refusals.refuseContent(`${param}.audio`, "input_audio");
    }
    if (message["function_call"] !== undefined && message["function_call"] !== null) {
      throw invalid(`${param}.function_call`, "absent: use tool_calls");
    }
    const texts = textsOnly(this.#content(message, param), `${param}.content`);
    const refusal = message["refusal"];
    if (typeof refusal === "string" && refusal !== "") texts.push({ type: "text", text: refusal });
    const calls = listOf(message["tool_calls"], `${param}.tool_calls`).map((call, index) =>
      readToolCall(call, `${param}.tool_calls[${index}]`),
    );
    for (const { id, name } of calls) this.#callNames.set(id, name);
    return [...readReasoningDetails(message["reasoning_details"]), ...texts, ...calls];
  }

  #toolResult(message: Json, param: string): ToolResultPart {
    const callId = requiredString(message["tool_call_id"], `${param}.tool_call_id`);
    const parts = readContent(message["content"], `${param}.content`, this.#refusals);
    const content = parts.filter((part): part is TextPart | ImagePart => {
      if (part.type === "image") this.#refusals.refuseContent(part.param, "image in a tool's result");
      else if (part.type !== "text") throw invalid(part.param, "text or an image, in a tool's result");
      return true;
    });
    const name = message["name"];
    return {
      type: "tool_result",
      callId,
      name: this.#callNames.get(callId) ?? (typeof name === "string" ? name : undefined),
      content,
      cacheControl: readPartCaching(message, param, this.#refusals),
    };
  }
}

function textsOnly(parts: readonly ContentPart[], param: string): TextPart[] {
  return parts.map((part) => {
    if (part.type !== "text")
      throw invalid(param, "text: only a user's message holds images, files or audio");
    return part;
  });
}

function readToolCall(value: unknown, param: string): ToolCallPart {
  const call = requiredObject(value, param);
  const { name, arguments: text } = requiredObject(call["function"], `${param}.function`);
  const extra = call["extra_content"];
  const google = isRecord(extra) && isRecord(extra["google"]) ? extra["google"] : {};
  const signature = google["thought_signature"];
  return {
    type: "tool_call",
    id: requiredString(call["id"], `${param}.id`),
    name: requiredString(name, `${param}.function.name`),
    input: readArguments(text, `${param}.function.arguments`),
    ...(typeof signature === "string" && { signature }),
  };
}

function readArguments(text: unknown, param: string): Json {
  if (text === undefined || text === null || text === "") return {};
  if (typeof text !== "string") throw invalid(param, "a string");
  try {
    const input: unknown = JSON.parse(text);
    if (isRecord(input)) return input;
  } catch (cause) {
    throw new GatewayError("invalid_value", `\`${param}\` is not valid JSON.`, { param, cause });
  }
  throw invalid(param, "the JSON of an object");
}

const DETAIL_TYPES = ["reasoning.text", "reasoning.encrypted", "reasoning.summary"] as const;

/**
 * What an answer of ours said of its reasoning, sent back. Pieces of other forms are left out, as is reasoning without
 * details (`reasoning_content`): an earlier thought is context that no provider needs, and none believes it unsigned.
 */
function readReasoningDetails(value: unknown): AssistantPart[] {
  if (!Array.isArray(value)) return [];
  return mergeDetails(value.flatMap(readDetail)).map((detail) => ({ type: "reasoning", detail }));
}

function readDetail(value: unknown): ReasoningDetail[] {
  if (!isRecord(value)) return [];
  const type = DETAIL_TYPES.find((known) => known === value["type"]);
  if (!type) return [];
  const text = (name: string) => (typeof value[name] === "string" ? value[name] : undefined);
  return [
    {
      type,
      text: text("text"),
      summary: text("summary"),
      data: text("data"),
      signature: text("signature"),
      id: text("id"),
      format: text("format"),
      index: typeof value["index"] === "number" ? value["index"] : undefined,
    },
  ];
}

/** Who has only collected a stream's deltas sends one thought in many pieces, the signature last. */
function mergeDetails(details: readonly ReasoningDetail[]): ReasoningDetail[] {
  const merged: ReasoningDetail[] = [];
  for (const detail of details) {
    const last = merged.at(-1);
    const continues =
      last !== undefined &&
      detail.type === "reasoning.text" &&
      last.type === "reasoning.text" &&
      detail.index !== undefined &&
      detail.index === last.index &&
      last.signature === undefined;
    if (!continues) merged.push(detail);
    else {
      const text = `${last.text ?? ""}${detail.text ?? ""}`;
      merged[merged.length - 1] = { ...last, text, signature: detail.signature };
    }
  }
  return merged;
}
