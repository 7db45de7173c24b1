import type { Entry } from "../lambda/core/charge.ts";
import { eventOf } from "../lambda/core/events.ts";
import type { LocalBus } from "./bus.ts";
import type { LakeWriter } from "./lake-writer.ts";
import { hourOf, type UnfinishedHours } from "./unfinished-hours.ts";

export interface PipelineWorld {
  readonly bus: LocalBus;
  readonly lake: LakeWriter;
  readonly unfinished: UnfinishedHours;
}

/**
 * The way from the ledger to the bus and the lake on one machine: what the table's stream and Firehose are in AWS.
 * Before an entry is put into the ledger its hour is written down as unfinished; so whatever a crash keeps from the lake
 * is in one of the hours that the next start finds, and compares.
 */
export interface Pipeline {
  /** An entry is about to be put. The first of an hour costs one write of a small file. @throws what that write threw */
  expect(entry: Entry): void;
  /** It is in the ledger, whoever put it, and goes to the bus; or nobody knows whether it is. */
  arrived(entry: Entry, put: "in the ledger" | "unknown"): void;
  /** Writes what arrived before to the lake. @throws what the store threw */
  flush(): Promise<void>;
  /**
   * Publishes what is in the ledger and not in the lake, a batch at a time.
   * @param missing entries of the given hours that the lake has not; of all hours, where nobody has kept count.
   * @returns how many there were.
   */
  heal(missing: (hours: readonly string[] | undefined) => AsyncIterable<Entry>): Promise<number>;
  /** Writes everything to the lake and leaves no hour unfinished, except what only a comparison can finish. */
  stop(): Promise<void>;
}

const HEAL_BATCH = 1_000;

export function createPipeline({ bus, lake, unfinished }: PipelineWorld): Pipeline {
  const inherited = unfinished.read();
  let compared = false;
  let stopping = false;
  const open = new Set<string>();
  /** Hours with a put that nobody knows the end of: left to the next start. */
  const unsure = new Set<string>();
  /** Of an hour, how many puts are under way. */
  const underWay = new Map<string, number>();
  let touched = new Set<string>();
  let last = Promise.resolve();

  function remember(): void {
    // Where any hour may be unfinished, a list of some would say less.
    if (!compared && !inherited) return;
    unfinished.write([...new Set([...(compared ? [] : (inherited ?? [])), ...open, ...unsure])].sort());
  }

  async function flush(keepNewest: boolean): Promise<void> {
    touched = new Set(underWay.keys());
    await bus.settled();
    const rows = lake.collected();
    // A row in the lake means that every other target has had its event too: so a comparison asks the lake alone.
    await bus.settled();
    await lake.write(rows);
    const newest = keepNewest ? [...open].sort().at(-1) : undefined;
    const finished = [...open].filter((hour) => !touched.has(hour) && hour !== newest);
    for (const hour of finished) open.delete(hour);
    if (finished.length > 0) remember();
  }

  function inTurn(work: () => Promise<void>): Promise<void> {
    last = last.then(work, work);
    return last;
  }

  return {
    expect({ createdAt }) {
      const hour = hourOf(createdAt);
      touched.add(hour);
      underWay.set(hour, (underWay.get(hour) ?? 0) + 1);
      if (open.has(hour)) return;
      open.add(hour);
      remember();
    },
    arrived(entry, put) {
      const hour = hourOf(entry.createdAt);
      const left = (underWay.get(hour) ?? 1) - 1;
      if (left > 0) underWay.set(hour, left);
      else underWay.delete(hour);
      if (put === "unknown") unsure.add(hour);
      else void bus.publish([eventOf(entry)]);
    },
    flush: () => inTurn(() => flush(true)),
    async heal(missing) {
      let found = 0;
      for await (const entries of inBatches(missing(inherited))) {
        await bus.publish(entries.map(eventOf));
        await inTurn(() => flush(true));
        found += entries.length;
        // What is not compared now, the next start compares.
        if (stopping) return found;
      }
      compared = true;
      remember();
      return found;
    },
    stop() {
      stopping = true;
      return inTurn(() => flush(false));
    },
  };
}

async function* inBatches(entries: AsyncIterable<Entry>): AsyncIterable<Entry[]> {
  let batch: Entry[] = [];
  for await (const entry of entries) {
    batch.push(entry);
    if (batch.length < HEAL_BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
