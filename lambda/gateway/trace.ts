/** A trace that a client began, by W3C's Trace Context: whoever handles the request passes it on. */
export interface Trace {
  readonly traceId: string;
  /** For the provider. */
  readonly headers: Readonly<Record<"traceparent", string>>;
}

/** Version 00, its ids not all zeros. Of another version nobody can say how it goes on, so it ends here. */
const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** @returns undefined where there is no header, or one that is not valid: it is no reason to refuse a request. */
export function readTrace(traceparent: string | undefined): Trace | undefined {
  const [, traceId] = TRACEPARENT.exec(traceparent ?? "") ?? [];
  return traceparent !== undefined && traceId !== undefined
    ? { traceId, headers: { traceparent } }
    : undefined;
}
