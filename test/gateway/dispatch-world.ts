/** Routes that are functions, and a dispatch to them on a clock of the test's. */
import { GatewayError } from "../../lambda/core/errors.ts";
import type { Provider, ProviderAnswer } from "../../lambda/core/ports.ts";
import { createDispatch, type PlannedRoute } from "../../lambda/gateway/dispatch.ts";
import { createRouteMonitor } from "../../lambda/gateway/route-monitor.ts";
import { TEST_PRICES, testModel } from "../core/test-model.ts";
import { manualTimers } from "./manual-timers.ts";

export const ANSWER: ProviderAnswer = { type: "json", body: Buffer.from("{}"), fields: {}, usage: undefined };
export const AGAIN = new GatewayError("upstream_error", "it failed", { retryable: true, reason: "500" });
const BREAKER = {
  enabled: true,
  windowCalls: 4,
  minimumCalls: 2,
  restMs: 1_000,
  longestRestMs: 8_000,
};

export function route(
  provider: string,
  chat: Provider["chat"],
  plan: Partial<PlannedRoute> = {},
): PlannedRoute {
  return {
    model: testModel(),
    route: { provider, model: `${provider}-model`, costs: TEST_PRICES, prices: TEST_PRICES },
    provider: { chat },
    quoted: {
      prices: { input: 0n, output: 0n },
      inputBoundTokens: 1,
      inputEstimateTokens: 1,
      outputCapTokens: 50,
      capIsExplicit: true,
      choices: 1,
    },
    totalMs: undefined,
    ...plan,
  };
}

export interface Changes {
  readonly stream?: boolean;
  readonly signal?: AbortSignal;
  readonly maxAttempts?: number;
  readonly outputCapTokens?: number;
  readonly hedgeAfterMs?: number;
}

export function dispatchTo(routes: readonly PlannedRoute[], changes: Changes = {}) {
  const { maxAttempts = 8, hedgeAfterMs, ...request } = changes;
  const timers = manualTimers();
  const monitor = createRouteMonitor(BREAKER, timers.nowMs);
  const dispatch = createDispatch(
    routes,
    {
      body: Buffer.from("{}"),
      fields: {},
      outputCapTokens: 100,
      stream: false,
      signal: new AbortController().signal,
      ...request,
    },
    { monitor, timers, maxAttempts, hedgeAfterMs },
  );
  return { dispatch, timers, monitor };
}

export const answers = async () => ANSWER;
export const fails = async (): Promise<never> => {
  throw AGAIN;
};
