import type { Dispatcher } from "undici";
import request from "undici/lib/api/api-request.js";
import errors from "undici/lib/core/errors.js";
import Pool from "undici/lib/dispatcher/pool.js";
import { GatewayError } from "../../core/errors.ts";
import type { Timeouts, Upstream, UpstreamBody } from "../../core/upstream/upstream.ts";

/** Longer than a pause between requests, shorter than load balancers keep idle connections (a minute and more). */
const CONNECTION_MS = 50_000;

/** @param dispatcher the connections; absent: a pool to the base URL's origin */
export function connectUpstream(baseUrl: string, timeouts: Timeouts, dispatcher?: Dispatcher): Upstream {
  const { origin, pathname, search } = new URL(baseUrl);
  const prefix = pathname.replace(/\/$/, "");
  const connections = dispatcher ?? openPool(origin, timeouts.connectMs);
  return async ({ path, headers, body, signal }) => {
    try {
      const response = await request.call(connections, {
        origin,
        path: `${prefix}${path}${search}`,
        method: "POST",
        headers: { "content-type": "application/json", "user-agent": "wlrouter", ...headers },
        body,
        signal,
        headersTimeout: timeouts.firstByteMs,
        bodyTimeout: timeouts.idleMs,
      });
      return { status: response.statusCode, headers: response.headers, body: bodyOf(response.body, signal) };
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

function bodyOf(body: Dispatcher.ResponseData["body"], signal: AbortSignal): UpstreamBody {
  return {
    chunks: chunksOf(body, signal),
    readAll: (maxBytes) => readAll(body, maxBytes, signal),
    letGo() {
      body.on("error", () => {});
      body.resume();
    },
    close() {
      body.on("error", () => {});
      body.destroy();
    },
  };
}

async function* chunksOf(
  body: Dispatcher.ResponseData["body"],
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield* body.iterator({ destroyOnReturn: false });
  } catch (error) {
    throw bodyFailure(error, signal, { retryable: true });
  }
}

async function readAll(
  body: Dispatcher.ResponseData["body"],
  maxBytes: number,
  signal: AbortSignal,
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of body) {
      length += piece.length;
      if (length > maxBytes)
        throw new GatewayError("upstream_error", "The provider's answer is too long.", {
          reason: "too_long",
        });
      pieces.push(piece);
    }
  } catch (error) {
    // A whole answer is written before its first byte is sent: it was made, so another route would make it twice.
    throw bodyFailure(error, signal, { retryable: false });
  }
  return Buffer.concat(pieces, length);
}

/** No answer came. Only a timeout leaves open whether the provider is at work, and will be paid, for this request. */
function sendFailure(error: unknown, signal: AbortSignal): GatewayError {
  if (signal.aborted) return abortion(signal);
  if (error instanceof errors.HeadersTimeoutError) {
    return new GatewayError("upstream_timeout", "The provider did not answer in time.", {
      reason: "first_byte",
      cause: error,
    });
  }
  return new GatewayError("upstream_error", "The provider could not be reached.", {
    retryable: true,
    reason: hasLostConnection(error) ? "reset" : "connect",
    cause: error,
  });
}

/** There was a connection, and it ended with the request on it. */
function hasLostConnection(error: unknown): boolean {
  return (
    error instanceof errors.SocketError || (error instanceof Error && /ECONNRESET|EPIPE/.test(codeOf(error)))
  );
}

function codeOf(error: Error): string {
  return "code" in error ? String(error.code) : "";
}

/** The answer had begun and did not end. @param details may it be asked for again, if nothing of it was used? */
function bodyFailure(error: unknown, signal: AbortSignal, details: { retryable: boolean }): GatewayError {
  if (error instanceof GatewayError) return error;
  if (signal.aborted) return abortion(signal);
  if (error instanceof errors.BodyTimeoutError) {
    return new GatewayError("upstream_timeout", "The provider fell silent in the middle of its answer.", {
      reason: "idle",
      cause: error,
    });
  }
  return new GatewayError("upstream_error", "The provider broke off its answer.", {
    ...details,
    reason: "reset",
    cause: error,
  });
}

/** Whoever aborts says why: with a GatewayError, which is passed on. */
function abortion(signal: AbortSignal): GatewayError {
  if (signal.reason instanceof GatewayError) return signal.reason;
  return new GatewayError(
    "upstream_timeout",
    "The request was aborted before the provider's answer was complete.",
    {
      cause: signal.reason,
    },
  );
}
