import * as z from "zod/mini";
import { GROUPINGS } from "../core/usage-groups.ts";
import { chatRequestSchema } from "./chat-schema.ts";

const usd = z
  .string()
  .check(z.regex(/^-?\d+\.\d{2,12}$/))
  .check(z.describe("USD, exact, never an exponent."));
const requestId = z.string().check(z.describe("`req_` and a UUID."));

const errorSchema = z
  .object({
    error: z.object({
      message: z.string(),
      type: z.string(),
      param: z.nullable(z.string()),
      code: z.nullable(z.string()),
      request_id: requestId,
    }),
  })
  .check(z.describe("Every error, before the first byte as the body and after it as an event."));

const usageSchema = z.looseObject({
  prompt_tokens: z.int(),
  completion_tokens: z.int(),
  total_tokens: z.int(),
  cost: usd,
});

const completionSchema = z
  .looseObject({
    id: z.string(),
    object: z.literal("chat.completion"),
    created: z.int(),
    model: z.string(),
    choices: z.array(z.looseObject({ index: z.int(), finish_reason: z.nullable(z.string()) })),
    usage: usageSchema,
    request_id: requestId,
  })
  .check(
    z.describe("OpenAI's chat completion, as the provider wrote it, with the cost and the request's id."),
  );

const priceFields = {
  input_per_million: usd,
  output_per_million: usd,
  cache_read_per_million: usd,
  cache_write_per_million: usd,
  cache_write_1h_per_million: usd,
  reasoning_per_million: usd,
  audio_input_per_million: usd,
  audio_cache_read_per_million: usd,
  audio_output_per_million: usd,
  image_output_per_million: usd,
};

const modelSchema = z.object({
  id: z.string(),
  object: z.literal("model"),
  created: z.int(),
  owned_by: z.string(),
  context_window: z.int(),
  max_output_tokens: z.int(),
  input_modalities: z.array(z.string()),
  output_modalities: z.array(z.string()),
  prices: z.object({
    currency: z.literal("USD"),
    ...priceFields,
    tiers: z.array(z.object({ above_input_tokens: z.int(), ...priceFields })),
  }),
});

const balanceSchema = z.object({
  request_id: requestId,
  account_id: z.string(),
  currency: z.literal("USD"),
  available: usd,
  held: usd,
  posted: usd,
  status: z.enum(["active", "suspended"]),
});

const keySchema = z.object({
  request_id: requestId,
  key_id: z.string(),
  name: z.string(),
  account_id: z.string(),
  last4: z.string(),
  expires_at: z.nullable(z.string()),
  spend_limit: z.nullable(z.object({ amount: usd, period: z.enum(["total", "month"]) })),
  rate_limit: z.nullable(
    z.object({ requests_per_minute: z.nullable(z.int()), tokens_per_minute: z.nullable(z.int()) }),
  ),
  allowed_models: z.nullable(z.array(z.string())),
  status: z.enum(["active", "revoked"]),
  spent: z.nullable(usd).check(z.describe("In the limit's current period, open holds included.")),
});

const requestSchema = z.object({
  request_id: requestId,
  account_id: z.string(),
  key_id: z.string(),
  model: z.string(),
  provider: z.string(),
  tried: z
    .nullable(z.string())
    .check(
      z.describe("Routes that were called before and gave no answer, and why: `openai:429 azure:connect`."),
    ),
  tag: z.nullable(z.string()),
  outcome: z.enum(["open", "completed", "failed", "broken", "suspense", "expired", "aborted"]),
  created_at: z.string(),
  input_tokens: z.int(),
  cache_read_tokens: z.int(),
  cache_write_tokens: z.int(),
  output_tokens: z.int(),
  reasoning_tokens: z.int(),
  cache_write_1h_tokens: z.int().check(z.describe("The part of the cache writes that is kept for an hour.")),
  audio_input_tokens: z.int().check(z.describe("The part of the input that is audio.")),
  audio_cache_read_tokens: z.int().check(z.describe("The part of the cache reads that is audio.")),
  audio_output_tokens: z.int().check(z.describe("The part of the output that is audio.")),
  image_output_tokens: z.int().check(z.describe("The part of the output that is images.")),
  cost: usd,
  write_off: usd,
  estimated: z.boolean(),
  catalog_version: z.string(),
  latency_ms: z.int(),
  time_to_first_token_ms: z.nullable(z.int()),
  held: z.optional(usd).check(z.describe("While it is open.")),
});

