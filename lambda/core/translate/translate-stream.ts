import type { ProviderAnswer, StreamPart } from "../ports.ts";
import type { UpstreamBody } from "../upstream/upstream.ts";

/** Turns one provider's events into OpenAI's chunks, keeping what it must remember between them. */
export interface StreamTranslator<Event> {
  /** @throws GatewayError for an error inside the stream; what it returned before is sent first. */
  push(event: Event): Iterable<StreamPart>;
}

/**
 * A provider's stream as parts. The chunks that one piece from the network makes go out together. It is done when the
 * translator says so; bytes that end before are a broken stream, which whoever reads the parts sees by the missing `done`.
 */
export function translatedStream<Event>(
  body: UpstreamBody,
  events: (chunks: AsyncIterable<Buffer>) => AsyncIterable<readonly Event[]>,
  translator: StreamTranslator<Event>,
  dropped: readonly string[],
): ProviderAnswer {
  return { type: "stream", parts: readParts(body, events(body.chunks), translator), dropped };
}

async function* readParts<Event>(
  body: UpstreamBody,
  batches: AsyncIterable<readonly Event[]>,
  translator: StreamTranslator<Event>,
): AsyncGenerator<StreamPart, void, undefined> {
  let isDone = false;
  try {
    for await (const batch of batches) {
      for (const part of together(partsOf(batch, translator))) {
        isDone = part.type === "done";
        yield part;
        if (isDone) return;
      }
    }
  } finally {
    if (isDone) body.letGo();
    else body.close();
  }
}

function* partsOf<Event>(
  batch: readonly Event[],
  translator: StreamTranslator<Event>,
): Generator<StreamPart, void, undefined> {
  for (const event of batch) yield* translator.push(event);
}

/** Neighbouring events as one piece of bytes; when reading fails, what came before goes out first. */
function* together(parts: Iterable<StreamPart>): Generator<StreamPart, void, undefined> {
  let waiting: Uint8Array[] = [];
  try {
    for (const part of parts) {
      if (part.type === "events") {
        waiting.push(part.bytes);
        continue;
      }
      if (waiting.length > 0) yield { type: "events", bytes: concat(waiting) };
      waiting = [];
      yield part;
    }
  } catch (error) {
    if (waiting.length > 0) yield { type: "events", bytes: concat(waiting) };
    throw error;
  }
  if (waiting.length > 0) yield { type: "events", bytes: concat(waiting) };
}

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const [first] = pieces;
  return pieces.length === 1 && first ? first : Buffer.concat(pieces);
}
