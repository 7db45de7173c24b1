import { GatewayError } from "./errors.ts";

export const ROUTE_SORTS = ["price", "latency", "throughput"] as const;
export type RouteSort = (typeof ROUTE_SORTS)[number];

/** Which of a model's routes a request wants, and in which order. */
export interface RoutePreference {
  /** Providers to try first, in this order. */
  readonly order?: readonly string[] | undefined;
  readonly only?: readonly string[] | undefined;
  readonly ignore?: readonly string[] | undefined;
  readonly sort?: RouteSort | undefined;
  /** false: the providers of `order` and no others, or without one the first route alone. */
  readonly allowFallbacks?: boolean | undefined;
}

/** Variants that every model has, unless an operator gave the name another meaning. */
export const BUILT_IN_VARIANTS: Readonly<Record<string, RoutePreference>> = {
  floor: { sort: "price" },
  nitro: { sort: "throughput" },
};

/** The body's `provider`, its types checked: the form OpenRouter's users know. */
export interface ProviderField {
  readonly order?: readonly string[] | null | undefined;
  readonly only?: readonly string[] | null | undefined;
  readonly ignore?: readonly string[] | null | undefined;
  readonly sort?: RouteSort | null | undefined;
  readonly allow_fallbacks?: boolean | null | undefined;
}

const LISTS = ["order", "only", "ignore"] as const;
const FIELDS: readonly string[] = [...LISTS, "sort", "allow_fallbacks"];

/**
 * @param known the names of all providers here
 * @throws GatewayError that names the field: a preference that is not followed must not look as if it were
 */
export function readRoutePreference(field: ProviderField, known: ReadonlySet<string>): RoutePreference {
  for (const name of Object.keys(field)) {
    if (FIELDS.includes(name)) continue;
    const message = `\`provider.${name}\` is not known here: ${FIELDS.join(", ")} are.`;
    throw new GatewayError("unsupported_parameter", message, { param: `provider.${name}` });
  }
  const [order, only, ignore] = LISTS.map((list) => readNames(field[list], list, known));
  return {
    ...(order && { order }),
    ...(only && { only }),
    ...(ignore && { ignore }),
    ...(field.sort && { sort: field.sort }),
    allowFallbacks: field.allow_fallbacks ?? true,
  };
}

function readNames(
  names: readonly string[] | null | undefined,
  list: (typeof LISTS)[number],
  known: ReadonlySet<string>,
): readonly string[] | undefined {
  return names?.map((name, index) => {
    const provider = name.toLowerCase();
    if (known.has(provider)) return provider;
    const param = `provider.${list}[${index}]`;
    const message = `\`${param}\` is no provider here: ${[...known].join(", ")} are.`;
    throw new GatewayError("invalid_value", message, { param });
  });
}
