import type * as z from "zod/mini";
import { GatewayError } from "../core/errors.ts";
import type { InputParts } from "../core/input-bound.ts";
import { editObject } from "../core/json-edit.ts";
import { type ChatFields, chatRequestSchema } from "./chat-schema.ts";
import { refuseForeignFields } from "./refused-fields.ts";

/** Bytes of a request body: Lambda takes no more. */
export const MAX_BODY_BYTES = 6 * 1024 * 1024;
const MAX_DEPTH = 64;

/** A request that may be priced and sent. */
export interface ChatRequest {
  /** As it came. */
  readonly body: Uint8Array;
  readonly fields: ChatFields;
  /** What goes to a provider: the same, less the fields that only say where it goes. */
  readonly upstream: { readonly body: Uint8Array; readonly fields: Readonly<Record<string, unknown>> };
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly requestedOutputTokens: number | undefined;
  readonly choices: number;
  readonly audioOutput: boolean;
  readonly cacheWrite1h: boolean;
}

/** @throws GatewayError for the first thing that is wrong, `param` naming its field. */
export function readChatRequest(body: Uint8Array): ChatRequest {
  const json = parseJson(body);
  const result = chatRequestSchema.safeParse(json);
  if (!result.success) throw invalid(result.error.issues[0], json);
  const fields = result.data;
  refuseForeignFields(fields);
  return {
    body,
    fields,
    upstream: withoutRouting(body, fields),
    stream: fields.stream ?? false,
    includeUsage: fields.stream_options?.include_usage ?? false,
    requestedOutputTokens: fields.max_completion_tokens ?? fields.max_tokens ?? undefined,
    choices: fields.n ?? 1,
    audioOutput: fields.modalities?.includes("audio") ?? false,
    cacheWrite1h: mayNameTtl(body),
  };
}

/**
 * Is there a member `ttl` anywhere, as `cache_control` has one? It is looked for in the bytes, since providers read it
 * in many places; a letter of it may be escaped. In a text the quotes around it are.
 */
function mayNameTtl(body: Uint8Array): boolean {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return ['"ttl"', "\\u0074", "\\u006c", "\\u006C"].some((text) => bytes.includes(text));
}

function withoutRouting(body: Uint8Array, fields: ChatFields): ChatRequest["upstream"] {
  const { models, provider, route, ...rest } = fields;
  if (models === undefined && provider === undefined && route === undefined) return { body, fields };
  const removed = { models: undefined, provider: undefined, route: undefined };
  return { body: editObject(body, removed), fields: rest };
}

/** What of a request goes in as tokens. */
export function inputPartsOf({ body, fields }: ChatRequest): InputParts {
  const { messages, tools, functions, response_format } = fields;
  return {
    bodyBytes: body.byteLength,
    messages,
    tools: tools ?? functions ?? undefined,
    responseFormat: response_format ?? undefined,
  };
}

/** Refuses what is not UTF-8. Making one costs more than decoding a short body. */
const utf8 = new TextDecoder("utf-8", { fatal: true });

function parseJson(body: Uint8Array): unknown {
  if (body.byteLength === 0) throw new GatewayError("invalid_json", "The body is empty: send a JSON object.");
  if (depthOf(body) > MAX_DEPTH) {
    throw new GatewayError("invalid_value", `The body is nested deeper than ${MAX_DEPTH} levels.`);
  }
  try {
    return JSON.parse(utf8.decode(body));
  } catch (cause) {
    // V8 quotes the text around the fault, which is a prompt's.
    const where = cause instanceof SyntaxError ? ` (${cause.message.replace(/, (\.\.\.)?".*$/s, "")})` : "";
    throw new GatewayError("invalid_json", `The body is not valid JSON in UTF-8${where}.`, { cause });
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/** How deeply the brackets of a JSON text nest; brackets in strings don't count. */
function depthOf(json: Uint8Array): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < json.length; i++) {
    const byte = json[i] ?? 0;
    if (inString) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (OPENING.has(byte)) deepest = Math.max(deepest, ++depth);
    else if (CLOSING.has(byte)) depth--;
  }
  return deepest;
}

function invalid(outermost: z.core.$ZodIssue | undefined, json: unknown): GatewayError {
  const { issue, path } = innermost(outermost);
  const param = pathOf(path);
  const what = param ?? "The body";
  if (param !== null && valueAt(json, path) === undefined) {
    return new GatewayError("missing_required_parameter", `\`${what}\` is required.`, { param });
  }
  const code =
    issue?.code === "invalid_type" || issue?.code === "invalid_union" ? "invalid_type" : "invalid_value";
  return new GatewayError(code, `\`${what}\`: ${issue?.message ?? "is not valid"}.`, { param });
}

/** Of a union, the alternative that got inside the value is the one that was meant. */
function innermost(
  issue: z.core.$ZodIssue | undefined,
  outer: readonly PropertyKey[] = [],
): { issue: z.core.$ZodIssue | undefined; path: readonly PropertyKey[] } {
  const path = [...outer, ...(issue?.path ?? [])];
  const alternatives = issue?.code === "invalid_union" ? issue.errors.flat() : [];
  const inside = alternatives.find((alternative) => alternative.path.length > 0);
  return inside ? innermost(inside, path) : { issue, path };
}

function valueAt(json: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce(
    (value, step) => (typeof value === "object" && value !== null ? Reflect.get(value, step) : undefined),
    json,
  );
}

/** `["messages", 2, "content"]` as OpenAI writes it: `messages[2].content`. */
function pathOf(path: readonly PropertyKey[]): string | null {
  if (path.length === 0) return null;
  return path
    .map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`))
    .join("")
    .slice(1);
}
