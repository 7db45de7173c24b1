import type { Catalog } from "../core/catalog.ts";
import type { EntriesReader, KeyFinder, Ledger, OwedSettles, Providers, RequestLog } from "../core/ports.ts";
import type { Timers } from "../core/timers.ts";
import type { RouteMonitor } from "./route-monitor.ts";
import type { Tracing } from "./trace.ts";

/** All that the public API needs from the outside. `handler.ts` and the local runner wire it. */
export interface Gateway {
  readonly catalog: Catalog;
  readonly ledger: Ledger;
  readonly owedSettles: OwedSettles;
  readonly entries: EntriesReader;
  readonly keys: KeyFinder;
  readonly providers: Providers;
  readonly monitor: RouteMonitor;
  readonly log: RequestLog;
  readonly timers: Timers;
  /** Absent: clients' traces are passed on, and none is begun. */
  readonly tracing?: Tracing | undefined;
  readonly newRequestId: () => string;
  /** From 0 up to 1: routes with weights are drawn with it. */
  readonly random: () => number;
}

/** What the platform says about the invocation that a request came with. */
export interface Invocation {
  /** When the function will be stopped, in milliseconds since 1970. */
  readonly deadlineMs: number;
  /** Keeps the function alive until the promise ends, after the answer is out. */
  waitUntil(promise: Promise<unknown>): void;
}
