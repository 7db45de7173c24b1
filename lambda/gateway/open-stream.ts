import { GatewayError } from "../core/errors.ts";
import type { StreamPart } from "../core/ports.ts";
import type { Timers } from "../core/timers.ts";
import { createStreamText } from "./stream-text.ts";

/** A provider's stream that has begun to say something. What was read to see that is still to be relayed. */
export interface OpenedStream {
  readonly read: readonly StreamPart[];
  /** Asked for and not here yet, where the provider was silent for too long to keep the client waiting. */
  readonly asked: Promise<IteratorResult<StreamPart>> | undefined;
  readonly parts: AsyncIterator<StreamPart>;
}

/** Proxies and SDKs give up on a silent server: after this the client gets its headers, and comments. */
const PATIENCE_MS = 15_000;

/** Events without any output are kept; a provider that goes on with them does not fill the memory. */
const MOST_PARTS = 256;

/**
 * Reads a stream until its first output, so that one that fails before it can be asked of the next route, with a
 * status of its own where there is none. A first event often only names the role: it waits for the text behind it.
 * @throws GatewayError as the stream does, and when it ends with nothing in it
 */
export async function openStream(stream: AsyncIterable<StreamPart>, timers: Timers): Promise<OpenedStream> {
  const parts = stream[Symbol.asyncIterator]();
  const read: StreamPart[] = [];
  const text = createStreamText();
  let cancel = () => {};
  const patience = new Promise<undefined>((resolve) => {
    cancel = timers.after(PATIENCE_MS, () => resolve(undefined));
  });
  try {
    for (;;) {
      const asked = parts.next();
      const next = await Promise.race([asked, patience]);
      if (!next) {
        // Whoever relays the stream hears of its failure.
        asked.catch(() => {});
        return { read, asked, parts };
      }
      if (next.done) throw brokenOff();
      read.push(next.value);
      if (isOutput(next.value, text) || read.length >= MOST_PARTS) return { read, asked: undefined, parts };
    }
  } finally {
    cancel();
  }
}

function isOutput(part: StreamPart, text: ReturnType<typeof createStreamText>): boolean {
  if (part.type === "done") return true;
  // A first count may be of one token that is still to come.
  if (part.type === "count") return part.isFinal && part.usage.outputTokens > 0;
  if (part.type === "events") text.add(part.bytes);
  else if ((part.usage?.outputTokens ?? 0) > 0) return true;
  else text.add(new TextEncoder().encode(`data: ${JSON.stringify(part.chunk)}\n`));
  return text.hasOutput();
}

export function brokenOff(): GatewayError {
  return new GatewayError("upstream_error", "The provider's stream ended before its answer was complete.", {
    retryable: true,
    reason: "cut",
  });
}
