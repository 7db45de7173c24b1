import { GatewayError } from "../errors.ts";
import { isRecord } from "../is-record.ts";
import { SseCutter } from "../sse/sse-cutter.ts";
import { parseEvent } from "../sse/sse-event.ts";

/** One event of a provider's stream: its SSE name, if it has one, and its JSON. */
export interface JsonEvent {
  readonly name: string | undefined;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Images and speech are megabytes of base64. */
export const MAX_EVENT_BYTES = 4 * 1024 * 1024;
export const MAX_STREAM_BYTES = 256 * 1024 * 1024;

/**
 * A stream of SSE whose data are JSON objects, the events of one network chunk together. Ends when the bytes do: a cut
 * event at the end is left out, as SSE says, so that a half one is never taken for a whole.
 * @throws GatewayError `upstream_error` on what is not SSE of JSON objects, and past the size caps
 */
export async function* jsonEvents(
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<readonly JsonEvent[], void, undefined> {
  const cutter = new SseCutter();
  let totalBytes = 0;
  for await (const chunk of chunks) {
    totalBytes += chunk.length;
    const whole = cutter.push(chunk);
    if (cutter.pendingBytes > MAX_EVENT_BYTES) throw garbage("an event over 4 MiB");
    if (totalBytes > MAX_STREAM_BYTES) throw garbage("more than 256 MiB");
    if (!whole) continue;
    let start = 0;
    const events: JsonEvent[] = [];
    for (const end of whole.ends) {
      events.push(...readEvent(whole.bytes.subarray(start, end)));
      start = end;
    }
    yield events;
  }
}

/** Comments and events without data keep a connection alive and say nothing; nor does OpenAI's `[DONE]`, after all. */
function readEvent(bytes: Buffer): JsonEvent[] {
  const event = parseEvent(bytes);
  if (event === undefined) throw garbage("what is not an event stream");
  if (event.data === undefined || event.data === "[DONE]") return [];
  return [{ name: event.name, data: parseObject(event.data) }];
}

function parseObject(text: string): JsonEvent["data"] {
  try {
    const data: unknown = JSON.parse(text);
    if (isRecord(data)) return data;
  } catch {
    // Told below, without quoting the text: it is a model's.
  }
  throw garbage("an event that is not a JSON object");
}

/** Never a clean end: what a provider sent cannot be read. */
export function garbage(what: string): GatewayError {
  return new GatewayError("upstream_error", `The provider sent ${what}.`, { retryable: true });
}
