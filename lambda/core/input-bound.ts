import type { Model } from "./catalog.ts";

/** The parts of a validated body that decide how many tokens can go in. */
export interface InputParts {
  /** Bytes of the request as it came. JSON never makes a text shorter than its UTF-8, so they bound it. */
  readonly bodyBytes: number;
  readonly messages: readonly { readonly content?: unknown; readonly audio?: unknown }[];
  readonly tools?: unknown;
  /** A schema for the answer goes in as text. */
  readonly responseFormat?: unknown;
}

const TOKENS_A_MESSAGE = 20;
const TOKENS_A_REQUEST = 50;
/** What providers put before tools or a schema in words of their own: Anthropic 500, Groq 300 (recorded). */
const TOKENS_FOR_TOOLS = 700;
/** A prompt that a provider puts before every request and bills for: xAI's for Grok 4 had 680 tokens (recorded). */
const TOKENS_OF_HIDDEN_PROMPT = 700;

/** Media that is not billed by its bytes: inline images at the model's maximum, files at the context window. */
interface Media {
  readonly inlineBytes: number;
  readonly tokens: number;
}

/**
 * No request of this kind can be billed for more input tokens than this: no byte-level tokenizer makes more
 * tokens than bytes, and no model reads more than its context window.
 */
export function inputBoundTokens(parts: InputParts, model: Model): number {
  const media = mediaOf(parts, model);
  const textBytes = parts.bodyBytes - media.inlineBytes;
  const added = framingTokens(parts) + TOKENS_OF_HIDDEN_PROMPT;
  return Math.min(model.contextWindow, textBytes + added + media.tokens);
}

function framingTokens(parts: InputParts): number {
  const framing = TOKENS_A_MESSAGE * parts.messages.length + TOKENS_A_REQUEST;
  return framing + (parts.tools || parts.responseFormat ? TOKENS_FOR_TOOLS : 0);
}

/**
 * A tighter figure for when the bound is not affordable: 1.3 x (ASCII characters / 3 + other characters + framing).
 * It held on 1,580 recorded requests (design section 3); what exceeds it is the operator's bounded risk.
 */
export function inputEstimateTokens(parts: InputParts, model: Model): number {
  const media = mediaOf(parts, model);
  const text = inputText(parts);
  const estimate = Math.ceil(1.3 * (text.ascii / 3 + text.other + framingTokens(parts))) + media.tokens;
  return Math.min(inputBoundTokens(parts, model), estimate);
}

/** Tokens of the images where the model publishes a maximum; nothing for media nobody can size. */
export function knownMediaTokens(parts: InputParts, model: Model): number {
  return model.maxImageTokens === undefined ? 0 : mediaOf(parts, { ...model, contextWindow: 0 }).tokens;
}

function mediaOf(parts: InputParts, model: Model): Media {
  let inlineBytes = 0;
  let tokens = 0;
  for (const { content, audio } of parts.messages) {
    // An earlier spoken answer, named by its id.
    if (isRecord(audio)) tokens += model.contextWindow;
    if (!Array.isArray(content)) continue;
    for (const part of content) {
      if (isRecord(part) && "image_url" in part) {
        inlineBytes += inlineImageLength(part["image_url"]);
        tokens += model.maxImageTokens ?? model.contextWindow;
      } else if (isRecord(part) && ("file" in part || "input_audio" in part || !isText(part))) {
        // Compressed or by reference: its size says nothing about its tokens.
        tokens += model.contextWindow;
      }
    }
  }
  return { inlineBytes, tokens };
}

/** Sound may be in anything that is neither text nor an image: a file, a video, what comes after this was written. */
export function mayHoldAudio({ messages }: InputParts): boolean {
  return messages.some(
    ({ content, audio }) =>
      isRecord(audio) ||
      (Array.isArray(content) && content.some((part) => !isRecord(part) || !(isText(part) || isImage(part)))),
  );
}

function isImage(part: Record<string, unknown>): boolean {
  return part["type"] === "image_url" && !("file" in part || "input_audio" in part);
}

function isText(part: Record<string, unknown>): boolean {
  return part["type"] === "text" || part["type"] === "refusal";
}

function inlineImageLength(image: unknown): number {
  const url = isRecord(image) ? image["url"] : image;
  return typeof url === "string" && url.startsWith("data:") ? url.length : 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

export interface Characters {
  readonly ascii: number;
  readonly other: number;
}

/** The characters of what a model reads as text. Only the members that `mediaOf` sizes are left out, nothing that looks like them. */
export function inputText({ messages, tools, responseFormat }: InputParts): Characters {
  return countText([messages.map(withoutMedia), tools, responseFormat]);
}

const MEDIA = new Set(["image_url", "input_audio", "file"]);

function withoutMedia(message: InputParts["messages"][number]): object {
  if (!Array.isArray(message.content)) return message;
  return { ...message, content: message.content.map(textMembers) };
}

function textMembers(part: unknown): unknown {
  if (!isRecord(part)) return part;
  return Object.fromEntries(Object.entries(part).filter(([name]) => !MEDIA.has(name)));
}

/** Characters of every string in a JSON value, names of members included. */
export function countText(value: unknown): Characters {
  const text = { ascii: 0, other: 0 };
  countCharacters(value, text);
  return text;
}

function countCharacters(value: unknown, text: { ascii: number; other: number }): void {
  if (typeof value === "string") {
    for (let i = 0; i < value.length; i++) {
      if (value.charCodeAt(i) < 128) text.ascii += 1;
      else text.other += 1;
    }
  } else if (isRecord(value)) {
    for (const [name, member] of Object.entries(value)) {
      if (!Array.isArray(value)) countCharacters(name, text);
      countCharacters(member, text);
    }
  } else if (value !== undefined) {
    text.ascii += String(value).length;
  }
}
