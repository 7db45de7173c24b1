import type { Dispatcher } from "undici";
import Pool from "undici/lib/dispatcher/pool.js";
import type { Timeouts, Upstream, UpstreamResponse } from "../../core/upstream/upstream.ts";
import { Exchange } from "./exchange.ts";
import { abortion, sendFailure } from "./failures.ts";

/** Longer than a pause between requests, shorter than load balancers keep idle connections (a minute and more). */
const CONNECTION_MS = 50_000;

/** @param dispatcher the connections; absent: a pool to the base URL's origin */
export function connectUpstream(baseUrl: string, timeouts: Timeouts, dispatcher?: Dispatcher): Upstream {
  const { origin, pathname, search } = new URL(baseUrl);
  const prefix = pathname.replace(/\/$/, "");
  const connections = dispatcher ?? openPool(origin, timeouts.connectMs);
  return async ({ path, headers, body, signal }) => {
    if (signal.aborted) throw abortion(signal);
    try {
      return await new Promise<UpstreamResponse>((resolve, reject) => {
        const options = {
          origin,
          path: `${prefix}${path}${search}`,
          method: "POST" as const,
          headers: { "content-type": "application/json", "user-agent": "wlrouter", ...headers },
          body,
          headersTimeout: timeouts.firstByteMs,
          bodyTimeout: timeouts.idleMs,
        };
        connections.dispatch(options, new Exchange(signal, resolve, reject));
      });
    } catch (error) {
      throw sendFailure(error, signal);
    }
  };
}

/**
 * A frozen function wakes up with connections that the other end has long closed, and a request sent on one is lost.
 * So they are retired by the wall clock, which freezing does not stop as it stops timers.
 */
function openPool(origin: string, connectMs: number): Pool {
  return new Pool(origin, {
    connect: { timeout: connectMs },
    keepAliveTimeout: CONNECTION_MS,
    clientTtl: CONNECTION_MS,
  });
}
