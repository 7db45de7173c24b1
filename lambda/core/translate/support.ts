import { GatewayError } from "../errors.ts";

/** How a provider takes something of OpenAI's request. A table of them is both what is enforced and what is documented. */
export type Cell =
  /** Sent, in the provider's own word. */
  | { readonly sent: string }
  /** Cannot be expressed, for this reason: a 400, or dropped for who agrees to that. */
  | { readonly refused: string }
  /** Not sent, and the answer is the same without it. */
  | { readonly ignored: string };

export const sent = (as: string): Cell => ({ sent: as });
export const refused = (why: string): Cell => ({ refused: why });
export const ignored = (why: string): Cell => ({ ignored: why });

const isZero = (value: unknown): boolean => value === 0;
const isFalse = (value: unknown): boolean => value === false;
const isEmpty = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Object.keys(value).length === 0;
const never = (): boolean => false;

/** The request's fields, and which of their values ask for nothing: those pass even where the field cannot. */
const ASKS_FOR_NOTHING = {
  temperature: never,
  top_p: never,
  top_k: never,
  stop: isEmpty,
  seed: never,
  n: (value: unknown) => value === 1,
  logprobs: isFalse,
  top_logprobs: isZero,
  logit_bias: isEmpty,
  frequency_penalty: isZero,
  presence_penalty: isZero,
  tools: isEmpty,
  tool_choice: never,
  parallel_tool_calls: (value: unknown) => value === true,
  functions: isEmpty,
  function_call: never,
  response_format: (value: unknown) => memberOf(value, "type") === "text",
  reasoning_effort: (value: unknown) => value === "none",
  reasoning: (value: unknown) =>
    isEmpty(value) || memberOf(value, "enabled") === false || memberOf(value, "effort") === "none",
  thinking: (value: unknown) => memberOf(value, "type") === "disabled",
  verbosity: (value: unknown) => value === "medium",
  modalities: (value: unknown) => Array.isArray(value) && value.every((it) => it === "text"),
  audio: never,
  prediction: never,
  /** Of the whole request. */
  cache_control: never,
  /** Of a content part, a message or a tool. */
  "messages[].cache_control": never,
  "messages[].name": never,
  "tools[].strict": isFalse,
  user: never,
  safety_identifier: never,
  prompt_cache_key: never,
  prompt_cache_retention: never,
  metadata: isEmpty,
  store: isFalse,
} as const satisfies Record<string, (value: unknown) => boolean>;

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

export type FieldName = keyof typeof ASKS_FOR_NOTHING;
export const FIELD_NAMES: readonly string[] = Object.keys(ASKS_FOR_NOTHING);

/** What a message or a tool may hold, besides text. */
export type ContentName =
  | "image by data URI"
  | "image by URL"
  | "file by data URI"
  | "file by URL"
  | "file by file_id"
  | "input_audio"
  | "image in a tool's result"
  | "custom tool";

/** What a provider, or a family of its models, can be asked for. */
export interface Support {
  /** As in an error for the client: "Anthropic". */
  readonly provider: string;
  readonly fields: Readonly<Record<FieldName, Cell>>;
  readonly content: Readonly<Record<ContentName, Cell>>;
}

/** Ours to say, for every provider: they are never compared with a table. */
const OURS = new Set([
  "model",
  "messages",
  "stream",
  "stream_options",
  "max_tokens",
  "max_completion_tokens",
  "service_tier",
  "drop_unsupported",
  "provider",
  "models",
]);

/** Refuses what cannot be expressed, or notes that it was dropped where the client agreed. */
export interface Refusals {
  readonly support: Support;
  /** For the header of the answer. */
  readonly dropped: readonly string[];
  /** @throws GatewayError 400 `unsupported_parameter` unless the client agreed to lose it */
  refuse(param: string, why: string): void;
  /** For a field inside messages or tools: `name` is its line in the table, `param` its place in this request. */
  takes(name: FieldName, param: string): boolean;
  /** The same for content, which is never dropped: a question without its image is another question. */
  refuseContent(param: string, name: ContentName): void;
}

export function createRefusals(support: Support, dropUnsupported: boolean): Refusals {
  const dropped: string[] = [];
  const refuse = (param: string, why: string) => {
    if (!dropUnsupported) throw unsupported(param, `${why} Leave it out, or add "drop_unsupported": true.`);
    if (!dropped.includes(param)) dropped.push(param);
  };
  return {
    support,
    dropped,
    refuse,
    takes(name, param) {
      const cell = support.fields[name];
      if ("refused" in cell) refuse(param, sentence(support.provider, `express \`${param}\``, cell.refused));
      return "sent" in cell;
    },
    refuseContent(param, name) {
      const cell = support.content[name];
      if ("refused" in cell)
        throw unsupported(param, sentence(support.provider, `take ${name}`, cell.refused));
    },
  };
}

/** The request's fields without those that were dropped, nulls and what asks for nothing. @throws GatewayError 400 */
export function expressible(
  fields: Readonly<Record<string, unknown>>,
  refusals: Refusals,
): Readonly<Record<string, unknown>> {
  const cells: Readonly<Record<string, Cell>> = refusals.support.fields;
  const asksForNothing: Readonly<Record<string, (value: unknown) => boolean>> = ASKS_FOR_NOTHING;
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === null || value === undefined) continue;
    const cell = Object.hasOwn(cells, name) ? cells[name] : undefined;
    if (OURS.has(name) || (cell && "sent" in cell)) kept[name] = value;
    else if (!cell) refusals.refuse(name, `\`${name}\` has no meaning for ${refusals.support.provider}.`);
    else if ("refused" in cell && !asksForNothing[name]?.(value)) {
      refusals.refuse(name, sentence(refusals.support.provider, `express \`${name}\``, cell.refused));
    }
  }
  return kept;
}

function sentence(provider: string, what: string, why: string): string {
  return `${provider} cannot ${what}${why === "" ? "" : `: ${why}`}.`;
}

/** Another route may be able to: that is why it is worth trying. */
function unsupported(param: string, message: string): GatewayError {
  return new GatewayError("unsupported_parameter", message, { param, retryable: true });
}
