import { en } from "zod/locales";
import * as z from "zod/mini";
import type { Model } from "../core/catalog.ts";
import { GatewayError } from "../core/errors.ts";
import type { InputParts } from "../core/input-bound.ts";
import { editObject } from "../core/json-edit.ts";
import { ROUTE_SORTS } from "../core/route-preference.ts";

/** Bytes of a request body: Lambda takes no more. */
export const MAX_BODY_BYTES = 6 * 1024 * 1024;
const MAX_DEPTH = 64;
const MAX_MESSAGES = 10_000;
const MAX_TOOLS = 1_024;
const MAX_CHOICES = 128;
const MAX_FALLBACKS = 8;

// The small build of zod, a fifth of the other's code: it has no words of its own for what is wrong.
z.config(en());

const tokenCap = z.nullish(z.int().check(z.minimum(1)));
const contentPart = z.looseObject({ type: z.string() });
const message = z.looseObject({
  role: z.enum(["system", "developer", "user", "assistant", "tool", "function"]),
  content: z.nullish(
    z.union([z.string(), z.array(contentPart)], { error: "must be a string or an array of content parts" }),
  ),
});
/** Other kinds of tool run at the provider, at a price of their own. */
const tool = z.looseObject({ type: z.enum(["function", "custom"]) });

const providerNames = z.nullish(z.array(z.string()).check(z.maxLength(32)));

/** The fields that decide routing, money or the form of the answer. Everything else passes through untouched. */
export const chatRequestSchema = z
  .looseObject({
    model: z.optional(
      z
        .string()
        .check(
          z.minLength(1),
          z.describe(
            "A model's id, as in GET /v1/models; `:floor`, `:nitro` or a variant of its own may follow.",
          ),
        ),
    ),
    models: z
      .nullish(z.array(z.string().check(z.minLength(1))).check(z.maxLength(MAX_FALLBACKS)))
      .check(z.describe("Models to try, in order, where `model` gives no answer. Never sent to a provider.")),
    provider: z
      .nullish(
        z.looseObject({
          order: providerNames.check(z.describe("Providers to try first.")),
          only: providerNames,
          ignore: providerNames,
          sort: z.nullish(z.enum(ROUTE_SORTS)),
          allow_fallbacks: z.nullish(z.boolean()),
        }),
      )
      .check(
        z.describe("Which of a model's providers to try, and in which order. Never sent to a provider."),
      ),
    route: z
      .nullish(z.literal("fallback"))
      .check(z.describe("What `models` does anyway; OpenRouter's older clients send it.")),
    messages: z.array(message).check(z.minLength(1), z.maxLength(MAX_MESSAGES)),
    max_completion_tokens: tokenCap.check(z.describe("Most tokens an answer may have, reasoning included.")),
    max_tokens: tokenCap.check(z.describe("The older name of max_completion_tokens.")),
    n: z.nullish(z.int().check(z.minimum(1), z.maximum(MAX_CHOICES))),
    stream: z.nullish(z.boolean()),
    stream_options: z.nullish(z.looseObject({ include_usage: z.nullish(z.boolean()) })),
    tools: z.nullish(z.array(tool).check(z.maxLength(MAX_TOOLS))),
    functions: z.nullish(z.array(z.looseObject({ name: z.string() })).check(z.maxLength(MAX_TOOLS))),
    modalities: z.nullish(z.array(z.enum(["text", "audio"]))),
    service_tier: z.nullish(z.string()),
    temperature: z.nullish(z.number()),
    top_p: z.nullish(z.number()),
    frequency_penalty: z.nullish(z.number()),
    presence_penalty: z.nullish(z.number()),
    stop: z.nullish(
      z.union([z.string(), z.array(z.string())], { error: "must be a string or an array of strings" }),
    ),
    seed: z.nullish(z.number()),
    user: z.nullish(z.string()),
    logprobs: z.nullish(z.boolean()),
    top_logprobs: z.nullish(z.int().check(z.minimum(0))),
    response_format: z.nullish(z.looseObject({ type: z.string() })),
    drop_unsupported: z
      .nullish(z.boolean())
      .check(
        z.describe(
          "Leave out what the provider cannot express (listed in x-wlrouter-dropped) instead of a 400.",
        ),
      ),
  })
  .check(z.describe("OpenAI's chat completion request."));

export type ChatFields = z.infer<typeof chatRequestSchema>;

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

/** Where to call and with whose key is the operator's to say. */
const FOREIGN_FIELDS = ["api_key", "base_url", "api_base"];
/** Each of these changes the price, and no model here has a price for it. */
const PRICED_FIELDS = ["web_search_options", "search_parameters", "plugins"];
/** Fields that we set, or that decide money. Providers written in Go would also read `MAX_TOKENS`, after ours. */
const GUARDED_FIELDS = new Set([
  ...Object.keys(chatRequestSchema.shape),
  ...FOREIGN_FIELDS,
  ...PRICED_FIELDS,
]);

function refuseForeignFields(fields: ChatFields): void {
  for (const param of Object.keys(fields)) {
    const guarded = param.toLowerCase();
    if (guarded !== param && GUARDED_FIELDS.has(guarded)) {
      const message = `\`${param}\` is not a field; \`${guarded}\` is.`;
      throw new GatewayError("unsupported_parameter", message, { param });
    }
  }
  for (const param of FOREIGN_FIELDS) {
    if (param in fields) {
      throw new GatewayError("unsupported_parameter", `\`${param}\` is not accepted in a request.`, {
        param,
      });
    }
  }
  for (const param of PRICED_FIELDS) {
    if (fields[param] !== undefined && fields[param] !== null) {
      const message = `\`${param}\` changes the price, and there is no price for it here: leave it out.`;
      throw new GatewayError("unsupported_parameter", message, { param });
    }
  }
  const tier = fields.service_tier ?? "auto";
  if (tier !== "auto" && tier !== "default") {
    const message = "`service_tier` changes the price: only auto and default are available here.";
    throw new GatewayError("unsupported_parameter", message, { param: "service_tier" });
  }
}

/** A content part's type, and the modality a model must read for it. */
const MODALITY_OF = { image_url: "image", input_audio: "audio", file: "file" } as const;

/** @throws GatewayError when the request holds or asks for something this model does not read or write. */
export function refuseUnreadable(fields: ChatFields, model: Model): void {
  if (fields.modalities?.includes("audio") && !model.outputModalities.includes("audio")) {
    const message = `${model.id} does not answer in audio.`;
    throw new GatewayError("invalid_value", message, { param: "modalities" });
  }
  fields.messages.forEach(({ content }, i) => {
    if (!Array.isArray(content)) return;
    content.forEach((part, j) => {
      const modality = modalityOf(part.type);
      if (modality && !model.inputModalities.includes(modality)) {
        const message = `${model.id} does not read ${part.type}: it reads ${model.inputModalities.join(", ")}.`;
        throw new GatewayError("invalid_value", message, { param: `messages[${i}].content[${j}]` });
      }
    });
  });
}

function modalityOf(type: string): (typeof MODALITY_OF)[keyof typeof MODALITY_OF] | undefined {
  return type === "image_url" || type === "input_audio" || type === "file" ? MODALITY_OF[type] : undefined;
}
