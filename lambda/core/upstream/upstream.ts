/** How an adapter reaches a provider over HTTP. One adapter implements it, `handler.ts` hands it to the others. */

/** Header values by lower-case name. */
export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

export interface UpstreamRequest {
  /** Behind the base URL's own path, query included: `/chat/completions`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Whoever aborts says why with a GatewayError, which is then thrown. */
  readonly signal: AbortSignal;
}

/** An answer's body: read once, by one of these, or let go. */
export interface UpstreamBody {
  /**
   * As the pieces come. The reader ends it with `letGo` or `close`; its own leaving does neither.
   * @throws GatewayError when it breaks off (retryable), falls silent, or is aborted
   */
  readonly chunks: AsyncIterable<Buffer>;
  /** @throws GatewayError the same, none of them retryable: the answer was made, and another would cost again */
  readAll(maxBytes: number): Promise<Buffer>;
  /** Everything that matters was read: the rest passes by, so that the connection can carry the next request. */
  letGo(): void;
  /** Hangs up: the provider then stops generating. */
  close(): void;
}

export interface UpstreamResponse {
  readonly status: number;
  readonly headers: AnswerHeaders;
  readonly body: UpstreamBody;
}

/**
 * Sends one POST. No redirect is followed, nothing is tried again.
 * @throws GatewayError `upstream_error` (retryable) when nobody could be reached, `upstream_timeout` when the outcome is unknown
 */
export type Upstream = (request: UpstreamRequest) => Promise<UpstreamResponse>;

export interface Timeouts {
  readonly connectMs: number;
  readonly firstByteMs: number;
  readonly idleMs: number;
  /** Of one attempt with its whole answer; absent, only the request's own deadline ends it. Watched by the gateway. */
  readonly totalMs?: number | undefined;
}

/** Opens the connections to a base URL. */
export type Connect = (baseUrl: string, timeouts: Timeouts) => Upstream;

export function isSuccess({ status }: { readonly status: number }): boolean {
  return status >= 200 && status < 300;
}
