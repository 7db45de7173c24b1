import type {
  AssistantPart,
  CacheControl,
  FilePart,
  ImagePart,
  ReasoningDetail,
  Source,
  TextPart,
  ToolResultPart,
  ToolSpec,
  Turn,
  UserPart,
} from "../../core/translate/chat.ts";
import { invalid } from "../../core/translate/read-fields.ts";

export type Block = Readonly<Record<string, unknown>>;

/** Names whose signatures these are: only Claude can read them, and it refuses any other. */
export const CLAUDE_FORMAT = "anthropic-claude-v1";

export function messagesOf(turns: readonly Turn[]): Block[] {
  return turns.map((turn) => ({
    role: turn.role,
    content:
      turn.role === "user" ? resultsFirst(turn.parts).map(userBlock) : turn.parts.flatMap(assistantBlocks),
  }));
}

/** Anthropic wants the results of tools before anything else in the turn that answers them. */
function resultsFirst(parts: readonly UserPart[]): readonly UserPart[] {
  const isResult = (part: UserPart): boolean => part.type === "tool_result";
  return [...parts.filter(isResult), ...parts.filter((part) => !isResult(part))];
}

function userBlock(part: UserPart): Block {
  switch (part.type) {
    case "text":
      return textBlock(part);
    case "image":
      return imageBlock(part);
    case "file":
      return documentBlock(part);
    case "tool_result":
      return toolResultBlock(part);
    case "audio":
      throw invalid(part.param, "text, an image or a file");
  }
}

export function textBlock({ text, cacheControl }: TextPart): Block {
  return { type: "text", text, ...cached(cacheControl) };
}

function imageBlock({ source, cacheControl }: ImagePart): Block {
  return { type: "image", source: sourceOf(source), ...cached(cacheControl) };
}

function documentBlock({ source, name, param, cacheControl }: FilePart): Block {
  const title = name === undefined ? {} : { title: name };
  return { type: "document", source: documentSource(source, param), ...title, ...cached(cacheControl) };
}

function documentSource(source: Source, param: string): Block {
  if (source.kind === "url" || source.mediaType === "application/pdf") return sourceOf(source);
  if (!source.mediaType.startsWith("text/")) throw invalid(`${param}.file_data`, "a PDF or a text");
  const data = Buffer.from(source.base64, "base64").toString("utf8");
  return { type: "text", media_type: "text/plain", data };
}

function sourceOf(source: Source): Block {
  if (source.kind === "url") return { type: "url", url: source.url };
  return { type: "base64", media_type: source.mediaType, data: source.base64 };
}

function toolResultBlock({ callId, content, cacheControl }: ToolResultPart): Block {
  return {
    type: "tool_result",
    tool_use_id: callId,
    content: content.map((part) => (part.type === "text" ? textBlock(part) : imageBlock(part))),
    ...cached(cacheControl),
  };
}

function assistantBlocks(part: AssistantPart): Block[] {
  switch (part.type) {
    case "text":
      return [textBlock(part)];
    case "tool_call":
      return [
        { type: "tool_use", id: part.id, name: part.name, input: part.input, ...cached(part.cacheControl) },
      ];
    case "reasoning":
      return thinkingBlocks(part.detail);
  }
}

/** Thoughts of another model, or without a signature, would be refused: they are left out. */
function thinkingBlocks({ type, text, data, signature, format }: ReasoningDetail): Block[] {
  if (format !== undefined && format !== CLAUDE_FORMAT) return [];
  if (type === "reasoning.encrypted" && data !== undefined) return [{ type: "redacted_thinking", data }];
  if (type !== "reasoning.text" || signature === undefined) return [];
  return [{ type: "thinking", thinking: text ?? "", signature }];
}

export function toolOf({ name, description, parameters, strict, cacheControl }: ToolSpec): Block {
  return {
    name,
    ...(description !== undefined && { description }),
    // Anthropic refuses a schema that does not say so.
    input_schema: { type: "object", ...parameters },
    ...(strict && { strict }),
    ...cached(cacheControl),
  };
}

export function cached(control: CacheControl | undefined): Block {
  if (!control) return {};
  return { cache_control: { type: control.type, ...(control.ttl !== undefined && { ttl: control.ttl }) } };
}
