/** SWEEP: expired holds and stale outbox records. It remembers nothing; any failure sends it back to the start. */
import { drainSteps } from "./credit.ts";
import type { Protocol } from "./protocol.ts";
import { creditId, type Hold, type Sweeper, type World } from "./state.ts";
import { type Program, type Step, send, step } from "./step.ts";
import { show, sweepGiveBackWrite, sweepSettleWrite } from "./writes.ts";

const at = { idle: 0, holdSeen: 1, givingBack: 2, settling: 3, drainFirst: 4, drainSecond: 5 } as const;

export function sweeperProgram(protocol: Protocol): Program<Sweeper> {
  const drain = drainSteps<Sweeper>(protocol, { first: at.drainFirst, second: at.drainSecond }, rest);
  const giveBack = (_: World, actor: Sweeper) => sweepGiveBackWrite(protocol, holdIn(actor), actor.stamp);
  const settle = (_: World, actor: Sweeper) => sweepSettleWrite(protocol, holdIn(actor), actor.stamp);
  const toStart = (_: World, actor: Sweeper) => rest(actor);
  const then = { applied: toStart, refused: toStart, unanswered: toStart };
  const crash = step<Sweeper>("crashes", toStart);
  return [
    [...seesHold(protocol), ...seesRecord(protocol)],
    [readsLedger(protocol), crash],
    [...send(protocol, giveBack, then), crash],
    [...send(protocol, settle, then), crash],
    [...drain[0], crash],
    [...drain[1], crash],
  ];
}

export function rest(actor: Sweeper): void {
  actor.at = at.idle;
  actor.hold = null;
  actor.stamp = 0;
  actor.entry = null;
}

/** Reading the account, it finds a hold whose expiry has passed. */
function seesHold(protocol: Protocol): readonly Step<Sweeper>[] {
  return protocol.scenario.requests.map((_, request) => ({
    name: (world: World) => {
      const hold = world.holds[request] ?? null;
      return `sees hold ${hold === null ? "" : show(hold)} of request ${request + 1}`;
    },
    when: (world: World) =>
      world.holds[request] !== null && (world.expired[request] === 1 || !protocol.keeps("sweep.expired")),
    run: (world: World, actor: Sweeper) => {
      actor.hold = world.holds[request] ?? null;
      actor.stamp = world.stamps[request] ?? 0;
      actor.at = at.holdSeen;
    },
  }));
}

/** Or an outbox record. Its age of a minute only spares work: draining a younger one is harmless. */
function seesRecord(protocol: Protocol): readonly Step<Sweeper>[] {
  if (!protocol.keeps("sweep.drainsOutbox")) return [];
  const ids = creditId(protocol.scenario.requests.length) + 1;
  return Array.from({ length: ids }, (_, id) => ({
    name: () => `sees outbox record ${id + 1}`,
    when: (world: World) => world.outbox[id] !== null,
    run: (world: World, actor: Sweeper) => {
      actor.entry = world.outbox[id] ?? null;
      actor.at = at.drainFirst;
    },
  }));
}

function readsLedger(protocol: Protocol): Step<Sweeper> {
  return step("reads the Ledger", (world, actor) => {
    const ended = world.ledger[holdIn(actor).request] !== null && protocol.keeps("sweep.ledgerChecked");
    actor.at = ended ? at.givingBack : at.settling;
  });
}

function holdIn(actor: Sweeper): Hold {
  if (actor.hold === null) throw new Error(`a sweeper stands at ${actor.at} without a hold`);
  return actor.hold;
}
