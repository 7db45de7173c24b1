import type { Timers } from "../core/timers.ts";

/** A call that can be given up before it has answered. */
export interface Call<Route, Answer> {
  readonly route: Route;
  readonly answer: Promise<Answer>;
  /** Nobody wants its answer any more; whatever it still brings is thrown away. */
  giveUp(): void;
}

export interface Hedging<Route, Answer> {
  readonly afterMs: number;
  readonly timers: Timers;
  begin(route: Route): Call<Route, Answer>;
  /** The route to call beside the first; undefined when there is none. */
  beside(): Route | undefined;
  /** Whether money may be owed for a call that failed so: then its failure is the one to tell, if both fail. */
  isFinal(error: unknown): boolean;
}

interface Failed<Route> {
  readonly route: Route;
  readonly error: unknown;
}

type End<Route, Answer> = { readonly route: Route } & (
  | { readonly answer: Answer; readonly error?: undefined }
  | { readonly error: unknown; readonly answer?: undefined }
);

export interface Hedged<Route, Answer> {
  readonly end: End<Route, Answer>;
  /** Those that failed while the other might still answer. */
  readonly failed: readonly Failed<Route>[];
  readonly givenUp: readonly Route[];
}

/**
 * Calls a route, and a second one beside it when the first has not answered for a while. Who answers first is taken and
 * the other given up; a failure waits for the other's end.
 */
export async function hedge<Route, Answer>(
  first: Route,
  { afterMs, timers, begin, beside, isFinal }: Hedging<Route, Answer>,
): Promise<Hedged<Route, Answer>> {
  const open = new Map<Route, { readonly giveUp: () => void; readonly end: Promise<End<Route, Answer>> }>();
  const start = (route: Route) => {
    const { answer, giveUp } = begin(route);
    const end = answer.then(
      (value): End<Route, Answer> => ({ route, answer: value }),
      (error: unknown): End<Route, Answer> => ({ route, error }),
    );
    open.set(route, { giveUp, end });
  };
  const due = Promise.withResolvers<undefined>();
  const disarm = timers.after(afterMs, () => due.resolve(undefined));
  start(first);
  const failed: Failed<Route>[] = [];
  for (let waits: Promise<undefined>[] = [due.promise]; ; waits = []) {
    const end = await Promise.race([...[...open.values()].map((call) => call.end), ...waits]);
    disarm();
    if (!end) {
      const second = beside();
      if (second !== undefined) start(second);
      continue;
    }
    open.delete(end.route);
    if (end.error === undefined) {
      for (const { giveUp } of open.values()) giveUp();
      return { end, failed, givenUp: [...open.keys()] };
    }
    failed.push(end);
    if (open.size === 0) break;
  }
  const told = failed.find(({ error }) => isFinal(error)) ?? failed.at(-1);
  if (!told) throw new Error("a call ended in nothing");
  return { end: told, failed: failed.filter((it) => it !== told), givenUp: [] };
}
