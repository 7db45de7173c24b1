import type { AnswerFormat, Chat, ToolChoice, ToolSpec } from "./chat.ts";
import { invalid } from "./read-fields.ts";

/** The tool by which a model without schemas of its own is made to answer in JSON. No client sees it. */
export const ANSWER_TOOL = "wlrouter_answer";

/** How a model is brought to answer in JSON. */
export type AnswerMethod =
  | { readonly type: "text" }
  | { readonly type: "native"; readonly schema: Readonly<Record<string, unknown>> }
  /** Its one way to answer is to call this tool; the call's input is then the answer. */
  | { readonly type: "tool"; readonly tool: ToolSpec };

/** @throws GatewayError 400 for a schema of anything but an object: a tool's input is one, and so is OpenAI's answer */
export function answerTool(format: Exclude<AnswerFormat, { type: "text" }>): ToolSpec {
  const schema = format.type === "schema" ? format.schema : { additionalProperties: true };
  if (schema["type"] !== undefined && schema["type"] !== "object") {
    throw invalid("response_format.json_schema.schema.type", '"object"');
  }
  const description = format.type === "schema" ? format.description : undefined;
  return {
    name: ANSWER_TOOL,
    description: `Answers the user. ${description ?? "The input is the whole answer, as JSON."}`,
    parameters: { type: "object", ...schema },
    strict: undefined,
  };
}

/** Keywords that constrained decoders refuse (Anthropic's list; Bedrock's is the same decoder's). */
const REFUSED_KEYWORDS = new Set([
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "minLength",
  "maxLength",
  "maxItems",
  "uniqueItems",
  "minProperties",
  "maxProperties",
  "patternProperties",
  "not",
  "if",
  "oneOf",
]);

/**
 * Can a constrained decoder keep to this schema as it is? Closed objects, no recursion, no keyword that is refused.
 * Loosening a schema behind the client's back would break its promise; a forced tool takes any.
 */
export function isDecodable(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(isDecodable);
  if (typeof schema !== "object" || schema === null) return true;
  const node: Readonly<Record<string, unknown>> = { ...schema };
  if (node["$ref"] !== undefined && !/^#\/(\$defs|definitions)\//.test(String(node["$ref"]))) return false;
  const isObject = node["type"] === "object" || node["properties"] !== undefined;
  if (isObject && node["additionalProperties"] !== false) return false;
  return Object.entries(node).every(([name, value]) => {
    if (name === "properties" || name === "$defs" || name === "definitions") {
      return typeof value === "object" && value !== null && Object.values(value).every(isDecodable);
    }
    if (name === "enum" || name === "const" || name === "default" || name === "examples") return true;
    return !REFUSED_KEYWORDS.has(name) && isDecodable(value);
  });
}

/** The tools to offer and the choice among them, the answer's own tool included. */
export function offeredTools(
  { tools, toolChoice, parallelToolCalls }: Chat,
  method: AnswerMethod,
): { tools: readonly ToolSpec[]; choice: ToolChoice | undefined; parallel: boolean } {
  const only = toolChoice?.only;
  const allowed = only ? tools.filter(({ name }) => only.includes(name)) : tools;
  const own = toolChoice?.mode === "none" ? [] : allowed;
  if (method.type !== "tool") return { tools: allowed, choice: toolChoice, parallel: parallelToolCalls };
  const choice: ToolChoice =
    own.length === 0 ? { mode: "required", only: [ANSWER_TOOL] } : { mode: "required" };
  return { tools: [...own, method.tool], choice, parallel: false };
}
