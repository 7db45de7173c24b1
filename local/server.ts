import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import type { Api } from "../lambda/gateway/api.ts";

/** As long as Lambda lets a function run. */
const REQUEST_LIFE_MS = 15 * 60_000;
const DRAIN_MS = 30_000;

export interface LocalServer {
  readonly port: number;
  /** Takes no new requests and resolves when the open ones have been settled, or after half a minute. */
  close(): Promise<void>;
}

/** What answers below a path of its own beside the API, as another function does in AWS. */
export interface Mount {
  readonly path: string;
  fetch(request: Request): Response | Promise<Response>;
}

/** The API on a port of this machine only. What a request leaves to be done (settle, drain) is waited for at the end. */
export async function startServer(
  app: Api,
  port: number,
  nowMs: () => number = Date.now,
  mounts: readonly Mount[] = [],
): Promise<LocalServer> {
  const background = new Set<Promise<unknown>>();
  const waitUntil = (promise: Promise<unknown>) => {
    const tracked = promise.catch(() => {}).finally(() => background.delete(tracked));
    background.add(tracked);
  };
  const server = createAdaptorServer({
    fetch: (request) => {
      const { pathname } = new URL(request.url);
      const mount = mounts.find(({ path }) => pathname === path || pathname.startsWith(`${path}/`));
      if (mount) return mount.fetch(request);
      return app.fetch(
        request,
        { deadlineMs: nowMs() + REQUEST_LIFE_MS },
        { waitUntil, passThroughOnException: () => {}, props: {} },
      );
    },
  }) as Server;
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close: () => drain(server, background),
  };
}

async function drain(server: Server, background: ReadonlySet<Promise<unknown>>): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeIdleConnections();
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, DRAIN_MS);
  });
  await Promise.race([deadline, closed.then(() => whenEmpty(background))]);
  clearTimeout(timer);
  server.closeAllConnections();
}

async function whenEmpty(background: ReadonlySet<Promise<unknown>>): Promise<void> {
  while (background.size > 0) await Promise.allSettled(background);
}
