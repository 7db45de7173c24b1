import { GatewayError } from "../../core/errors.ts";
import { isRecord } from "../../core/is-record.ts";
import type {
  AssistantPart,
  ReasoningDetail,
  Source,
  ToolCallPart,
  ToolResultPart,
  Turn,
  UserPart,
} from "../../core/translate/chat.ts";

export type Json = Readonly<Record<string, unknown>>;

/** Marks thoughts that are Google's: nobody else's signature is sent to it. */
export const GEMINI_FORMAT = "google-gemini-v1";

/** Google's word for a call that another model made, or whose signature was lost on the way. */
const NO_SIGNATURE = "skip_thought_signature_validator";
/** An id that we gave a call, since Google gave it none: Google would not know it. */
const OUR_CALL_ID = /^call_[0-9a-f]{24}$/;

export interface ContentRules {
  /** Calls without a signature are refused: the first of a turn gets Google's word for "none". */
  readonly wantsSignatures: boolean;
}

/** Turns as `contents`. @throws GatewayError 400 for a file that names no type */
export function contentsOf(turns: readonly Turn[], rules: ContentRules): Json[] {
  return turns.map((turn) =>
    turn.role === "user"
      ? { role: "user", parts: turn.parts.flatMap(userParts) }
      : { role: "model", parts: modelParts(turn.parts, rules) },
  );
}

function userParts(part: UserPart): Json[] {
  switch (part.type) {
    case "text":
      return [{ text: part.text }];
    case "image":
    case "file":
      return [mediaPart(part.source, part.param)];
    case "audio":
      return [{ inlineData: { mimeType: `audio/${part.format}`, data: part.base64 } }];
    case "tool_result":
      return toolResult(part);
  }
}

function mediaPart(source: Source, param: string): Json {
  if (source.kind === "data") return { inlineData: { mimeType: source.mediaType, data: source.base64 } };
  const mimeType = typeOf(source.url);
  if (mimeType) return { fileData: { mimeType, fileUri: source.url } };
  const message = `\`${param}\`: Vertex AI has to be told a file's type, and this URL ends in none that is known.`;
  throw new GatewayError("invalid_value", message, { param });
}

const TYPES: Readonly<Record<string, string>> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  webp: "image/webp",
  heic: "image/heic",
  heif: "image/heif",
  gif: "image/gif",
  pdf: "application/pdf",
  txt: "text/plain",
  mp3: "audio/mp3",
  wav: "audio/wav",
  mp4: "video/mp4",
};

function typeOf(url: string): string | undefined {
  const extension = /\.(\w{2,5})$/.exec(URL.parse(url)?.pathname ?? "")?.[1];
  return extension && TYPES[extension.toLowerCase()];
}

/** The result is an object: one in JSON as it is, any other text as its `output`. Images follow it. */
function toolResult({ callId, name, content }: ToolResultPart): Json[] {
  const texts = content.flatMap((part) => (part.type === "text" ? [part.text] : []));
  const images = content.flatMap((part) =>
    part.type === "image" ? [mediaPart(part.source, part.param)] : [],
  );
  const response = objectOf(texts.join("")) ?? { output: texts.join("") };
  return [{ functionResponse: { ...idOf(callId), name: name ?? callId, response } }, ...images];
}

function objectOf(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function modelParts(parts: readonly AssistantPart[], { wantsSignatures }: ContentRules): Json[] {
  const signature = parts
    .flatMap((part) => (part.type === "reasoning" ? signatureOf(part.detail) : []))
    .at(-1);
  const texts = parts.flatMap((part) => (part.type === "text" ? [{ text: part.text }] : []));
  const calls = parts.filter((part): part is ToolCallPart => part.type === "tool_call");
  // The text's signature stands with its last part; of an answer without text it is a part of its own.
  const last = texts.pop();
  const said = signature === undefined ? last : { text: last?.text ?? "", thoughtSignature: signature };
  return [
    ...texts,
    ...(said ? [said] : []),
    ...calls.map((call, index) => callPart(call, index === 0 && wantsSignatures ? NO_SIGNATURE : undefined)),
  ];
}

function signatureOf({ type, format, data }: ReasoningDetail): string[] {
  return type === "reasoning.encrypted" && format === GEMINI_FORMAT && data ? [data] : [];
}

function callPart({ id, name, input, signature }: ToolCallPart, otherwise: string | undefined): Json {
  const thoughtSignature = signature ?? otherwise;
  return {
    functionCall: { ...idOf(id), name, args: input },
    ...(thoughtSignature && { thoughtSignature }),
  };
}

function idOf(callId: string): Json {
  return OUR_CALL_ID.test(callId) ? {} : { id: callId };
}
