import { type BusEvent, EVENT_SOURCE } from "../lambda/core/events.ts";
import type { EventBus } from "../lambda/core/ports.ts";

/** An EventBridge pattern of plain values: each field is one of those listed. */
export interface EventPattern {
  readonly [field: string]: readonly string[] | EventPattern;
}

/** A consumer behind a rule. Deliveries repeat: a batch that it throws at comes again, event by event. */
export interface Target {
  readonly name: string;
  readonly pattern: EventPattern;
  /** Waits so long for a batch to fill, where handling many costs as much as handling one. */
  readonly gatherMs?: number;
  take(events: readonly BusEvent[]): Promise<void>;
}

export interface DeadLetter {
  readonly target: string;
  readonly event: BusEvent;
  readonly cause: unknown;
}

export interface BusWorld {
  pause(milliseconds: number): Promise<void>;
  /** Where an event goes that its target has thrown at three times. */
  bury(letter: DeadLetter): void;
}

/** Publishing never fails here: what a consumer makes of an event is between the two. */
export interface LocalBus extends EventBus {
  /** Resolves when whatever was published before has been taken, or buried, by every target. */
  settled(): Promise<void>;
}

/** The event bus of one machine: as in AWS every target has its own queue, its own tries and its own dead letters. */
export function createLocalBus(targets: readonly Target[], world: BusWorld): LocalBus {
  const queues = targets.map((target) => ({ target, queue: createQueue(target, world) }));
  return {
    async publish(events) {
      for (const { target, queue } of queues) queue.add(events.filter((event) => matches(target, event)));
      return { failed: [] };
    },
    async settled() {
      await Promise.all(queues.map(({ queue }) => queue.settled()));
    },
  };
}

function matches({ pattern }: Target, { type, detail }: BusEvent): boolean {
  return fits(pattern, { source: EVENT_SOURCE, "detail-type": type, detail });
}

function fits(pattern: EventPattern, value: object): boolean {
  const fields = new Map<string, unknown>(Object.entries(value));
  return Object.entries(pattern).every(([name, wanted]) => {
    const field = fields.get(name);
    if (Array.isArray(wanted)) return wanted.includes(field);
    return typeof field === "object" && field !== null && fits(wanted as EventPattern, field);
  });
}

const BATCH_SIZE = 1_000;
const TRIES = 3;
const FIRST_PAUSE_MS = 100;

function createQueue(target: Target, world: BusWorld) {
  const waiting: BusEvent[] = [];
  let added = 0;
  let done = 0;
  let current: Promise<void> | undefined;

  function next(): void {
    current = waiting.length === 0 ? undefined : deliverNext().then(next);
  }

  async function deliverNext(): Promise<void> {
    if (target.gatherMs) await world.pause(target.gatherMs);
    const batch = waiting.splice(0, BATCH_SIZE);
    await deliver(target, batch, world);
    done += batch.length;
  }

  return {
    add(events: readonly BusEvent[]): void {
      for (const event of events) waiting.push(event);
      added += events.length;
      if (!current) next();
    },
    async settled(): Promise<void> {
      const until = added;
      while (done < until) await current;
    },
  };
}

/** A poison event is found by itself, so that it takes no other down. */
async function deliver(target: Target, batch: readonly BusEvent[], world: BusWorld): Promise<void> {
  try {
    await target.take(batch);
  } catch {
    for (const event of batch) await deliverOne(target, event, world);
  }
}

async function deliverOne(target: Target, event: BusEvent, world: BusWorld): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await target.take([event]);
    } catch (cause) {
      if (attempt === TRIES) return bury(target, event, cause, world);
      await world.pause(FIRST_PAUSE_MS * 2 ** (attempt - 1));
    }
  }
}

/** Where not even that is possible, the event is lost here and the queue goes on: the ledger has it. */
function bury(target: Target, event: BusEvent, cause: unknown, world: BusWorld): void {
  try {
    world.bury({ target: target.name, event, cause });
  } catch {}
}
