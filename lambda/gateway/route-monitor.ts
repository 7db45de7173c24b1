import {
  type CircuitBreakerPolicy,
  CircuitState,
  CountBreaker,
  circuitBreaker,
  DelegateBackoff,
  handleAll,
} from "cockatiel";
import type { BreakerSettings, Route } from "../core/catalog.ts";
import type { GatewayError } from "../core/errors.ts";
import { type Average, learn, type RouteHealth, recent } from "../core/route-figures.ts";
import type { RouteFigures } from "../core/route-plan.ts";
import { reasonOf } from "../core/tried-routes.ts";

/** One call of a route, from before it is made. Exactly one of `failed`, `ended` and `dropped` must come. */
export interface Attempt {
  /** The first output is here: the route works. Saying it again changes nothing. */
  answered(): void;
  ended(outputTokens: number): void;
  failed(error: GatewayError): void;
  /** It was not the provider's fault, nor its merit. */
  dropped(): void;
}

/**
 * What this process knows of each route: whether it should be left alone, and how fast it is.
 * Kept in memory alone: docs/decisions/0020-routes-are-judged-per-process.md.
 */
export interface RouteMonitor {
  /** Until when the route must not be called; undefined when it may be. */
  restsUntilMs(route: Route): number | undefined;
  begin(route: Route, streamed: boolean): Attempt;
  figures(route: Route, streamed: boolean): RouteFigures;
  snapshot(): readonly RouteHealth[];
  /** The routes that rest at this moment, as `provider|model`. */
  resting(): readonly string[];
}

interface Watched {
  readonly route: Route;
  readonly breaker: CircuitBreakerPolicy;
  /** Of the breaker, and of the provider's own `retry-after`. */
  restsUntilMs: number;
  calls: number;
  failures: number;
  errorRate: Average | undefined;
  firstOutput: Average | undefined;
  wholeAnswer: Average | undefined;
  tokensPerSecond: Average | undefined;
  lastFailure: { readonly reason: string; readonly atMs: number } | undefined;
}

/** A probe is on its way: others look again soon. */
const PROBE_MS = 1_000;

/** @param nowMs the wall clock, which the breakers go by too */
export function createRouteMonitor(settings: BreakerSettings, nowMs: () => number): RouteMonitor {
  const routes = new Map<string, Watched>();
  const watched = (route: Route): Watched => {
    const name = `${route.provider}|${route.model}`;
    const found = routes.get(name) ?? watch(route, settings, nowMs);
    routes.set(name, found);
    return found;
  };
  return {
    restsUntilMs: (route) => (settings.enabled ? restOf(watched(route), nowMs()) : undefined),
    begin: (route, streamed) => beginAttempt(watched(route), streamed, nowMs),
    figures(route, streamed) {
      const { firstOutput, wholeAnswer, tokensPerSecond } = watched(route);
      return {
        latencyMs: recent(streamed ? firstOutput : wholeAnswer, nowMs()),
        tokensPerSecond: recent(tokensPerSecond, nowMs()),
      };
    },
    resting() {
      const now = nowMs();
      const names: string[] = [];
      // Nearly always none: this runs for each request.
      for (const [name, { restsUntilMs }] of routes) if (restsUntilMs > now) names.push(name);
      return settings.enabled ? names : [];
    },
    snapshot: () => [...routes.values()].map((route) => healthOf(route, settings, nowMs())),
  };
}

function watch(route: Route, settings: BreakerSettings, nowMs: () => number): Watched {
  const breaker = circuitBreaker(handleAll, {
    breaker: new CountBreaker({
      size: settings.windowCalls,
      threshold: 0.5,
      minimumNumberOfCalls: settings.minimumCalls,
    }),
    halfOpenAfter: new DelegateBackoff(({ attempt }) => {
      const restMs = Math.min(settings.longestRestMs, settings.restMs * 2 ** (attempt - 1));
      state.restsUntilMs = Math.max(state.restsUntilMs, nowMs() + restMs);
      return restMs;
    }),
  });
  const state: Watched = {
    route,
    breaker,
    restsUntilMs: 0,
    calls: 0,
    failures: 0,
    errorRate: undefined,
    firstOutput: undefined,
    wholeAnswer: undefined,
    tokensPerSecond: undefined,
    lastFailure: undefined,
  };
  return state;
}

function restOf({ restsUntilMs, breaker }: Watched, nowMs: number): number | undefined {
  if (restsUntilMs > nowMs) return restsUntilMs;
  return breaker.state === CircuitState.HalfOpen ? nowMs + PROBE_MS : undefined;
}

/** The breaker runs a promise of ours, since a stream's verdict falls long after the call has returned. */
function beginAttempt(state: Watched, streamed: boolean, nowMs: () => number): Attempt {
  const verdict = Promise.withResolvers<void>();
  const startedAtMs = nowMs();
  let hasAnswered = false;
  let isJudged = false;
  // What is thrown is what we say: nobody has to hear it twice, nor where the breaker does not run it at all.
  verdict.promise.catch(() => {});
  void state.breaker.execute(() => verdict.promise).catch(() => {});
  state.calls += 1;
  const pass = () => {
    isJudged = true;
    verdict.resolve();
  };
  const answered = () => {
    if (hasAnswered) return;
    hasAnswered = true;
    // A probe's first output is proof enough, and others wait for it. Other streams are judged at their end.
    if (state.breaker.state === CircuitState.HalfOpen) pass();
    const side = streamed ? "firstOutput" : "wholeAnswer";
    state[side] = learn(state[side], nowMs() - startedAtMs, nowMs());
  };
  return {
    answered,
    ended(outputTokens) {
      answered();
      pass();
      state.errorRate = learn(state.errorRate, 0, nowMs());
      const seconds = (nowMs() - startedAtMs) / 1_000;
      if (outputTokens > 0 && seconds > 0) {
        state.tokensPerSecond = learn(state.tokensPerSecond, outputTokens / seconds, nowMs());
      }
    },
    failed(error) {
      state.failures += 1;
      state.errorRate = learn(state.errorRate, 1, nowMs());
      state.lastFailure = { reason: reasonOf(error), atMs: nowMs() };
      const { retryAfterSeconds = 0 } = error.details;
      state.restsUntilMs = Math.max(state.restsUntilMs, nowMs() + retryAfterSeconds * 1_000);
      // A probe that breaks after its first output counts too, as a call of its own.
      if (isJudged) void state.breaker.execute(() => Promise.reject(error)).catch(() => {});
      else verdict.reject(error);
    },
    dropped: pass,
  };
}

function healthOf(state: Watched, settings: BreakerSettings, nowMs: number): RouteHealth {
  const isProbing = state.breaker.state === CircuitState.HalfOpen;
  const isResting = settings.enabled && state.restsUntilMs > nowMs;
  return {
    provider: state.route.provider,
    model: state.route.model,
    state: isResting ? "resting" : isProbing ? "probing" : "working",
    restsUntilMs: isResting ? state.restsUntilMs : undefined,
    calls: state.calls,
    failures: state.failures,
    errorRate: recent(state.errorRate, nowMs),
    firstOutputMs: recent(state.firstOutput, nowMs),
    wholeAnswerMs: recent(state.wholeAnswer, nowMs),
    tokensPerSecond: recent(state.tokensPerSecond, nowMs),
    lastFailure: state.lastFailure,
  };
}
