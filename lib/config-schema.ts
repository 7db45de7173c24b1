/**
 * The schema of the configuration: every field an operator can set, its form and its default.
 * Every `error` below completes the sentence "expected …", so that each problem says what would be right.
 */
import { z } from "zod";
import { BaseUrl } from "./base-url.ts";
import { Billing } from "./config-billing.ts";
import { Console } from "./config-console.ts";
import { Cors } from "./config-cors.ts";
import { fields, listOf, oneOf, PROVIDER_NAME, text, wholeNumber } from "./config-fields.ts";
import { Deployment } from "./deployment-schema.ts";
import { Provider } from "./provider-schema.ts";
import { Routing, Variants } from "./routing-schema.ts";

// --- payments -------------------------------------------------------------------------------------------------

/** Where Stripe's key and webhook secret are kept is not for a file: see docs/payments.md. */
const Payments = fields({
  /** Absent: Stripe's own. Another is for tests. */
  stripeApiBaseUrl: BaseUrl.optional(),
});

// --- models ---------------------------------------------------------------------------------------------------

const PRICE_FORM = 'USD per million tokens as a decimal string, such as "0.40" ("0" says free)';

const price = z
  .string({
    error: ({ input }) => (typeof input === "number" ? `${PRICE_FORM}; quote it: "${input}"` : PRICE_FORM),
  })
  .superRefine((amount, context) => {
    if (!/^\d{1,9}(\.\d+)?$/.test(amount)) {
      context.addIssue({ code: "custom", message: PRICE_FORM });
    } else if (!/^\d+(\.\d{1,6}0*)?$/.test(amount)) {
      const message =
        "at most six decimals: 1 USD per million tokens is 1,000,000 pico-USD per token, " +
        "and a token must cost a whole number of them";
      context.addIssue({ code: "custom", message });
    }
  });

const tokenPrices = {
  inputUsdPerMillion: price,
  outputUsdPerMillion: price,
  cacheReadUsdPerMillion: price.optional(),
  cacheWriteUsdPerMillion: price.optional(),
  /** Cache writes kept for an hour, where they cost more than those of five minutes. */
  cacheWrite1hUsdPerMillion: price.optional(),
  reasoningUsdPerMillion: price.optional(),
  audioInputUsdPerMillion: price.optional(),
  audioCacheReadUsdPerMillion: price.optional(),
  audioOutputUsdPerMillion: price.optional(),
  imageOutputUsdPerMillion: price.optional(),
};
const Tier = fields({ aboveInputTokens: wholeNumber("a number of tokens"), ...tokenPrices });

const Prices = fields(
  {
    ...tokenPrices,
    tiers: z
      .array(Tier, { error: "a list of tiers" })
      .superRefine((tiers, context) => {
        for (const [index, { aboveInputTokens }] of tiers.entries()) {
          const before = tiers[index - 1]?.aboveInputTokens ?? 0;
          if (aboveInputTokens > before) continue;
          const message = `more than ${before}, the tier before: tiers ascend`;
          context.addIssue({ code: "custom", message, path: [index, "aboveInputTokens"] });
        }
      })
      .optional(),
  },
  'prices: a model is never free by accident, "0" says free',
);

const Route = fields({
  provider: z.string({ error: "the name of a provider" }),
  model: text(/^.{1,200}$/, "the provider's own name for the model"),
  /** What it costs the operator; absent: the prices. */
  costs: Prices.optional(),
  /** What the customer pays where this route answers; absent: the model's prices. */
  prices: Prices.optional(),
  /** Its share of the requests; routes without one come after those that have one. None has one: they go in order. */
  weight: wholeNumber("a whole number above 0").max(1_000, { error: "at most 1000" }).optional(),
});

