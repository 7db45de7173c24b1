import type {
  AssistantPart,
  AudioPart,
  CacheControl,
  Chat,
  FilePart,
  ImagePart,
  ReasoningDetail,
  Source,
  TextPart,
  ToolResultPart,
  ToolSpec,
  UserPart,
} from "../../core/translate/chat.ts";
import { invalid } from "../../core/translate/read-fields.ts";

export type Block = Readonly<Record<string, unknown>>;

/** Claude signs the same way wherever it runs: its thoughts may move between Anthropic and Bedrock. */
const CLAUDE_FORMAT = "anthropic-claude-v1";

const DOCUMENT_FORMATS: Readonly<Record<string, string>> = {
  "application/pdf": "pdf",
  "text/csv": "csv",
  "application/msword": "doc",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
  "application/vnd.ms-excel": "xls",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
  "text/html": "html",
  "text/plain": "txt",
  "text/markdown": "md",
};
const IMAGE_FORMATS: Readonly<Record<string, string>> = {
  "image/png": "png",
  "image/jpeg": "jpeg",
  "image/jpg": "jpeg",
  "image/gif": "gif",
  "image/webp": "webp",
};

/** Turns parts into Converse's blocks. Documents need names that differ, so it counts them. */
export class BlockWriter {
  readonly #callId: (id: string) => string;
  #documents = 0;

  /** @param isMistral its models refuse any call id but nine letters and digits */
  constructor(isMistral: boolean) {
    this.#callId = isMistral
      ? (id) =>
          id
            .replace(/[^A-Za-z0-9]/g, "")
            .slice(-9)
            .padStart(9, "0")
      : (id) => id;
  }

  messages({ turns, cacheControl }: Chat): Block[] {
    const messages = turns.map((turn) => ({
      role: turn.role,
      content:
        turn.role === "user"
          ? resultsFirst(turn.parts).flatMap((part) => [this.#user(part), ...cachePoint(part.cacheControl)])
          : turn.parts.flatMap((part) => [...this.#assistant(part), ...cachePoint(part.cacheControl)]),
    }));
    const last = messages.at(-1);
    if (cacheControl && last) last.content = [...last.content, ...cachePoint(cacheControl)];
    return messages;
  }

  #user(part: UserPart): Block {
    switch (part.type) {
      case "text":
        return { text: part.text };
      case "image":
        return imageBlock(part);
      case "file":
        return this.#document(part);
      case "audio":
        return audioBlock(part);
      case "tool_result":
        return this.#toolResult(part);
    }
  }

  #document({ source, name, param }: FilePart): Block {
    const { mediaType, base64 } = inline(source);
    const format = DOCUMENT_FORMATS[mediaType];
    if (!format) throw invalid(`${param}.file_data`, `one of ${Object.keys(DOCUMENT_FORMATS).join(", ")}`);
    this.#documents += 1;
    // Bedrock takes few characters in a name, and no name twice in a request.
    const stem = (name ?? "document").replace(/\.\w+$/, "").replace(/[^A-Za-z0-9()[\]-]+/g, "-");
    return { document: { format, name: `${stem}-${this.#documents}`, source: { bytes: base64 } } };
  }

  #toolResult({ callId, content }: ToolResultPart): Block {
    const blocks = content.map((part) => (part.type === "text" ? { text: part.text } : imageBlock(part)));
    return {
      toolResult: {
        toolUseId: this.#callId(callId),
        // Empty content is refused; so is an empty text.
        content: blocks.length > 0 ? blocks : [{ text: "(no output)" }],
      },
    };
  }

  #assistant(part: AssistantPart): Block[] {
    switch (part.type) {
      case "text":
        return [{ text: part.text }];
      case "tool_call":
        return [{ toolUse: { toolUseId: this.#callId(part.id), name: part.name, input: part.input } }];
      case "reasoning":
        return reasoningBlocks(part.detail);
    }
  }
}

function resultsFirst(parts: readonly UserPart[]): readonly UserPart[] {
  const isResult = (part: UserPart): boolean => part.type === "tool_result";
  return [...parts.filter(isResult), ...parts.filter((part) => !isResult(part))];
}

export function systemBlocks(texts: readonly TextPart[]): Block[] {
  return texts.flatMap(({ text, cacheControl }) => [{ text }, ...cachePoint(cacheControl)]);
}

export function toolBlocks({ name, description, parameters, strict, cacheControl }: ToolSpec): Block[] {
  const toolSpec = {
    name,
    // An empty description is refused.
    ...(description?.trim() && { description }),
    inputSchema: { json: { type: "object", ...parameters } },
    ...(strict && { strict }),
  };
  return [{ toolSpec }, ...cachePoint(cacheControl)];
}

function cachePoint(control: CacheControl | undefined): Block[] {
  if (!control) return [];
  return [{ cachePoint: { type: "default", ...(control.ttl !== undefined && { ttl: control.ttl }) } }];
}

function imageBlock({ source, param }: ImagePart): Block {
  const { mediaType, base64 } = inline(source);
  const format = IMAGE_FORMATS[mediaType];
  if (!format) throw invalid(`${param}.url`, "a PNG, JPEG, GIF or WebP");
  return { image: { format, source: { bytes: base64 } } };
}

function audioBlock({ format, base64 }: AudioPart): Block {
  return { audio: { format, source: { bytes: base64 } } };
}

/** URLs were refused when the request was read. */
function inline(source: Source): Extract<Source, { kind: "data" }> {
  if (source.kind !== "data") throw new Error("a URL has come as far as Bedrock");
  return source;
}

function reasoningBlocks({ type, text, data, signature, format }: ReasoningDetail): Block[] {
  if (format !== undefined && format !== CLAUDE_FORMAT) return [];
  if (type === "reasoning.encrypted" && data !== undefined) {
    return [{ reasoningContent: { redactedContent: data } }];
  }
  if (type !== "reasoning.text" || signature === undefined) return [];
  return [{ reasoningContent: { reasoningText: { text: text ?? "", signature } } }];
}

/** A thought in the form in which it can be sent back. @param index of its block */
export function detailOf(content: Block, index: number): ReasoningDetail | undefined {
  const { text, signature, redactedContent } = content;
  const place = { format: CLAUDE_FORMAT, index };
  if (typeof redactedContent === "string")
    return { type: "reasoning.encrypted", data: redactedContent, ...place };
  if (typeof text !== "string" && typeof signature !== "string") return undefined;
  return {
    type: "reasoning.text",
    text: typeof text === "string" ? text : "",
    ...(typeof signature === "string" && { signature }),
    ...place,
  };
}
