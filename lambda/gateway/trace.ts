import type { TraceIds } from "../core/ports.ts";

/** Where a request stands in a trace, by W3C's Trace Context. */
export interface Trace {
  readonly ids: TraceIds;
  /** For the provider. */
  readonly headers: Readonly<Record<"traceparent", string>>;
}

/** Given where spans of ours are told to a collector. Lower-case hex, never all zeros. */
export interface Tracing {
  /** 32 digits. */
  newTraceId(): string;
  /** 16 digits. */
  newSpanId(): string;
}

/** Version 00, its ids not all zeros. Of another version nobody can say how it goes on, so it ends here. */
const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

/**
 * Goes on with the client's trace. Without tracing of ours its header is passed on as it came; with it the provider's
 * parent is our span, and a request without a trace begins one. What its client does not sample, we do not.
 * @param traceparent of the client; one that is not valid is no reason to refuse a request
 */
export function traceOf(traceparent: string | undefined, tracing: Tracing | undefined): Trace | undefined {
  const [whole, traceId = tracing?.newTraceId(), parentSpanId, flags = "01"] =
    TRACEPARENT.exec(traceparent ?? "") ?? [];
  if (traceId === undefined) return undefined;
  const isSampled = (Number.parseInt(flags, 16) & 1) === 1;
  if (!tracing || !isSampled)
    return whole ? { ids: { traceId }, headers: { traceparent: whole } } : undefined;
  const spanId = tracing.newSpanId();
  return {
    ids: { traceId, spanId, ...(parentSpanId !== undefined && { parentSpanId }) },
    headers: { traceparent: `00-${traceId}-${spanId}-01` },
  };
}
