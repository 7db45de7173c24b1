import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { type BusEvent, EVENT_SOURCE } from "../../core/events.ts";
import type { EventBus } from "../../core/ports.ts";

/** What PutEvents takes at a time. */
const BATCH_SIZE = 10;
const TRIES = 3;
const FIRST_PAUSE_MS = 100;

/** @param pause between two tries of what the bus did not take. */
export function createEventBus(
  client: EventBridgeClient,
  busName: string,
  pause: (milliseconds: number) => Promise<void>,
): EventBus {
  return {
    async publish(events) {
      const failed: number[] = [];
      let cause: unknown;
      for (let start = 0; start < events.length; start += BATCH_SIZE) {
        const left = await publishBatch(events.slice(start, start + BATCH_SIZE));
        failed.push(...left.failed.map((offset) => start + offset));
        cause = left.cause ?? cause;
      }
      return failed.length > 0 ? { failed, cause } : { failed };
    },
  };

  /** PutEvents takes each event or not: only those that it did not take go again. */
  async function publishBatch(batch: readonly BusEvent[]): Promise<{ failed: number[]; cause?: unknown }> {
    let waiting = batch.map((event, offset) => ({ offset, entry: entryOf(event, busName) }));
    let cause: unknown;
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      if (attempt > 1) await pause(FIRST_PAUSE_MS * 2 ** (attempt - 2));
      try {
        const entries = waiting.map(({ entry }) => entry);
        const { Entries: taken = [] } = await client.send(new PutEventsCommand({ Entries: entries }));
        cause = taken.find(({ ErrorCode }) => ErrorCode)?.ErrorCode;
        waiting = waiting.filter((_, position) => taken[position]?.EventId === undefined);
      } catch (error) {
        cause = error;
      }
      if (waiting.length === 0) return { failed: [] };
    }
    return { failed: waiting.map(({ offset }) => offset), cause };
  }
}

function entryOf({ type, detail }: BusEvent, busName: string) {
  return { EventBusName: busName, Source: EVENT_SOURCE, DetailType: type, Detail: JSON.stringify(detail) };
}

/** The SDK tries a call that was lost twice more by itself: consumers know repetitions by their ids. */
export function createEventBridgeClient(): EventBridgeClient {
  return new EventBridgeClient({ maxAttempts: 3 });
}
