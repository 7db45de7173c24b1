import { RULES } from "../lambda/adapters/eventbridge/rules.ts";
import type { ObjectStore } from "../lambda/core/ports.ts";
import { type RollupWorld, rollUp } from "../lambda/usage/rollup/roll-up.ts";
import { createLocalBus, type DeadLetter, type LocalBus, type Target } from "./bus.ts";
import { createLakeWriter, type LakeWriter } from "./lake-writer.ts";

export interface ConsumerOptions {
  readonly objects: ObjectStore;
  /** Where totals are kept; absent: nobody asks for them. */
  readonly rollUps?: RollupWorld | undefined;
  pause(milliseconds: number): Promise<void>;
  /** Of a lake file: its time and something random, so that no two are alike and they sort by time. */
  newName(): string;
  bury(letter: DeadLetter): void;
  /** So many rows wait to be written. */
  onRows?(waiting: number): void;
}

/** Totals are computed from a whole hour's entries, however few are new. */
const ROLLUPS_GATHER_MS = 2_000;

/** A bus with everything that listens to it, by the rules that the stack deploys. */
export function createConsumers(options: ConsumerOptions): { bus: LocalBus; lake: LakeWriter } {
  const lake = createLakeWriter(options.objects, options.newName);
  const bus = createLocalBus(
    [
      {
        name: "lake",
        pattern: RULES.lake,
        async take(events) {
          const waiting = lake.take(events);
          options.onRows?.(waiting);
        },
      },
      ...(options.rollUps ? [rollupsTarget(options.rollUps)] : []),
    ],
    options,
  );
  return { bus, lake };
}

function rollupsTarget(world: RollupWorld): Target {
  return {
    name: "rollups",
    pattern: RULES.rollups,
    gatherMs: ROLLUPS_GATHER_MS,
    async take(events) {
      const usage = events.flatMap(({ type, detail }) => (type === "usage.settled" ? [detail] : []));
      const [unfinished] = (await rollUp(world, usage)).values();
      if (unfinished) throw unfinished;
    },
  };
}
