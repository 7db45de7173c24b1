/** What is learned of a route while it is used. */

/** An average that follows the newest values. */
export interface Average {
  readonly value: number;
  readonly atMs: number;
}

/** How much a new value weighs against all before it: of five old ones, a third is left. */
const NEW_WEIGHT = 0.2;
/** Older than this it tells nothing: the route may be another by now. */
const FORGET_AFTER_MS = 5 * 60_000;

export function learn(before: Average | undefined, value: number, nowMs: number): Average {
  const known = recent(before, nowMs);
  return { value: known === undefined ? value : known + NEW_WEIGHT * (value - known), atMs: nowMs };
}

export function recent(average: Average | undefined, nowMs: number): number | undefined {
  return average && nowMs - average.atMs <= FORGET_AFTER_MS ? average.value : undefined;
}

/** A route as an operator sees it. All of it is of this process alone, since it started. */
export interface RouteHealth {
  readonly provider: string;
  /** The provider's own name for the model. */
  readonly model: string;
  /** `resting`: it is not called until `restsUntilMs`. `probing`: one request tries whether it works again. */
  readonly state: "working" | "resting" | "probing";
  readonly restsUntilMs: number | undefined;
  readonly calls: number;
  readonly failures: number;
  /** From 0 to 1, of the last few minutes' calls; undefined where there were none. */
  readonly errorRate: number | undefined;
  /** From the call to the first output of a stream. */
  readonly firstOutputMs: number | undefined;
  /** From the call to a whole answer. */
  readonly wholeAnswerMs: number | undefined;
  readonly tokensPerSecond: number | undefined;
  readonly lastFailure: { readonly reason: string; readonly atMs: number } | undefined;
}
