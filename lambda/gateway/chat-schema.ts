import { en } from "zod/locales";
import * as z from "zod/mini";
import { ROUTE_SORTS } from "../core/route-preference.ts";

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
