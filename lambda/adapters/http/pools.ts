import type { Dispatcher } from "undici";
import Pool from "undici/lib/dispatcher/pool.js";

/** undici looks through a pool's connections for a free one, for each request: of thousands that takes milliseconds. */
const REQUESTS_A_POOL = 64;

/** Longer than a pause between requests, shorter than load balancers keep idle connections (a minute and more). */
const CONNECTION_MS = 50_000;

/** Where one request is sent. */
export interface Place {
  readonly dispatcher: Dispatcher;
  /** To be called once, when the request is over. */
  readonly leave: () => void;
}

/** @returns finds a place for a request; the pools opened first are filled first, so that few connections are kept. */
export function openPools(origin: string, connectMs: number): () => Place {
  const pools: { readonly pool: Pool; requests: number }[] = [];
  return () => {
    let taken = pools.find(({ requests }) => requests < REQUESTS_A_POOL);
    if (!taken) {
      taken = { pool: openPool(origin, connectMs), requests: 0 };
      pools.push(taken);
    }
    const place = taken;
    place.requests += 1;
    return {
      dispatcher: place.pool,
      leave: () => {
        place.requests -= 1;
      },
    };
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
