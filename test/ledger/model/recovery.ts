/**
 * The promise that a crash costs nothing: from any state at all, let every actor die and every hold expire. One sweeper
 * (and one more delivery of the credit) must then leave an account without holds, without outbox, and with every invariant.
 */
import { isDone, restart } from "./deliverer.ts";
import { violationIn } from "./invariants.ts";
import type { Protocol } from "./protocol.ts";
import { at, finish } from "./request.ts";
import type { Caller, Sweeper, World } from "./state.ts";
import type { Program } from "./step.ts";
import { rest } from "./sweeper.ts";

/** More steps than any sweep of these small accounts takes. */
const patience = 100;

/** Runs the recovery in `world`, which is changed. */
export function violationAfterRecovery(
  protocol: Protocol,
  programs: { readonly sweeper: Program<Sweeper>; readonly deliverer: Program<Caller> },
  world: World,
): string | null {
  for (const actor of world.requests) if (actor.at !== at.answered) finish(actor, at.over);
  for (const actor of world.sweepers) rest(actor);
  world.expired.fill(1);
  world.sent.fill(0);
  const [delivery] = world.deliverers;
  if (delivery !== undefined) {
    restart(delivery);
    run(programs.deliverer, world, delivery);
    if (!isDone(delivery)) return "3: after a crash a credit is never posted";
  }
  const [sweeper] = world.sweepers;
  if (sweeper === undefined) return null;
  run(programs.sweeper, world, sweeper);
  const violation = violationIn(protocol, world);
  if (violation !== null) return `${violation} (after a crash of all, and a sweep)`;
  if (world.holds.some((hold) => hold !== null))
    return "8: after a crash of all, and a sweep, a hold is left";
  if (world.outbox.some((record) => record !== null))
    return "3: after a crash of all, and a sweep, a record is left";
  return null;
}

/** Takes the first possible step, the one without faults, until there is none. */
function run<A extends { readonly at: number }>(program: Program<A>, world: World, actor: A): void {
  for (let i = 0; i < patience; i++) {
    const next = program[actor.at]?.find((step) => step.when === undefined || step.when(world, actor));
    if (next === undefined) return;
    next.run(world, actor);
  }
}
