import { dearestOf, type Quote, quote } from "../core/budget.ts";
import type { Catalog, Model, Route } from "../core/catalog.ts";
import { GatewayError } from "../core/errors.ts";
import type { ApiKey } from "../core/keys.ts";
import type { Prices } from "../core/prices.ts";
import { findVariant, planRoutes } from "../core/route-plan.ts";
import { BUILT_IN_VARIANTS, type RoutePreference, readRoutePreference } from "../core/route-preference.ts";
import { type ChatRequest, inputPartsOf } from "./chat-request.ts";
import { allResting, type PlannedRoute } from "./dispatch.ts";
import type { Gateway } from "./gateway.ts";
import { refuseUnreadable } from "./refused-fields.ts";

/** A model that a request names, and how it wants its routes chosen. */
export interface WantedModel {
  readonly model: Model;
  readonly preference: RoutePreference;
}

/** Where a request may go, in order, and a quote that covers it wherever it ends. */
export interface RequestPlan {
  readonly routes: readonly PlannedRoute[];
  readonly quoted: Quote;
}

/**
 * The model that is asked for, and behind it those of `models`. One that cannot read the request is left out there.
 * @throws GatewayError for what does not exist here or is not allowed, naming the field
 */
export function findModels(
  gateway: Gateway,
  key: ApiKey,
  chat: ChatRequest,
): [WantedModel, ...WantedModel[]] {
  const { model: id, provider } = chat.fields;
  const preference = provider && readRoutePreference(provider, providerNames(gateway.catalog));
  const [first, ...fallbacks] = [...(id === undefined ? [] : [{ id, param: "model" }]), ...named(chat)].map(
    ({ id, param }) => ({ ...findModel(gateway.catalog, key, id, param, preference), param }),
  );
  if (!first)
    throw new GatewayError("missing_required_parameter", "`model` is required.", { param: "model" });
  refuseUnreadable(chat.fields, first.model);
  return [first, ...fallbacks.filter(({ model }) => model !== first.model && isReadable(chat, model))];
}

function named({ fields }: ChatRequest): { id: string; param: string }[] {
  return (fields.models ?? []).map((id, index) => ({ id, param: `models[${index}]` }));
}

function findModel(
  catalog: Catalog,
  key: ApiKey,
  id: string,
  param: string,
  wanted: RoutePreference | null | undefined,
): WantedModel {
  const found = findVariant(id, (name) => catalog.models.get(name), BUILT_IN_VARIANTS);
  if (!found) {
    const message = `The model \`${id.slice(0, 100)}\` does not exist here. GET /v1/models lists those that do.`;
    throw new GatewayError("model_not_found", message, { param });
  }
  const { model, preference } = found;
  if (key.allowedModels && !key.allowedModels.includes(model.id)) {
    const message = `This API key may not use \`${model.id}\`. It may use: ${key.allowedModels.join(", ")}.`;
    throw new GatewayError("model_not_allowed", message, { param });
  }
  return { model, preference: { ...preference, ...wanted } };
}

function isReadable(chat: ChatRequest, model: Model): boolean {
  try {
    refuseUnreadable(chat.fields, model);
    return true;
  } catch {
    return false;
  }
}

function providerNames({ providers, models }: Catalog): ReadonlySet<string> {
  const routes = [...models.values()].flatMap((model) => model.routes);
  return new Set([...providers.keys(), ...routes.map(({ provider }) => provider)]);
}

/** @throws GatewayError when there is no route to try: by the request's own wish, for want of keys, or for now. */
export async function planRequest(
  gateway: Gateway,
  chat: ChatRequest,
  wanted: readonly [WantedModel, ...WantedModel[]],
): Promise<RequestPlan> {
  const planned = await Promise.all(wanted.map((each) => planModel(gateway, chat, each)));
  const routes = planned.flat();
  const [first, ...others] = routes;
  if (!first) throw noRoute(wanted[0]);
  const { monitor, timers } = gateway;
  if (routes.every(({ route }) => monitor.restsUntilMs(route) !== undefined)) {
    throw allResting(routes, monitor, timers);
  }
  return { routes, quoted: dearestOf([first.quoted, ...others.map(({ quoted }) => quoted)]) };
}

async function planModel(
  gateway: Gateway,
  chat: ChatRequest,
  { model, preference }: WantedModel,
): Promise<PlannedRoute[]> {
  const usable = await usableRoutes(gateway, model.routes);
  const order = planRoutes([...usable.keys()], {
    preference,
    figures: (route) => gateway.monitor.figures(route, chat.stream),
    random: gateway.random,
  });
  const quotes = new Map<Prices, Quote>();
  const quoteAt = (prices: Prices): Quote => {
    const known = quotes.get(prices) ?? quote({ ...chat, ...inputPartsOf(chat) }, { ...model, prices });
    quotes.set(prices, known);
    return known;
  };
  return order.flatMap((route) => {
    const provider = usable.get(route);
    if (!provider) return [];
    const totalMs = gateway.catalog.providers.get(route.provider)?.timeouts.totalMs;
    return [{ model, route, provider, quoted: quoteAt(route.prices), totalMs }];
  });
}

/** The routes whose provider has what it needs to be called, in the configured order. */
async function usableRoutes({ providers }: Gateway, routes: readonly Route[]) {
  const found = await Promise.all(
    routes.map(async (route) => ({ route, provider: await providers.get(route.provider) })),
  );
  return new Map(found.flatMap(({ route, provider }) => (provider ? [[route, provider] as const] : [])));
}

function noRoute({ model, preference }: WantedModel): GatewayError {
  const names = [...new Set(model.routes.map(({ provider }) => provider))];
  if (planRoutes(model.routes, { preference, figures: () => UNKNOWN, random: () => 0 }).length === 0) {
    const message = `\`provider\` leaves no provider of ${model.id}: it is run by ${names.join(", ")}.`;
    return new GatewayError("invalid_value", message, { param: "provider" });
  }
  return new GatewayError(
    "no_route_available",
    `No provider of \`${model.id}\` can be used right now: the operator has to set a provider key.`,
    { alarm: "no_provider_key" },
  );
}

const UNKNOWN = { latencyMs: undefined, tokensPerSecond: undefined };
