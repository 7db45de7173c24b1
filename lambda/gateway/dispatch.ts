import type { Quote } from "../core/budget.ts";
import type { Model, Route } from "../core/catalog.ts";
import { type ErrorCode, GatewayError } from "../core/errors.ts";
import type { Provider, ProviderAnswer, ProviderRequest } from "../core/ports.ts";
import type { Timers } from "../core/timers.ts";
import { reasonOf, type TriedRoute } from "../core/tried-routes.ts";
import { type Call, hedge } from "./hedge.ts";
import { type OpenedStream, openStream } from "./open-stream.ts";
import type { Attempt, RouteMonitor } from "./route-monitor.ts";

/** A route that a request may try, and what it costs there. */
export interface PlannedRoute {
  readonly model: Model;
  readonly route: Route;
  readonly provider: Provider;
  /** At this route's prices. */
  readonly quoted: Quote;
  /** Of one attempt with its whole answer. */
  readonly totalMs: number | undefined;
}

export interface Answered {
  readonly planned: PlannedRoute;
  /** Most output tokens a choice may have there: what the hold pays for, at most what the model can give. */
  readonly outputCapTokens: number;
  readonly answer:
    | Extract<ProviderAnswer, { type: "json" }>
    | { type: "stream"; opened: OpenedStream; dropped?: readonly string[] | undefined };
  readonly attempt: Attempt;
}

/** Tries the routes one after another. The same hold covers them all, since only one of them ends up being paid. */
export interface Dispatch {
  /**
   * The answer of the next route that gives one; a stream has said something by then, or kept everybody waiting.
   * @param failure why the last one's broke, after it had answered
   * @throws GatewayError the first that another route cannot mend; when no route is left, the last one's.
   */
  next(failure?: GatewayError): Promise<Answered>;
  /** The route that was called last; undefined when none was, and no money can be owed. */
  readonly current: PlannedRoute | undefined;
  /** The routes that were called and gave no answer. */
  readonly tried: readonly TriedRoute[];
  /** What an operator has to look at, though another route may have answered. */
  readonly alarm: string | undefined;
}

export interface DispatchRules {
  readonly monitor: RouteMonitor;
  readonly timers: Timers;
  /** Calls that one request may make. */
  readonly maxAttempts: number;
  /** After so long without an answer the next route is called beside the first. Absent: never. */
  readonly hedgeAfterMs?: number | undefined;
}

type Request = Omit<ProviderRequest, "model">;

export function createDispatch(
  routes: readonly PlannedRoute[],
  request: Request,
  rules: DispatchRules,
): Dispatch {
  const { monitor, timers, maxAttempts, hedgeAfterMs } = rules;
  let rest = [...routes];
  let current: PlannedRoute | undefined;
  let alarm: string | undefined;
  const tried: TriedRoute[] = [];

  const note = ({ model, route }: PlannedRoute, reason: string) =>
    tried.push({ provider: route.provider, model: model.id, reason });

  /** Notes a failure. @returns what to tell if no other route answers. @throws it where no other may be asked */
  const afterFailure = (planned: PlannedRoute, error: GatewayError): GatewayError => {
    note(planned, reasonOf(error));
    alarm ??= error.details.alarm;
    if (request.signal.aborted) throw request.signal.reason;
    if (error.code === "upstream_rejected") {
      // Who runs the model does not matter to what is wrong with the request, but another model may take it.
      rest = rest.filter(({ model }) => model.id !== planned.model.id);
    } else if (!mayMend(error)) {
      throw error;
    }
    return error;
  };

  /** @param underWay calls that have not ended yet */
  const takeNext = (underWay: number): PlannedRoute | undefined => {
    if (tried.length + underWay >= maxAttempts) return undefined;
    for (let planned = rest.shift(); planned; planned = rest.shift()) {
      if (monitor.restsUntilMs(planned.route) === undefined) return planned;
    }
    return undefined;
  };

  const callHedged = async (first: PlannedRoute, afterMs: number): Promise<Answered> => {
    const { end, failed, givenUp } = await hedge(first, {
      afterMs,
      timers,
      begin: (planned) => beginCall(planned, request, rules),
      beside: () => takeNext(1),
      isFinal: (error) => !(error instanceof GatewayError && mayMend(error)),
    });
    current = end.route;
    for (const { route, error } of failed) {
      const isKnown = error instanceof GatewayError;
      note(route, isKnown ? reasonOf(error) : "bug");
      if (isKnown) alarm ??= error.details.alarm;
    }
    for (const route of givenUp) note(route, "hedged");
    if (end.answer === undefined) throw end.error;
    return end.answer;
  };

  return {
    tried,
    get current() {
      return current;
    },
    get alarm() {
      return alarm;
    },
    async next(failure) {
      let last = failure && current ? afterFailure(current, failure) : failure;
      for (let planned = takeNext(0); planned; planned = takeNext(0)) {
        current = planned;
        try {
          return await (hedgeAfterMs === undefined
            ? callRoute(planned, request, rules)
            : callHedged(planned, hedgeAfterMs));
        } catch (error) {
          if (!(error instanceof GatewayError)) throw request.signal.aborted ? request.signal.reason : error;
          last = afterFailure(current, error);
        }
      }
      throw last
        ? withRetryAfter(last, routes, monitor, timers.nowMs())
        : allResting(routes, monitor, timers);
    },
  };
}

