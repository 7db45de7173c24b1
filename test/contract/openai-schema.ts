import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { fullFormats } from "ajv-formats/dist/formats.js";

/** OpenAI's own specification, where a checkout has it beside it; it is never part of it. */
const FILE = fileURLToPath(new URL("../../../shared/data/openai-schema.json", import.meta.url));

/** Why nothing can be validated; undefined when it can. */
export function whyNoOpenAiSchema(): string | undefined {
  return existsSync(FILE) ? undefined : "OpenAI's schema is not beside this checkout";
}

export type SchemaName =
  | "CreateChatCompletionResponse"
  | "CreateChatCompletionStreamResponse"
  | "ErrorResponse"
  | "ListModelsResponse"
  | "Model";

/**
 * What is wrong with a value by one of OpenAI's schemas: `/choices/#/message: must have required property 'refusal'`.
 * Indexes of arrays are left out, so that the problems of two streams can be compared.
 */
export type Problems = (value: unknown) => string[];

export function openAiSchema(name: SchemaName): Problems {
  const { components } = JSON.parse(readFileSync(FILE, "utf8"));
  // OpenAPI's annotations (`discriminator`, `deprecated`, …) mean nothing to a validator: strict would refuse them.
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addFormat("unixtime", true);
  ajv.addFormat("uri", fullFormats.uri);
  ajv.addFormat("date", fullFormats.date);
  ajv.addFormat("float", true);
  ajv.addSchema({ $id: "openai", components: withNulls(components) });
  return problemsBy(ajv.compile({ $ref: `openai#/components/schemas/${name}` }));
}

function problemsBy(validate: ValidateFunction): Problems {
  return (value) => {
    if (validate(value)) return [];
    const problems = (validate.errors ?? []).map(
      ({ instancePath, message }) => `${instancePath.replace(/\/\d+/g, "/#")}: ${message}`,
    );
    return [...new Set(problems)];
  };
}

/** The specification says it is OpenAPI 3.1, but in places it still writes 3.0's `nullable`. */
function withNulls(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withNulls);
  if (typeof schema !== "object" || schema === null) return schema;
  const members = Object.entries(schema).filter(([name]) => name !== "nullable");
  const rest = Object.fromEntries(members.map(([name, member]) => [name, withNulls(member)]));
  return "nullable" in schema && schema.nullable === true ? { anyOf: [rest, { type: "null" }] } : rest;
}
