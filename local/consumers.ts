import { RULES } from "../lambda/adapters/eventbridge/rules.ts";
import type { ObjectStore } from "../lambda/core/ports.ts";
import { createLocalBus, type DeadLetter, type LocalBus } from "./bus.ts";
import { createLakeWriter, type LakeWriter } from "./lake-writer.ts";

export interface ConsumerOptions {
  readonly objects: ObjectStore;
  pause(milliseconds: number): Promise<void>;
  /** Of a lake file: its time and something random, so that no two are alike and they sort by time. */
  newName(): string;
  bury(letter: DeadLetter): void;
  /** So many rows wait to be written. */
  onRows?(waiting: number): void;
}

/** A bus with everything that listens to it, by the rules that the stack deploys. */
export function createConsumers(options: ConsumerOptions): { bus: LocalBus; lake: LakeWriter } {
  const lake = createLakeWriter(options.objects, options.newName);
  const bus = createLocalBus(
    [
      {
        name: "lake",
        pattern: RULES.lake,
        take: async (events) => options.onRows?.(lake.take(events)),
      },
    ],
    options,
  );
  return { bus, lake };
}