/** May another route answer, where one failed so? A field that one provider has no word for, another may have. */
function mayMend({ code, retryable }: GatewayError): boolean {
  return retryable || code === "unsupported_parameter";
}

/** The same call, with an end of its own. */
function beginCall(
  planned: PlannedRoute,
  request: Request,
  rules: DispatchRules,
): Call<PlannedRoute, Answered> {
  const givenUp = new AbortController();
  const signal = AbortSignal.any([request.signal, givenUp.signal]);
  const answering = callRoute(planned, { ...request, signal }, rules);
  return {
    route: planned,
    answer: answering,
    giveUp() {
      givenUp.abort(new Error("another route answered first"));
      // It may have answered at the same moment.
      answering.then(
        ({ answer, attempt }) => {
          attempt.dropped();
          if (answer.type === "stream") void answer.opened.parts.return?.();
        },
        () => {},
      );
    },
  };
}

async function callRoute(
  planned: PlannedRoute,
  request: Request,
  { monitor, timers }: DispatchRules,
): Promise<Answered> {
  const { route, provider, quoted } = planned;
  const { signal, disarm } = withTotal(request.signal, planned.totalMs, timers);
  const attempt = disarming(monitor.begin(route, request.stream), disarm);
  const outputCapTokens = Math.min(request.outputCapTokens, quoted.outputCapTokens);
  try {
    const answer = await provider.chat({ ...request, model: route.model, outputCapTokens, signal });
    if (answer.type === "json") return { planned, outputCapTokens, answer, attempt };
    const opened = await openStream(answer.parts, timers);
    return { planned, outputCapTokens, answer: { type: "stream", opened, dropped: answer.dropped }, attempt };
  } catch (error) {
    if (isTheProviders(error)) attempt.failed(error);
    else attempt.dropped();
    throw error;
  }
}

const PROVIDERS_CODES = new Set<ErrorCode>(["upstream_error", "upstream_timeout", "rate_limit_exceeded"]);

/** Not what the client got wrong, nor what we did. */
export function isTheProviders(error: unknown): error is GatewayError {
  return error instanceof GatewayError && PROVIDERS_CODES.has(error.code);
}

/** A signal that also aborts when one attempt has lasted too long. */
function withTotal(
  signal: AbortSignal,
  totalMs: number | undefined,
  timers: Timers,
): { signal: AbortSignal; disarm: () => void } {
  if (totalMs === undefined) return { signal, disarm: () => {} };
  const total = new AbortController();
  const disarm = timers.after(totalMs, () => {
    const message = "The provider did not complete its answer in time.";
    total.abort(new GatewayError("upstream_timeout", message, { reason: "total" }));
  });
  return { signal: AbortSignal.any([signal, total.signal]), disarm };
}

function disarming(attempt: Attempt, disarm: () => void): Attempt {
  return {
    answered: attempt.answered,
    ended(outputTokens) {
      disarm();
      attempt.ended(outputTokens);
    },
    failed(error) {
      disarm();
      attempt.failed(error);
    },
    dropped() {
      disarm();
      attempt.dropped();
    },
  };
}

/** When the first of the routes may be called again, where each has said that it may not be now. */
function soonestMs(routes: readonly PlannedRoute[], monitor: RouteMonitor): number | undefined {
  const rests = routes.flatMap(({ route }) => monitor.restsUntilMs(route) ?? []);
  return rests.length === routes.length && rests.length > 0 ? Math.min(...rests) : undefined;
}

/** A provider's own `retry-after` is passed on, unless another route will be there before. */
function withRetryAfter(
  error: GatewayError,
  routes: readonly PlannedRoute[],
  monitor: RouteMonitor,
  nowMs: number,
): GatewayError {
  const soonest = soonestMs(routes, monitor);
  if (!error.retryable || soonest === undefined) return error;
  return new GatewayError(error.code, error.message, {
    ...error.details,
    retryAfterSeconds: secondsUntil(soonest, nowMs),
  });
}

/** Nothing was called: every route failed so often, or said so, that it is left alone for a while. */
export function allResting(
  routes: readonly PlannedRoute[],
  monitor: RouteMonitor,
  timers: Timers,
): GatewayError {
  const soonest = soonestMs(routes, monitor);
  return new GatewayError(
    "no_route_available",
    "Every provider that can serve this request has failed or asked for a pause. Try again later.",
    {
      retryable: true,
      ...(soonest !== undefined && { retryAfterSeconds: secondsUntil(soonest, timers.nowMs()) }),
    },
  );
}

function secondsUntil(atMs: number, nowMs: number): number {
  return Math.max(1, Math.ceil((atMs - nowMs) / 1_000));
}
