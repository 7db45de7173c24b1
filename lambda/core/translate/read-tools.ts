import { isRecord } from "../is-record.ts";
import type { AnswerFormat, ToolChoice, ToolSpec } from "./chat.ts";
import { readPartCaching } from "./read-content.ts";
import {
  invalid,
  type Json,
  listOf,
  optionalBoolean,
  optionalObject,
  optionalString,
  requiredObject,
  requiredString,
} from "./read-fields.ts";
import type { Refusals } from "./support.ts";

const NO_PARAMETERS: Json = { type: "object", properties: {} };

export function readTools(tools: unknown, refusals: Refusals): ToolSpec[] {
  return listOf(tools, "tools").map((value, index) => {
    const param = `tools[${index}]`;
    const tool = requiredObject(value, param);
    if (tool["type"] === "custom") refusals.refuseContent(`${param}.type`, "custom tool");
    if (tool["type"] !== "function") throw invalid(`${param}.type`, '"function"');
    const definition = requiredObject(tool["function"], `${param}.function`);
    const parameters = optionalObject(definition["parameters"], `${param}.function.parameters`);
    const strict = optionalBoolean(definition["strict"], `${param}.function.strict`);
    return {
      name: requiredString(definition["name"], `${param}.function.name`),
      description: optionalString(definition["description"], `${param}.function.description`),
      parameters: parameters ?? NO_PARAMETERS,
      strict: strict && refusals.takes("tools[].strict", `${param}.function.strict`) ? true : undefined,
      cacheControl: readPartCaching(tool, param, refusals),
    };
  });
}

/** OpenAI's four forms: a mode, one function, or a list of allowed ones. */
export function readToolChoice(value: unknown, tools: readonly ToolSpec[]): ToolChoice | undefined {
  if (value === undefined) return undefined;
  if (value === "none" || value === "auto" || value === "required") return { mode: value };
  if (!isRecord(value)) throw invalid("tool_choice", "none, auto, required, or an object that names tools");
  if (value["type"] === "function") {
    const name = functionName(value, "tool_choice");
    return { mode: "required", only: [known(name, tools, "tool_choice.function.name")] };
  }
  if (value["type"] !== "allowed_tools") throw invalid("tool_choice.type", "function or allowed_tools");
  const allowed = requiredObject(value["allowed_tools"], "tool_choice.allowed_tools");
  const mode = allowed["mode"];
  if (mode !== "auto" && mode !== "required")
    throw invalid("tool_choice.allowed_tools.mode", "auto or required");
  const only = listOf(allowed["tools"], "tool_choice.allowed_tools.tools").map((tool, index) => {
    const param = `tool_choice.allowed_tools.tools[${index}]`;
    return known(functionName(requiredObject(tool, param), param), tools, param);
  });
  return { mode, only };
}

function functionName(choice: Json, param: string): string {
  return requiredString(
    requiredObject(choice["function"], `${param}.function`)["name"],
    `${param}.function.name`,
  );
}

function known(name: string, tools: readonly ToolSpec[], param: string): string {
  if (!tools.some((tool) => tool.name === name)) throw invalid(param, "the name of one of the tools");
  return name;
}

export function readAnswerFormat(value: unknown): AnswerFormat {
  const format = optionalObject(value, "response_format");
  switch (format?.["type"]) {
    case undefined:
    case "text":
      return { type: "text" };
    case "json_object":
      return { type: "json" };
    case "json_schema": {
      const param = "response_format.json_schema";
      const { name, description, schema } = requiredObject(format?.["json_schema"], param);
      return {
        type: "schema",
        name: requiredString(name, `${param}.name`),
        description: optionalString(description, `${param}.description`),
        schema: requiredObject(schema, `${param}.schema`),
      };
    }
    default:
      throw invalid("response_format.type", "text, json_object or json_schema");
  }
}
