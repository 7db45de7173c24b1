/**
 * The ledger protocol as one transition system. From a state, every actor may take any of its steps, every write on the
 * network may land, time may pass; each step is one read or one conditional write, which is all that the stores promise
 * to do atomically. guards.ts lists the rules and what they stand for in the real code.
 */
import { type Codec, newCodec } from "./codec.ts";
import { delivererProgram } from "./deliverer.ts";
import { environment, landing, type Move } from "./environment.ts";
import type { GuardName } from "./guards.ts";
import { violationIn } from "./invariants.ts";
import { newProtocol, type Scenario } from "./protocol.ts";
import { violationAfterRecovery } from "./recovery.ts";
import { requestProgram } from "./request.ts";
import { newWorld, type World } from "./state.ts";
import type { Program } from "./step.ts";
import { sweeperProgram } from "./sweeper.ts";

export interface Model {
  readonly codec: Codec;
  readonly newWorld: () => World;
  /** Shows every move that is possible in `world` to `visit`, which must not change `world`. */
  readonly moves: (world: World, visit: (move: Move) => void) => void;
  /** The first broken invariant of a state; also of what recovery makes of it. `world` may be changed. */
  readonly judge: (world: World) => string | null;
}

/** @param without the rule that a mutant goes without */
export function newModel(scenario: Scenario, without?: GuardName): Model {
  const protocol = newProtocol(scenario, without);
  const sizes = {
    requests: scenario.requests.length,
    twins: scenario.twins,
    sweepers: scenario.sweepers,
    deliverers: scenario.credit?.deliverers ?? 0,
  };
  const programs = {
    request: requestProgram(protocol),
    sweeper: sweeperProgram(protocol),
    deliverer: delivererProgram(protocol),
  };
  const fresh = () => {
    const world = newWorld(sizes);
    world.available = scenario.openingBalance;
    world.posted = scenario.openingBalance;
    return world;
  };
  const sample = fresh();
  const actors = [
    ...sample.requests.map((_, i) =>
      bind(`request ${i + 1}`, programs.request, (world) => world.requests[i]),
    ),
    ...sample.sweepers.map((_, i) =>
      bind(`sweeper ${i + 1}`, programs.sweeper, (world) => world.sweepers[i]),
    ),
    ...sample.deliverers.map((_, i) => {
      return bind(`delivery ${i + 1}`, programs.deliverer, (world) => world.deliverers[i]);
    }),
  ];
  const surroundings = environment(protocol);
  const landings: Move[] = [];
  return {
    codec: newCodec(sample, protocol),
    newWorld: fresh,
    moves: (world, visit) => {
      for (const movesOf of actors) {
        for (const move of movesOf(world)) if (move.when(world)) visit(move);
      }
      for (const move of surroundings) if (move.when(world)) visit(move);
      for (let code = 0; code < protocol.writes.all.length; code++) {
        const write = protocol.writes.all[code];
        if (write === undefined) continue;
        const move = landings[code] ?? landing(protocol, write);
        landings[code] = move;
        if (move.when(world)) visit(move);
      }
    },
    judge: (world) => violationIn(protocol, world) ?? violationAfterRecovery(protocol, programs, world),
  };
}

/** One actor's program as moves of the world, by the place where it stands. */
function bind<A extends { readonly at: number }>(
  label: string,
  program: Program<A>,
  actorIn: (world: World) => A | undefined,
): (world: World) => readonly Move[] {
  const here = (world: World): A => {
    const actor = actorIn(world);
    if (actor === undefined) throw new Error(`no ${label}`);
    return actor;
  };
  const moves = program.map((steps) =>
    steps.map((step): Move => {
      const { when } = step;
      return {
        name: (world) => `${label}: ${step.name(world, here(world))}`,
        when: when === undefined ? () => true : (world) => when(world, here(world)),
        run: (world) => step.run(world, here(world)),
      };
    }),
  );
  return (world) => moves[here(world).at] ?? [];
}
