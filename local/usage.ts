import { randomBytes } from "node:crypto";
import { appendFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import type { Store } from "../lambda/adapters/dynamodb/store.ts";
import type { ObjectStore } from "../lambda/core/ports.ts";
import type { DeadLetter, LocalBus, Target } from "./bus.ts";
import type { ConsumerStores } from "./consumer-stores.ts";
import { createConsumers } from "./consumers.ts";
import { type EntriesOfAll, missingEntries } from "./missing-entries.ts";
import { createPipeline } from "./pipeline.ts";
import { type UnfinishedHours, unfinishedHoursIn } from "./unfinished-hours.ts";
import { watchedStore } from "./watched-store.ts";

const FLUSH_EVERY_MS = 5_000;
/** About two megabytes of rows. */
const FLUSH_AT_ROWS = 5_000;

export interface LocalUsageOptions {
  readonly objects: ObjectStore;
  readonly stores?: ConsumerStores | undefined;
  /** What listens to the bus beside usage. */
  readonly targets?: readonly Target[];
  readonly unfinished: UnfinishedHours;
  bury(letter: DeadLetter): void;
  /** What went wrong beside the requests, as a sentence for the person at the terminal. */
  report(message: string): void;
}

/** Usage on one machine: entries become events, and events rows of the lake. */
export interface LocalUsage {
  readonly bus: LocalBus;
  /** The store, with what reaches the ledger through it also published. */
  watch(store: Store, ledgerTable: string): Store;
  /** Brings into the lake what a crash kept from it. @returns how many charges that were. */
  heal(ledger: EntriesOfAll): Promise<number>;
  flush(): Promise<void>;
  stop(): Promise<void>;
}

export function startUsage({
  objects,
  stores,
  targets,
  unfinished,
  bury,
  report,
}: LocalUsageOptions): LocalUsage {
  const { bus, lake } = createConsumers({
    objects,
    stores,
    targets,
    pause: (milliseconds) => pause(milliseconds),
    newName: newLakeName,
    bury: (letter) => {
      report(`an event was put aside: ${letter.target} could not take it (${String(letter.cause)})`);
      bury(letter);
    },
    onRows: (waiting) => void (waiting >= FLUSH_AT_ROWS && flushQuietly()),
  });
  const pipeline = createPipeline({ bus, lake, unfinished });
  const tell = (problem: unknown) =>
    report(`usage did not reach the lake yet: ${problem instanceof Error ? problem.message : problem}`);
  const flushQuietly = () => pipeline.flush().catch(tell);
  const timer = setInterval(flushQuietly, FLUSH_EVERY_MS);
  return {
    bus,
    watch: (store, ledgerTable) => watchedStore(store, ledgerTable, pipeline, tell),
    heal: (ledger) => pipeline.heal((hours) => missingEntries(ledger, objects, hours)),
    flush: () => pipeline.flush(),
    async stop() {
      clearInterval(timer);
      await pipeline.stop();
    },
  };
}

/** `20261123T051500123Z-9f86d081`: files of an hour in order of when they were written. */
export function newLakeName(): string {
  const time = new Date().toISOString().replaceAll(/[-:.]/g, "");
  return `${time}-${randomBytes(4).toString("hex")}`;
}

/** What the usage of a data folder is kept in. */
export function usageFiles(file: (name: string) => string): Pick<LocalUsageOptions, "unfinished" | "bury"> {
  return {
    unfinished: unfinishedHoursIn(file("unfinished-hours.json")),
    bury: ({ target, event, cause }) => {
      const line = { at: new Date().toISOString(), target, cause: String(cause), ...event };
      appendFileSync(file("dead-letters.jsonl"), `${JSON.stringify(line)}\n`);
    },
  };
}
