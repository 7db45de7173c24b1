/** What happens without any actor: late deliveries, time, and the operator. */
import type { Protocol } from "./protocol.ts";
import { at } from "./request.ts";
import { dropSent, isSent, type World, type Write } from "./state.ts";

/** A step of the whole world. */
export interface Move {
  readonly name: (world: World) => string;
  readonly when: (world: World) => boolean;
  readonly run: (world: World) => void;
}

/** A write that was left on the network lands. HOLD is the one that lands only once (unless the scenario says otherwise). */
export function landing(protocol: Protocol, write: Write): Move {
  const once = write.holdOf >= 0 && !protocol.scenario.holdCopies && protocol.keeps("hold.sentOnce");
  return {
    name: () => `network: ${write.name} lands late`,
    // A refused write changes nothing, except that a HOLD is then gone: never landing comes to the same.
    when: (world) => isSent(world, write.code) && write.possible(world),
    run: (world) => {
      if (once) dropSent(world, write.code);
      write.effect(world);
    },
  };
}

export function environment(protocol: Protocol): readonly Move[] {
  const { requests, monthTurns, operator } = protocol.scenario;
  const moves: Move[] = requests.map((_, request) => expiry(protocol, request));
  if (monthTurns) {
    moves.push({
      name: () => "clock: the month turns",
      when: (world) => world.month === 0,
      run: (world) => {
        world.month = 1;
      },
    });
  }
  if (operator) {
    moves.push(
      {
        name: () => "operator: revokes the key",
        when: (world) => world.revoked === 0,
        run: (world) => {
          world.revoked = 1;
        },
      },
      {
        name: () => "operator: suspends the account",
        when: (world) => world.suspended === 0,
        run: (world) => {
          world.suspended = 1;
        },
      },
    );
  }
  return moves;
}

/** The hold's expiresAt passes. It is so far away that no HOLD of this request can land after it. */
function expiry(protocol: Protocol, request: number): Move {
  const { late } = protocol.scenario;
  return {
    name: () => `clock: the hold of request ${request + 1} expires`,
    when: (world) => {
      if (world.expired[request] === 1) return false;
      return late || world.requests.every((actor) => actor.index !== request || actor.at >= at.answered);
    },
    run: (world) => {
      world.expired[request] = 1;
      if (!protocol.keeps("hold.expiryAfterDuplicates")) return;
      for (const write of protocol.writes.all) if (write.holdOf === request) dropSent(world, write.code);
    },
  };
}
