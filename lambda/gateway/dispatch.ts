import type { Route } from "../core/catalog.ts";
import { GatewayError } from "../core/errors.ts";
import type { Provider, ProviderAnswer, ProviderRequest, Providers } from "../core/ports.ts";

export interface UsableRoute {
  readonly route: Route;
  readonly provider: Provider;
}

/** The model's routes whose provider has what it needs to be called, in order. */
export async function usableRoutes(routes: readonly Route[], providers: Providers): Promise<UsableRoute[]> {
  const found = await Promise.all(
    routes.map(async (route) => ({ route, provider: await providers.get(route.provider) })),
  );
  return found.filter((usable): usable is UsableRoute => usable.provider !== undefined);
}

export interface Answered {
  readonly route: Route;
  readonly answer: ProviderAnswer;
}

/** Tries the routes one after another. The same hold covers them all, since only one of them ends up being paid. */
export interface Dispatch {
  /**
   * The answer of the next route that gives one.
   * @throws GatewayError the first that another route cannot mend; when no route is left, the last one's.
   */
  next(failure?: GatewayError): Promise<Answered>;
  /** The route that was tried last. */
  readonly current: Route | undefined;
}

export function createDispatch(
  routes: readonly UsableRoute[],
  request: Omit<ProviderRequest, "model">,
): Dispatch {
  const rest = [...routes];
  let current: Route | undefined;
  return {
    get current() {
      return current;
    },
    async next(failure) {
      let last =
        failure ?? new GatewayError("no_route_available", "No provider can serve this model right now.");
      for (let usable = rest.shift(); usable; usable = rest.shift()) {
        current = usable.route;
        try {
          const answer = await usable.provider.chat({ ...request, model: usable.route.model });
          return { route: usable.route, answer };
        } catch (error) {
          if (request.signal.aborted) throw request.signal.reason;
          if (!(error instanceof GatewayError) || !error.retryable) throw error;
          last = error;
        }
      }
      throw last;
    },
  };
}
