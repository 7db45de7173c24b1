/** The schema of routing: how often and in which order providers are called, and when one is left alone. */
import { z } from "zod";
import { fields, milliseconds, oneOf, PROVIDER_NAME, text, wholeNumber } from "./config-fields.ts";

/** When a route that keeps failing is left alone, and for how long. */
const Breaker = fields({
  /** false: a route is asked every time, whatever it did before and whenever it said to come back. */
  enabled: z.boolean({ error: "true or false" }).default(true),
  /** Of the last calls of a route so many are looked at … */
  windowCalls: wholeNumber("a number of calls").max(1_000, { error: "at most 1000" }).default(10),
  /** … once there are at least so many; more than half of them failed: it rests. */
  minimumCalls: wholeNumber("a number of calls").default(5),
  /** The first rest; each after it that follows a failed probe is twice as long. */
  restMs: milliseconds.default(5_000),
  longestRestMs: milliseconds.default(60_000),
}).superRefine(({ windowCalls, minimumCalls, restMs, longestRestMs }, context) => {
  const problem = (field: string, message: string) =>
    context.addIssue({ code: "custom", message, path: [field] });
  if (minimumCalls > windowCalls) problem("minimumCalls", `at most windowCalls, ${windowCalls}`);
  if (longestRestMs < restMs) problem("longestRestMs", `at least restMs, ${restMs}`);
});

export const Routing = fields({
  /** Calls to providers that one request may make at most. */
  maxAttempts: wholeNumber("a number of calls").max(8, { error: "at most 8" }).default(4),
  breaker: Breaker.prefault({}),
  /** Off unless it is given: the call that is dropped may be billed by its provider, to the operator. */
  hedging: fields({
    afterMs: milliseconds.min(100, { error: "at least 100" }).max(10_000, { error: "at most 10000" }),
  }).optional(),
});

const providerNames = z.array(text(PROVIDER_NAME, "the name of a provider"), {
  error: "a list of provider names",
});

/** What a request may say in `provider`, under a name: `model:name` asks for it. */
const Variant = fields({
  order: providerNames.optional(),
  only: providerNames.optional(),
  ignore: providerNames.optional(),
  sort: oneOf("price", "latency", "throughput").optional(),
  allowFallbacks: z.boolean({ error: "true or false" }).optional(),
});

const VARIANT_NAME = "a name of 1 to 32 of a-z 0-9 -";

export const Variants = z.record(text(/^[a-z0-9-]{1,32}$/, VARIANT_NAME), Variant, {
  error: ({ code }) => (code === "invalid_key" ? VARIANT_NAME : "an object of variants by name"),
});
