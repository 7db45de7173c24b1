import { GatewayError } from "../../core/errors.ts";
import { isRecord } from "../../core/is-record.ts";
import type { StreamPart } from "../../core/ports.ts";
import { SseCutter, type WholeEvents } from "../../core/sse/sse-cutter.ts";
import { isDone, parseEvent } from "../../core/sse/sse-event.ts";
import { reportedFailure } from "../../core/upstream/failure.ts";
import { isPlainEvent } from "./plain-event.ts";
import { readFault, reportsFault } from "./provider-fault.ts";
import { createChunkMender, statedUsage } from "./quirks.ts";
import { readUsage } from "./usage.ts";

/** Image and audio chunks are megabytes of base64. */
const MAX_EVENT_BYTES = 4 * 1024 * 1024;
const MAX_STREAM_BYTES = 256 * 1024 * 1024;

/**
 * A provider's stream as parts. Nearly every event is forwarded as the bytes it came in, many at once, after a look
 * at its shape; only events that may carry usage or an error, or look unusual, are parsed.
 * Ends after `[DONE]` without reading on, and simply ends when the bytes do.
 * @param onEnd told once, whichever way it ends, its reader's leaving included: did `[DONE]` come?
 * @throws GatewayError `upstream_error` on an error event, on what is not SSE of JSON objects, and past the size caps.
 */
export function streamParts(
  chunks: AsyncIterable<Buffer>,
  onEnd: (isDone: boolean) => void = () => {},
): AsyncIterableIterator<StreamPart, void> {
  return new StreamParts(chunks[Symbol.asyncIterator](), onEnd);
}

/** Not a generator: two or three of them around each other cost more than what they do for a chunk. */
class StreamParts implements AsyncIterableIterator<StreamPart, void> {
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #onEnd: (isDone: boolean) => void;
  readonly #cutter = new SseCutter();
  readonly #mend = createChunkMender();
  /** Parts of what has come, and after them why there will be no more. */
  #ready: StreamPart[] = [];
  #failure: unknown;
  #isAtEnd = false;
  #isDone = false;
  #isLeft = false;
  #totalBytes = 0;

  constructor(chunks: AsyncIterator<Buffer>, onEnd: (isDone: boolean) => void) {
    this.#chunks = chunks;
    this.#onEnd = onEnd;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<StreamPart, void>> {
    for (;;) {
      const value = this.#isDone || this.#isLeft ? undefined : this.#ready.shift();
      if (value !== undefined) {
        this.#isDone = value.type === "done";
        return { done: false, value };
      }
      if (this.#isDone || this.#isAtEnd || this.#isLeft) break;
      await this.#readOn();
    }
    const isBroken = this.#failure !== undefined && !this.#isDone && !this.#isLeft;
    this.#leave();
    if (isBroken) throw this.#failure;
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<StreamPart, void>> {
    this.#leave();
    return { done: true, value: undefined };
  }

  #leave(): void {
    if (this.#isLeft) return;
    this.#isLeft = true;
    this.#onEnd(this.#isDone);
    this.#chunks.return?.().catch(() => {});
  }

  async #readOn(): Promise<void> {
    try {
      const { done, value } = await this.#chunks.next();
      if (done) this.#endOfBytes();
      else this.#push(value);
    } catch (error) {
      this.#failure = error;
      this.#isAtEnd = true;
    }
  }

  #push(chunk: Buffer): void {
    this.#totalBytes += chunk.length;
    const events = this.#cutter.push(chunk);
    if (this.#cutter.pendingBytes > MAX_EVENT_BYTES) throw garbage("an event over 4 MiB");
    if (this.#totalBytes > MAX_STREAM_BYTES) throw garbage("more than 256 MiB");
    if (events === undefined) return;
    for (const part of partsOf(events, this.#mend)) this.#ready.push(part);
  }

  #endOfBytes(): void {
    this.#isAtEnd = true;
    const last = lastPart(this.#cutter.takePending(), this.#mend);
    if (last !== undefined) this.#ready.push(last);
  }
}

type Mend = ReturnType<typeof createChunkMender>;

function* partsOf({ bytes, ends }: WholeEvents, mend: Mend): Generator<StreamPart, void, undefined> {
  let plainFrom = 0;
  let start = 0;
  for (const end of ends) {
    if (!isPlainEvent(bytes, start, end)) {
      if (start > plainFrom) yield { type: "events", bytes: bytes.subarray(plainFrom, start) };
      yield* readEvent(bytes.subarray(start, end), mend);
      plainFrom = end;
    }
    start = end;
  }
  if (plainFrom < bytes.length) yield { type: "events", bytes: bytes.subarray(plainFrom) };
}

/** An event without data (a comment that keeps the connection alive) is dropped: the gateway sends its own. */
function* readEvent(bytes: Buffer, mend: Mend): Generator<StreamPart, void, undefined> {
  const event = parseEvent(bytes);
  if (event === undefined) throw garbage("what is not an event stream");
  if (event.data === undefined) return;
  if (isDone(event.data)) {
    yield { type: "done" };
  } else {
    const chunk = parseChunk(event.data);
    if (chunk === undefined) throw garbage("an event that is not a JSON object");
    if (event.name === "error" || reportsFault(chunk)) yield* failAfterUsage(chunk);
    const mended = mend(chunk);
    yield usagePart(mended) ?? { type: "events", bytes: mended === chunk ? bytes : eventOf(mended) };
  }
}

/** Usage beside an error is still owed; the error itself is told once, by throwing it. */
function* failAfterUsage(chunk: Record<string, unknown>): Generator<StreamPart, never, undefined> {
  const { error: _, ...rest } = chunk;
  const part = usagePart(rest);
  if (part !== undefined) yield part;
  throw reportedFailure(readFault(chunk));
}

function usagePart(chunk: Record<string, unknown>): StreamPart | undefined {
  const usage = statedUsage(chunk);
  return isRecord(usage) ? { type: "usage", usage: readUsage(usage), chunk } : undefined;
}

function eventOf(chunk: Record<string, unknown>): Buffer {
  return Buffer.from(`data: ${JSON.stringify(chunk)}\n\n`);
}

/**
 * An event without its blank line, at the end of a stream. SSE says to drop it, and cut in two it is only a broken
 * stream; but some servers end on `data: [DONE]` alone, and usage is owed however it came.
 */
function lastPart(bytes: Buffer, mend: Mend): StreamPart | undefined {
  const data = parseEvent(bytes)?.data;
  if (data === undefined) return undefined;
  if (isDone(data)) return { type: "done" };
  const chunk = parseChunk(data);
  if (chunk === undefined) return undefined;
  if (reportsFault(chunk)) throw reportedFailure(readFault(chunk));
  return usagePart(mend(chunk));
}

function parseChunk(data: string): Record<string, unknown> | undefined {
  try {
    const chunk: unknown = JSON.parse(data);
    return isRecord(chunk) ? chunk : undefined;
  } catch {
    return undefined;
  }
}

function garbage(what: string): GatewayError {
  return new GatewayError("upstream_error", `The provider sent ${what}.`, {
    retryable: true,
    reason: "garbage",
  });
}
