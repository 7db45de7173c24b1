import fc from "fast-check";
import { afterAll, beforeAll, test } from "vitest";
import { type LocalDynamo, startDynamo } from "../../local/dynamodb.ts";
import { expectSound } from "../adapters/dynamodb/invariants.ts";
import { type LedgerWorld, openWorld, readAccountOf } from "../adapters/dynamodb/ledger-world.ts";
import { NO_FAULTS, randomFaults } from "../fakes/fault-plans.ts";
import { FAULT_KINDS } from "../fakes/faulty-proxy.ts";
import { Play } from "./play.ts";
import { anySequence, type Sequence } from "./sequences.ts";

/** `WLROUTER_SEED=… vitest run test/ledger/ledger-properties.test.ts` plays the same sequences and faults again. */
const SEED = Number(process.env["WLROUTER_SEED"] ?? Date.now() % 2 ** 31);
const SEQUENCES = Number(process.env["WLROUTER_SEQUENCES"] ?? 40);
/** A limit that ends what hangs; a sequence takes half a second. */
const LIMIT_MS = 60_000 + 10_000 * SEQUENCES;

const total = { sequences: 0, operations: 0, calls: 0, requests: 0, charged: 0, credited: 0 };
const faults: Record<string, number> = {};

let dynamo: LocalDynamo;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.close());

test(
  "Whatever is done at once, lost, late or killed: every acknowledged charge and credit is there once, and nothing else.",
  async () => {
    try {
      await fc.assert(fc.asyncProperty(anySequence, playSequence), {
        seed: SEED,
        numRuns: SEQUENCES,
        // Calls at once arrive in the machine's order, so a shorter sequence need not fail in the same way.
        endOnFailure: true,
      });
    } finally {
      console.log(`ledger properties, WLROUTER_SEED=${SEED}:`, JSON.stringify({ ...total, faults }));
    }
  },
  LIMIT_MS,
);

async function playSequence({ seed, faultProbability, steps }: Sequence): Promise<void> {
  // A network of its own for each sequence, so that nothing late lands in the next one.
  const world = await openWorld(async () => ({ ...dynamo, close: async () => {} }), {
    seed,
    lateByAtMost: 20,
  });
  try {
    const play = new Play(world);
    await play.open();
    for (const { change, batch } of steps) {
      world.proxy.plan = randomFaults(faultProbability, FAULT_KINDS);
      await play.change(change);
      await Promise.all(batch.map((planned) => play.run(planned)));
      await play.check();
      total.operations += batch.length;
    }
    world.proxy.plan = NO_FAULTS;
    for (const accountId of await play.recover()) {
      const entries = await expectSound(world, accountId);
      play.reference.judge(await readAccountOf(world, accountId), entries);
    }
    count(play, world);
  } finally {
    await world.close();
  }
}

function count({ reference }: Play, { proxy }: LedgerWorld): void {
  total.sequences += 1;
  total.calls += proxy.calls;
  total.requests += reference.requests.length;
  total.charged += reference.requests.filter(({ acknowledged }) => acknowledged.length > 0).length;
  total.credited += [...reference.credits.values()].filter(({ acknowledged }) => acknowledged).length;
  for (const kind of FAULT_KINDS) faults[kind] = (faults[kind] ?? 0) + proxy.faults[kind];
}
