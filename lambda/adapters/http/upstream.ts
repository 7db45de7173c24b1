import type { Dispatcher } from "undici";
import type { Timeouts, Upstream, UpstreamResponse } from "../../core/upstream/upstream.ts";
import { Exchange } from "./exchange.ts";
import { abortion, sendFailure } from "./failures.ts";
import { openPools, type Place } from "./pools.ts";

/** @param dispatcher the connections; absent: pools to the base URL's origin */
export function connectUpstream(baseUrl: string, timeouts: Timeouts, dispatcher?: Dispatcher): Upstream {
  const { origin, pathname, search } = new URL(baseUrl);
  const prefix = pathname.replace(/\/$/, "");
  const place = dispatcher ? () => alone(dispatcher) : openPools(origin, timeouts.connectMs);
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
        const { dispatcher, leave } = place();
        dispatcher.dispatch(options, new Exchange({ signal, resolve, reject, over: leave }));
      });
    } catch (error) {
      throw sendFailure(error, signal);
    }
  };
}

function alone(dispatcher: Dispatcher): Place {
  return { dispatcher, leave: () => {} };
}
