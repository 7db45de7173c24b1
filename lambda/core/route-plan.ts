import type { Model, Route } from "./catalog.ts";
import type { Prices } from "./prices.ts";
import type { RoutePreference, RouteSort } from "./route-preference.ts";

/** What was learned of a route; undefined where it was not called of late. */
export interface RouteFigures {
  /** From the call to the first output. */
  readonly latencyMs: number | undefined;
  readonly tokensPerSecond: number | undefined;
}

export interface PlanInput {
  readonly preference: RoutePreference;
  readonly figures: (route: Route) => RouteFigures;
  /** A number from 0 up to 1, a new one each time: weights are drawn with it. */
  readonly random: () => number;
}

/**
 * The routes of one model that a request may try, in the order in which it tries them.
 * @param routes those that can be used, as configured
 */
export function planRoutes(routes: readonly Route[], input: PlanInput): readonly Route[] {
  const { order, only, ignore, allowFallbacks = true } = input.preference;
  const allowed = routes.filter(
    ({ provider }) => (only?.includes(provider) ?? true) && !(ignore?.includes(provider) ?? false),
  );
  const rest = arranged(allowed, input);
  if (!order) return allowFallbacks ? rest : rest.slice(0, 1);
  const first = [...new Set(order)].flatMap((name) => rest.filter(({ provider }) => provider === name));
  return allowFallbacks ? [...first, ...rest.filter((route) => !first.includes(route))] : first;
}

/** By what the request wants to be sorted by; else by weights where there are some; else as configured. */
function arranged(routes: readonly Route[], { preference, figures, random }: PlanInput): readonly Route[] {
  if (routes.length < 2) return routes;
  if (preference.sort) return sorted(routes, preference.sort, figures);
  return routes.some(({ weight }) => weight !== undefined) ? drawn(routes, random) : routes;
}

/** Stable: of equals the one that was configured first stays first. */
function sorted(
  routes: readonly Route[],
  sort: RouteSort,
  figures: (route: Route) => RouteFigures,
): readonly Route[] {
  switch (sort) {
    case "price":
      return routes.toSorted(
        (a, b) => sign(blended(a.prices) - blended(b.prices)) || sign(blended(a.costs) - blended(b.costs)),
      );
    // What was not measured of late goes first: it would never be measured otherwise.
    case "latency":
      return routes.toSorted((a, b) => (figures(a).latencyMs ?? 0) - (figures(b).latencyMs ?? 0));
    case "throughput":
      return routes.toSorted((a, b) => slowness(figures(a)) - slowness(figures(b)));
  }
}

function slowness({ tokensPerSecond }: RouteFigures): number {
  return tokensPerSecond === undefined ? 0 : 1 / tokensPerSecond;
}

/** Three tokens in for one out: what most requests look like. */
function blended({ input, output }: Prices): bigint {
  return 3n * input + output;
}

function sign(difference: bigint): number {
  return difference < 0n ? -1 : Number(difference > 0n);
}

/** One after another by their weights, so that the shares hold among those that are left too. */
function drawn(routes: readonly Route[], random: () => number): readonly Route[] {
  const left = routes.filter(({ weight }) => weight !== undefined);
  const order: Route[] = [];
  while (left.length > 0) {
    let point = random() * left.reduce((sum, { weight = 0 }) => sum + weight, 0);
    const found = left.findIndex(({ weight = 0 }) => {
      point -= weight;
      return point < 0;
    });
    order.push(...left.splice(found === -1 ? left.length - 1 : found, 1));
  }
  return [...order, ...routes.filter(({ weight }) => weight === undefined)];
}

/**
 * The model that an id names, and the preference that its variant stands for. A whole id wins: `llama3:8b` is a model.
 * @param read finds a model
 */
export function findVariant(
  id: string,
  read: (id: string) => Model | undefined,
  builtIn: Readonly<Record<string, RoutePreference>>,
): { model: Model; preference: RoutePreference } | undefined {
  const whole = read(id);
  if (whole) return { model: whole, preference: {} };
  const colon = id.lastIndexOf(":");
  const model = colon > 0 ? read(id.slice(0, colon)) : undefined;
  const name = id.slice(colon + 1);
  const variants = { ...builtIn, ...model?.variants };
  const preference = Object.hasOwn(variants, name) ? variants[name] : undefined;
  return model && preference ? { model, preference } : undefined;
}