const Model = fields({
  id: text(/^[A-Za-z0-9._:/@-]{1,64}$/, "1 to 64 of A-Z a-z 0-9 . _ : / @ -"),
  ownedBy: text(/^.{1,64}$/, "1 to 64 characters"),
  contextWindow: wholeNumber("a number of tokens"),
  maxOutputTokens: wholeNumber("a number of tokens"),
  /** The model's published maximum for one image; absent, an image is held at the context window. */
  maxImageTokens: wholeNumber("a number of tokens").optional(),
  createdAt: z.iso.date({ error: 'a date, such as "2026-04-23"' }).optional(),
  inputModalities: listOf(
    oneOf("text", "image", "audio", "file"),
    'a list of "text", "image", "audio", "file"',
  ),
  outputModalities: listOf(oneOf("text", "image", "audio"), 'a list of "text", "image", "audio"'),
  prices: Prices,
  routes: listOf(Route, "at least one route"),
  variants: Variants.optional(),
}).superRefine((model, context) => {
  if (model.maxOutputTokens > model.contextWindow) {
    const message = `at most contextWindow, ${model.contextWindow}`;
    context.addIssue({ code: "custom", message, path: ["maxOutputTokens"] });
  }
  for (const modality of ["audio", "image"] as const) {
    if (!model.outputModalities.includes(modality)) continue;
    const field = `${modality}OutputUsdPerMillion` as const;
    for (const { prices, path } of everyPrice(model)) {
      if (prices[field] !== undefined) continue;
      const message = `${PRICE_FORM}, since outputModalities has "${modality}"`;
      context.addIssue({ code: "custom", message, path: [...path, field] });
    }
  }
});

function everyPrice(model: { prices: z.output<typeof Prices>; routes: z.output<typeof Route>[] }) {
  const lists = [
    { prices: model.prices, path: ["prices"] },
    ...model.routes.map(({ costs }, index) => ({ prices: costs, path: ["routes", index, "costs"] })),
    ...model.routes.map(({ prices }, index) => ({ prices, path: ["routes", index, "prices"] })),
  ];
  return lists.flatMap(({ prices, path }) =>
    prices
      ? [
          { prices, path },
          ...(prices.tiers ?? []).map((tier, index) => ({ prices: tier, path: [...path, "tiers", index] })),
        ]
      : [],
  );
}

// --- the whole ------------------------------------------------------------------------------------------------

/** What the rules across fields read, however broken the rest is: so that one reading lists every problem. */
const References = z.looseObject({
  providers: z.record(z.string(), z.unknown()).optional().catch(undefined),
  models: z
    .array(
      z
        .looseObject({
          id: z.unknown(),
          routes: z.array(z.unknown()).catch([]),
          variants: z.record(z.string(), z.unknown()).optional().catch(undefined),
        })
        .catch({ id: null, routes: [] }),
    )
    .catch([]),
});

export const Config = fields({
  billing: Billing.prefault({}),
  payments: Payments.prefault({}),
  cors: Cors.prefault({}),
  console: Console.prefault({}),
  routing: Routing.prefault({}),
  deployment: Deployment.prefault({}),
  providers: z.record(text(PROVIDER_NAME, "a name of 1 to 32 of a-z 0-9 -"), Provider, {
    error: ({ code }) =>
      code === "invalid_key" ? "a name of 1 to 32 of a-z 0-9 -" : "an object of providers by name",
  }),
  models: listOf(Model, "at least one model"),
}).superRefine(checkReferences, { when: () => true });

function checkReferences(config: unknown, context: z.RefinementCtx): void {
  const { data } = References.safeParse(config);
  if (!data) return;
  const names = data.providers && Object.keys(data.providers);
  const seen = new Map<unknown, number>();
  for (const [index, { id, routes, variants }] of data.models.entries()) {
    const first = seen.get(id);
    if (first === undefined) seen.set(id, index);
    else if (typeof id === "string") {
      const message = `an id of its own: models[${first}] has this one`;
      context.addIssue({ code: "custom", message, path: ["models", index, "id"] });
    }
    for (const { provider, path } of [...routeProviders(routes), ...variantProviders(variants)]) {
      if (!names || names.includes(provider)) continue;
      const message = `one of the providers: ${names.join(", ") || "none is configured"}`;
      context.addIssue({ code: "custom", message, path: ["models", index, ...path] });
    }
  }
}

interface NamedProvider {
  readonly provider: string;
  readonly path: readonly PropertyKey[];
}

function routeProviders(routes: readonly unknown[]): NamedProvider[] {
  return routes.flatMap((route, index) => {
    const { data } = z.looseObject({ provider: z.string() }).safeParse(route);
    return data ? [{ provider: data.provider, path: ["routes", index, "provider"] }] : [];
  });
}

function variantProviders(variants: unknown): NamedProvider[] {
  const { data = {} } = Variants.safeParse(variants);
  return Object.entries(data).flatMap(([name, variant]) =>
    (["order", "only", "ignore"] as const).flatMap((list) =>
      (variant[list] ?? []).map((provider, index) => ({ provider, path: ["variants", name, list, index] })),
    ),
  );
}