const day = z.string().check(z.describe("A day of UTC: 2026-11-23."));

const usageListSchema = z.object({
  object: z.literal("list"),
  data: z.array(
    z.object({
      group: z.nullable(z.string()).check(z.describe("A model, key, day or tag; null without a tag.")),
      requests: z.int(),
      failures: z.int(),
      input_tokens: z.int(),
      cache_read_tokens: z.int(),
      cache_write_tokens: z.int(),
      output_tokens: z.int(),
      reasoning_tokens: z.int(),
      cost: usd,
    }),
  ),
  from: day,
  to: day,
  group_by: z.enum(GROUPINGS),
  request_id: requestId,
});

const SCHEMAS = {
  ChatCompletionRequest: chatRequestSchema,
  ChatCompletion: completionSchema,
  Model: z.extend(modelSchema, { request_id: requestId }),
  ModelList: z.object({ object: z.literal("list"), data: z.array(modelSchema), request_id: requestId }),
  Balance: balanceSchema,
  Key: keySchema,
  Request: requestSchema,
  Usage: usageListSchema,
  Health: z.object({ status: z.literal("ok"), request_id: requestId }),
  Error: errorSchema,
} as const;

/** OpenAPI 3.1, generated from the schemas that the code itself validates with. */
export function openApiDocument() {
  return {
    openapi: "3.1.0",
    info: {
      title: "WLRouter",
      version: "1",
      description: "OpenAI-compatible chat completions, paid from a prepaid balance.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    security: [{ key: [] }],
    paths: {
      "/v1/chat/completions": { post: chatOperation() },
      "/v1/models": { get: operation("Models and their prices", "ModelList", { open: true }) },
      "/v1/models/{id}": { get: operation("One model", "Model", { open: true, path: "id" }) },
      "/v1/balance": { get: operation("The account's balance", "Balance") },
      "/v1/key": { get: operation("The key that asks", "Key") },
      "/v1/requests/{request_id}": {
        get: operation("What a request cost", "Request", { path: "request_id" }),
      },
      "/v1/usage": { get: usageOperation() },
      "/healthz": { get: operation("Whether the gateway runs", "Health", { open: true }) },
    },
    components: {
      securitySchemes: { key: { type: "http", scheme: "bearer", description: "wlrouter_…" } },
      schemas: Object.fromEntries(
        // "input" leaves objects open: an answer may get new members, and no client should break on one.
        Object.entries(SCHEMAS).map(
          ([name, schema]) => [name, z.toJSONSchema(schema, { io: "input" })] as const,
        ),
      ),
    },
  };
}

type SchemaName = keyof typeof SCHEMAS;

function json(name: SchemaName, description: string) {
  return {
    description,
    content: { "application/json": { schema: { $ref: `#/components/schemas/${name}` } } },
  };
}

function operation(summary: string, answer: SchemaName, options: { open?: boolean; path?: string } = {}) {
  return {
    summary,
    ...(options.open ? { security: [] } : {}),
    ...(options.path
      ? { parameters: [{ name: options.path, in: "path", required: true, schema: { type: "string" } }] }
      : {}),
    responses: { "200": json(answer, summary), default: json("Error", "An error") },
  };
}

function usageOperation() {
  const parameter = (name: string, description: string, schema: object) => ({
    name,
    in: "query",
    description,
    schema,
  });
  const date = { type: "string", format: "date" };
  return {
    ...operation("What the account used and what it cost", "Usage"),
    parameters: [
      parameter("from", "The first day (UTC); absent: the first of the month of `to`.", date),
      parameter("to", "The last day (UTC), at most 31 days in all; absent: today.", date),
      parameter("group_by", "Absent: day.", { type: "string", enum: GROUPINGS }),
    ],
  };
}

function chatOperation() {
  const events = { schema: { type: "string", description: "OpenAI's chunks as server-sent events" } };
  const answer = json("ChatCompletion", "The answer, or its stream");
  return {
    summary: "A chat completion, streamed or not",
    requestBody: { required: true, ...json("ChatCompletionRequest", "OpenAI's request") },
    responses: {
      "200": { ...answer, content: { ...answer.content, "text/event-stream": events } },
      default: json("Error", "An error"),
    },
  };
}
