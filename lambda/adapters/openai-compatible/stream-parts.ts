import { GatewayError } from "../../core/errors.ts";
import { isRecord } from "../../core/is-record.ts";
import type { StreamPart } from "../../core/ports.ts";
import { ByteFinder } from "./byte-finder.ts";
import { reportedFailure } from "./errors.ts";
import { reportsFault } from "./provider-fault.ts";
import { SseCutter, type WholeEvents } from "./sse-cutter.ts";
import { isDone, parseEvent } from "./sse-event.ts";
import { readUsage } from "./usage.ts";

/** Image and audio chunks are megabytes of base64. */
const MAX_EVENT_BYTES = 4 * 1024 * 1024;
const MAX_STREAM_BYTES = 256 * 1024 * 1024;

const LF = 0x0a;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const DATA = Buffer.from("data:");
const CHOICES = Buffer.from('"choices"');
const ERROR = Buffer.from('"error"');
const USAGE = Buffer.from('"usage"');

/**
 * A provider's stream as parts. Nearly every event is forwarded as the bytes it came in, many at once, after a look
 * at its shape; only events that may carry usage or an error, or look unusual, are parsed.
 * Ends after `[DONE]` without reading on, and simply ends when the bytes do.
 * @throws GatewayError `upstream_error` on an error event, on what is not SSE of JSON objects, and past the size caps.
 */
export async function* streamParts(
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<StreamPart, void, undefined> {
  const cutter = new SseCutter();
  let totalBytes = 0;
  for await (const chunk of chunks) {
    totalBytes += chunk.length;
    const events = cutter.push(chunk);
    if (cutter.pendingBytes > MAX_EVENT_BYTES) throw garbage("an event over 4 MiB");
    if (totalBytes > MAX_STREAM_BYTES) throw garbage("more than 256 MiB");
    if (events === undefined) continue;
    for (const part of partsOf(events)) {
      yield part;
      if (part.type === "done") return;
    }
  }
  const last = lastPart(cutter.takePending());
  if (last !== undefined) yield last;
}

function* partsOf({ bytes, ends }: WholeEvents): Generator<StreamPart, void, undefined> {
  const isPlain = plainEventTest(bytes);
  let plainFrom = 0;
  let start = 0;
  for (const end of ends) {
    if (!isPlain(start, end)) {
      if (start > plainFrom) yield { type: "events", bytes: bytes.subarray(plainFrom, start) };
      yield* readEvent(bytes.subarray(start, end));
      plainFrom = end;
    }
    start = end;
  }
  if (plainFrom < bytes.length) yield { type: "events", bytes: bytes.subarray(plainFrom) };
}

/**
 * Is an event of the one shape that needs no reading: `data: {… "choices" …}` on one line, with neither usage nor an
 * error in it? Quotes inside JSON strings are escaped, so the names cannot be found in what the model wrote.
 */
function plainEventTest(bytes: Buffer): (start: number, end: number) => boolean {
  const lf = new ByteFinder(bytes, LF);
  const choices = new ByteFinder(bytes, CHOICES);
  const error = new ByteFinder(bytes, ERROR);
  const usage = new ByteFinder(bytes, USAGE);
  const hasUsage = (start: number, end: number): boolean => {
    for (let at = usage.next(start); at < end; at = usage.next(at + 1)) {
      const colon = skipSpaces(bytes, at + USAGE.length);
      if (bytes[colon] === COLON && bytes[skipSpaces(bytes, colon + 1)] === OPEN_BRACE) return true;
    }
    return false;
  };
  return (start, end) =>
    isDataLine(bytes, start) &&
    bytes[end - 3] === CLOSE_BRACE &&
    lf.next(start) === end - 2 &&
    choices.next(start) < end &&
    error.next(start) >= end &&
    !hasUsage(start, end);
}

function isDataLine(bytes: Buffer, start: number): boolean {
  for (let at = 0; at < DATA.length; at += 1) {
    if (bytes[start + at] !== DATA[at]) return false;
  }
  return bytes[skipSpaces(bytes, start + DATA.length)] === OPEN_BRACE;
}

function skipSpaces(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === 0x20) at += 1;
  return at;
}

/** An event without data (a comment that keeps the connection alive) is dropped: the gateway sends its own. */
function* readEvent(bytes: Buffer): Generator<StreamPart, void, undefined> {
  const event = parseEvent(bytes);
  if (event === undefined) throw garbage("what is not an event stream");
  if (event.data === undefined) return;
  if (isDone(event.data)) {
    yield { type: "done" };
  } else {
    const chunk = parseChunk(event.data);
    if (chunk === undefined) throw garbage("an event that is not a JSON object");
    if (event.name === "error" || reportsFault(chunk)) yield* failAfterUsage(chunk);
    yield usagePart(chunk) ?? { type: "events", bytes };
  }
}

/** Usage beside an error is still owed; the error itself is told once, by throwing it. */
function* failAfterUsage(chunk: Record<string, unknown>): Generator<StreamPart, never, undefined> {
  const { error: _, ...rest } = chunk;
  const part = usagePart(rest);
  if (part !== undefined) yield part;
  throw reportedFailure(chunk);
}

/** Usage is a member of the chunk, or where Groq (`x_groq`) and Moonshot (the first choice) have put it. */
function usagePart(chunk: Record<string, unknown>): StreamPart | undefined {
  const { choices, usage, x_groq: groq } = chunk;
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined;
  const stated = usage ?? memberUsage(groq) ?? memberUsage(choice);
  return isRecord(stated) ? { type: "usage", usage: readUsage(stated), chunk } : undefined;
}

function memberUsage(value: unknown): unknown {
  return isRecord(value) ? (value["usage"] ?? undefined) : undefined;
}

/**
 * An event without its blank line, at the end of a stream. SSE says to drop it, and cut in two it is only a broken
 * stream; but some servers end on `data: [DONE]` alone, and usage is owed however it came.
 */
function lastPart(bytes: Buffer): StreamPart | undefined {
  const data = parseEvent(bytes)?.data;
  if (data === undefined) return undefined;
  if (isDone(data)) return { type: "done" };
  const chunk = parseChunk(data);
  if (chunk === undefined) return undefined;
  if (reportsFault(chunk)) throw reportedFailure(chunk);
  return usagePart(chunk);
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
  return new GatewayError("upstream_error", `The provider sent ${what}.`, { retryable: true });
}
