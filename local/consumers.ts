import { RULES } from "../lambda/adapters/eventbridge/rules.ts";
import type { ObjectStore } from "../lambda/core/ports.ts";
import { watchBalance } from "../lambda/usage/low-balance/watch-balance.ts";
import { rollUp } from "../lambda/usage/rollup/roll-up.ts";
import { createLocalBus, type DeadLetter, type LocalBus, type Target } from "./bus.ts";
import type { ConsumerStores } from "./consumer-stores.ts";
import { createLakeWriter, type LakeWriter } from "./lake-writer.ts";

export interface ConsumerOptions {
  readonly objects: ObjectStore;
  /** Where totals and crossings are kept; absent: nobody asks for them. */
  readonly stores?: ConsumerStores | undefined;
  pause(milliseconds: number): Promise<void>;
  /** Of a lake file: its time and something random, so that no two are alike and they sort by time. */
  newName(): string;
  bury(letter: DeadLetter): void;
  /** What else listens. */
  readonly targets?: readonly Target[] | undefined;
  /** So many rows wait to be written. */
  onRows?(waiting: number): void;
}

/** Totals are computed from a whole hour's entries, however few are new. */
const ROLLUPS_GATHER_MS = 2_000;

/** A bus with everything that listens to it, by the rules that the stack deploys. */
export function createConsumers(options: ConsumerOptions): { bus: LocalBus; lake: LakeWriter } {
  const lake = createLakeWriter(options.objects, options.newName);
  const bus: LocalBus = createLocalBus(
    [
      {
        name: "lake",
        pattern: RULES.lake,
        async take(events) {
          const waiting = lake.take(events);
          options.onRows?.(waiting);
        },
      },
      ...(options.stores ? [rollups(options.stores), lowBalance(options.stores, () => bus)] : []),
      ...(options.targets ?? []),
    ],
    options,
  );
  return { bus, lake };
}

function rollups({ rollUps }: ConsumerStores): Target {
  return {
    name: "rollups",
    pattern: RULES.rollups,
    gatherMs: ROLLUPS_GATHER_MS,
    async take(events) {
      const usage = events.flatMap(({ type, detail }) => (type === "usage.settled" ? [detail] : []));
      const [unfinished] = (await rollUp(rollUps, usage)).values();
      if (unfinished) throw unfinished;
    },
  };
}

function lowBalance({ balances }: ConsumerStores, bus: () => LocalBus): Target {
  return {
    name: "low-balance",
    pattern: RULES.lowBalance,
    async take(events) {
      const world = { balances, bus: bus(), nowMs: () => Date.now() };
      for (const accountId of new Set(events.map(({ detail }) => detail.account_id))) {
        await watchBalance(world, accountId);
      }
    },
  };
}
