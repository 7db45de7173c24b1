/** The providers of a configuration: a kind each, and what that kind can be told. */
import { z } from "zod";
import { BaseUrl } from "./base-url.ts";
import { fields, milliseconds, oneOf, text } from "./config-fields.ts";

const OpenAiCompatible = fields({
  kind: z.literal("openai-compatible"),
  baseUrl: BaseUrl,
  /** Absent where the provider wants no key, such as Ollama. */
  apiKeyEnv: text(
    /^[A-Z][A-Z0-9_]*$/,
    'the name of an environment variable, such as "OPENAI_API_KEY"',
  ).optional(),
  /** Behind the base URL; `{model}` stands for the route's model, as in Azure's deployments. */
  chatPath: text(
    /^\/[A-Za-z0-9._~/{}-]{1,200}$/,
    'a path, such as "/chat/completions" or "/deployments/{model}/chat/completions"',
  ).default("/chat/completions"),
  query: z
    .record(
      text(/^[A-Za-z0-9._-]{1,64}$/, "the name of a query parameter"),
      text(/^[\x21-\x7e]{1,200}$/, 'a value as a string, such as "2026-01-01"'),
      { error: 'query parameters by name, such as { "api-version": "2024-10-21" }' },
    )
    .optional(),
  /** `authorization` carries `Bearer` and the key, any other header the key alone. */
  apiKeyHeader: text(/^[a-z0-9-]{1,64}$/, 'a header in lower case, such as "api-key"').default(
    "authorization",
  ),
  outputCapParameter: oneOf("max_completion_tokens", "max_tokens").default("max_completion_tokens"),
  streamUsage: oneOf("request", "always").default("request"),
  /** Where earlier thoughts go back to: Mistral has them in parts of the content, and refuses a field for them. */
  reasoningIn: oneOf("field", "content").default("field"),
  serviceTier: text(/^[a-z0-9_-]{1,32}$/, 'the name of a tier, such as "default"').optional(),
  timeouts: fields({
    connectMs: milliseconds.default(10_000),
    /** `stream: false` answers arrive whole, and a reasoning model may think for minutes before its first byte. */
    firstByteMs: milliseconds.default(285_000),
    idleMs: milliseconds.default(120_000),
    /** Of one attempt, its whole answer included; absent, only the request's own deadline ends it. */
    totalMs: milliseconds.optional(),
  }).prefault({}),
});

const REGION = text(/^[a-z]{2}(-[a-z]+)+-\d$/, 'an AWS region, such as "us-east-1"').optional();
const { apiKeyEnv, timeouts } = OpenAiCompatible.shape;

const Anthropic = fields({
  kind: z.literal("anthropic"),
  /** Absent: Anthropic's own, or Bedrock's in the region. */
  baseUrl: BaseUrl.optional(),
  apiKeyEnv,
  /** Claude on Amazon Bedrock, signed with the function's role unless a key is named. */
  bedrock: fields({ region: REGION, endpoint: oneOf("runtime", "mantle").default("runtime") }).optional(),
  timeouts,
}).superRefine((provider, context) => {
  if (provider.apiKeyEnv !== undefined || provider.bedrock) return;
  const message = 'the name of an environment variable, such as "ANTHROPIC_API_KEY", unless bedrock is set';
  context.addIssue({ code: "custom", message, path: ["apiKeyEnv"] });
});

const Bedrock = fields({
  kind: z.literal("bedrock"),
  /** Absent: the function's own. */
  region: REGION,
  baseUrl: BaseUrl.optional(),
  /** Absent: signed with the function's role. */
  apiKeyEnv,
  timeouts,
});

const Gemini = fields({
  kind: z.literal("gemini"),
  /** Absent: Google's own. */
  baseUrl: BaseUrl.optional(),
  /** An API key; for Vertex AI also an access token, or Google's credentials in JSON. */
  apiKeyEnv: apiKeyEnv.unwrap(),
  vertex: fields({
    project: text(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/, "a project's id").optional(),
    location: text(/^[a-z]+(-[a-z]+\d)?$/, 'a location, such as "global" or "europe-west4"').default(
      "global",
    ),
  }).optional(),
  timeouts,
});

const Cohere = fields({
  kind: z.literal("cohere"),
  /** Absent: Cohere's own. */
  baseUrl: BaseUrl.optional(),
  apiKeyEnv: apiKeyEnv.unwrap(),
  timeouts,
});

const KINDS = [OpenAiCompatible, Anthropic, Bedrock, Gemini, Cohere] as const;

export const Provider = z.discriminatedUnion("kind", KINDS, {
  error: ({ code }) =>
    code === "invalid_union"
      ? 'one of "openai-compatible", "anthropic", "bedrock", "gemini", "cohere"'
      : "an object of kind, …",
});
