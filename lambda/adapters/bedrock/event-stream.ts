import { crc32 } from "node:zlib";
import { isRecord } from "../../core/is-record.ts";
import { garbage, MAX_EVENT_BYTES, MAX_STREAM_BYTES } from "../../core/translate/json-events.ts";

/** One message of AWS's event stream: what kind it is, and its JSON. */
export interface AwsEvent {
  /** `contentBlockDelta`, or the name of an exception. */
  readonly type: string;
  /** The service says that it failed. */
  readonly isFailure: boolean;
  readonly data: Readonly<Record<string, unknown>>;
}

const PRELUDE_BYTES = 12;
const CRC_BYTES = 4;
const STRING = 7;
/** Bytes of a header's value, by its type. https://smithy.io/2.0/aws/amazon-eventstream.html */
const FIXED_BYTES: Readonly<Record<number, number>> = { 0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16 };
const SIZED = 6;

/**
 * AWS's binary framing, out of network chunks that end anywhere. Both checksums of every message are checked.
 * @throws GatewayError `upstream_error` for what is no such stream, and past the size caps
 */
export async function* awsEvents(
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<readonly AwsEvent[], void, undefined> {
  let pending: Buffer = Buffer.alloc(0);
  let totalBytes = 0;
  for await (const chunk of chunks) {
    totalBytes += chunk.length;
    if (totalBytes > MAX_STREAM_BYTES) throw garbage("more than 256 MiB");
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    const events: AwsEvent[] = [];
    let at = 0;
    for (let length = lengthAt(pending, at); length !== undefined; length = lengthAt(pending, at)) {
      events.push(decode(pending.subarray(at, at + length)));
      at += length;
    }
    pending = pending.subarray(at);
    yield events;
  }
}

/** @returns the length of the message that begins here, when all of it is there */
function lengthAt(bytes: Buffer, at: number): number | undefined {
  if (bytes.length - at < PRELUDE_BYTES) return undefined;
  const length = bytes.readUInt32BE(at);
  // Before a length is believed: a broken one could ask for gigabytes.
  if (crc32(bytes.subarray(at, at + 8)) !== bytes.readUInt32BE(at + 8))
    throw garbage("a broken event stream");
  if (length > MAX_EVENT_BYTES) throw garbage("an event over 4 MiB");
  return bytes.length - at < length ? undefined : length;
}

function decode(message: Buffer): AwsEvent {
  const end = message.length - CRC_BYTES;
  const headersEnd = PRELUDE_BYTES + message.readUInt32BE(4);
  if (headersEnd > end || crc32(message.subarray(0, end)) !== message.readUInt32BE(end)) {
    throw garbage("a broken event stream");
  }
  const headers = readHeaders(message.subarray(PRELUDE_BYTES, headersEnd));
  const kind = headers.get(":message-type");
  return {
    type: headers.get(":event-type") ?? headers.get(":exception-type") ?? headers.get(":error-code") ?? "",
    isFailure: kind !== "event",
    data: parse(message.subarray(headersEnd, end), headers.get(":error-message")),
  };
}

function readHeaders(bytes: Buffer): Map<string, string> {
  const headers = new Map<string, string>();
  let at = 0;
  while (at < bytes.length) {
    const nameEnd = at + 1 + (bytes[at] ?? 0);
    const name = bytes.toString("utf8", at + 1, nameEnd);
    const type = bytes[nameEnd] ?? -1;
    const isSized = type === STRING || type === SIZED;
    const fixed = FIXED_BYTES[type];
    if (nameEnd + (isSized ? 3 : 1) > bytes.length || (!isSized && fixed === undefined)) {
      throw garbage("a broken event stream");
    }
    const from = nameEnd + (isSized ? 3 : 1);
    at = from + (isSized ? bytes.readUInt16BE(nameEnd + 1) : (fixed ?? 0));
    if (type === STRING) headers.set(name, bytes.toString("utf8", from, at));
  }
  return headers;
}

/** An error without a payload has its words in a header. */
function parse(payload: Buffer, errorMessage: string | undefined): AwsEvent["data"] {
  if (errorMessage !== undefined) return { message: errorMessage };
  try {
    const data: unknown = JSON.parse(payload.toString("utf8"));
    if (isRecord(data)) return data;
  } catch {
    // Told below, without quoting what a model wrote.
  }
  throw garbage("an event that is not a JSON object");
}
