import { type Dispatcher, errors, Pool } from "undici";
import type { ProviderSettings } from "../../core/catalog.ts";
import { GatewayError } from "../../core/errors.ts";

/** Longer than a pause between requests, shorter than load balancers keep idle connections (a minute and more). */
const CONNECTION_MS = 50_000;

export interface UpstreamCall {
  readonly body: Uint8Array;
  readonly key: string | undefined;
  readonly stream: boolean;
  readonly signal: AbortSignal;
}

/** Sends one request. No redirect is followed, nothing is tried again. */
export type Upstream = (call: UpstreamCall) => Promise<Dispatcher.ResponseData>;

/** @param dispatcher the connections; absent: a pool to the base URL's origin */
export function connectUpstream(settings: ProviderSettings, dispatcher?: Dispatcher): Upstream {
  const { baseUrl, timeouts } = settings;
  const { origin, pathname, search } = new URL(baseUrl);
  const path = `${pathname.replace(/\/$/, "")}/chat/completions${search}`;
  const connections = dispatcher ?? openPool(origin, timeouts.connectMs);
  return async ({ body, key, stream, signal }) => {
    try {
      return await connections.request({
        origin,
        path,
        method: "POST",
        headers: {
          "content-type": "application/json",
          accept: stream ? "text/event-stream" : "application/json",
          "user-agent": "wlrouter",
          ...(key !== undefined && { authorization: `Bearer ${key}` }),
        },
        body,
        signal,
        headersTimeout: timeouts.firstByteMs,
        bodyTimeout: timeouts.idleMs,
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

/** No answer came. Only a timeout leaves open whether the provider is at work, and will be paid, for this request. */
function sendFailure(error: unknown, signal: AbortSignal): GatewayError {
  if (signal.aborted) return abortion(signal);
  if (error instanceof errors.HeadersTimeoutError) {
    return new GatewayError("upstream_timeout", "The provider did not answer in time.", { cause: error });
  }
  return new GatewayError("upstream_error", "The provider could not be reached.", {
    retryable: true,
    cause: error,
  });
}

/** The answer had begun and did not end. @param details may it be asked for again, if nothing of it was used? */
export function bodyFailure(
  error: unknown,
  signal: AbortSignal,
  details: { retryable: boolean },
): GatewayError {
  if (error instanceof GatewayError) return error;
  if (signal.aborted) return abortion(signal);
  if (error instanceof errors.BodyTimeoutError) {
    return new GatewayError("upstream_timeout", "The provider fell silent in the middle of its answer.", {
      cause: error,
    });
  }
  return new GatewayError("upstream_error", "The provider broke off its answer.", {
    ...details,
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
