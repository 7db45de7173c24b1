import { type BusEvent, eventOfChange, type LedgerChange } from "../../core/events.ts";
import type { EventBus } from "../../core/ports.ts";
import { parseEvent } from "../event-schema.ts";

export interface StreamRecord {
  /** Its place in the stream. */
  readonly sequenceNumber: string;
  /** @throws Error when the record is no change of an entry. */
  readonly read: () => LedgerChange;
}

export interface Unpublished {
  readonly sequenceNumber: string;
  readonly cause: unknown;
}

export interface PublishReport {
  /** Taken by the bus now; not those that it had before. */
  readonly published: readonly BusEvent[];
  readonly unpublished: readonly Unpublished[];
}

/** Ten batches of the largest size; a number is about 25 characters. */
const REMEMBERED = 10_000;

/**
 * Publishes what can be published and reports the rest, each record by itself.
 *
 * A stream begins again at the first record that failed, and so brings what came after it once more. What this process
 * has published behind a failure it remembers, and does not publish again. Another process may: events are delivered at
 * least once, and consumers tell repetitions by their ids.
 */
export function createPublisher(bus: EventBus): (records: readonly StreamRecord[]) => Promise<PublishReport> {
  const behindFailure = new Set<string>();
  return async (records) => {
    const unpublished: Unpublished[] = [];
    const ready: { sequenceNumber: string; event: BusEvent }[] = [];
    for (const { sequenceNumber, read } of records) {
      if (behindFailure.has(sequenceNumber)) continue;
      try {
        ready.push({ sequenceNumber, event: parseEvent(eventOfChange(read())) });
      } catch (cause) {
        unpublished.push({ sequenceNumber, cause });
      }
    }
    const { failed, cause } = await bus.publish(ready.map(({ event }) => event));
    const refused = new Set(failed);
    unpublished.push(
      ...ready
        .filter((_, index) => refused.has(index))
        .map(({ sequenceNumber }) => ({ sequenceNumber, cause })),
    );
    const published = ready.filter((_, index) => !refused.has(index));
    if (unpublished.length > 0) remember(behindFailure, published);
    return { published: published.map(({ event }) => event), unpublished };
  };
}

function remember(known: Set<string>, records: readonly { sequenceNumber: string }[]): void {
  for (const { sequenceNumber } of records) known.add(sequenceNumber);
  for (const oldest of known) {
    if (known.size <= REMEMBERED) return;
    known.delete(oldest);
  }
}
