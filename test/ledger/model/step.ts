/** An actor is a program: for every place it can stand at, the steps it may take next. */
import type { Protocol } from "./protocol.ts";
import { addSent, type World, type Write } from "./state.ts";

export interface Step<A> {
  readonly name: (world: World, actor: A) => string;
  /** Absent: always possible. */
  readonly when?: (world: World, actor: A) => boolean;
  readonly run: (world: World, actor: A) => void;
}

/** Indexed by `actor.at`. The first possible step is the one that a healthy actor on a healthy network takes. */
export type Program<A> = readonly (readonly Step<A>[])[];

/** A step that reads or decides, without a write. */
export function step<A>(name: string, run: Step<A>["run"], when?: Step<A>["when"]): Step<A> {
  return when === undefined ? { name: () => name, run } : { name: () => name, run, when };
}

/**
 * Sending a write, with all that the network may do to it. Answered: it was applied or refused at once, and a copy may land
 * again at any later time. Unanswered: it may land at any later time, once or often, or never. A lost request, a lost
 * response and a late duplicate are all among these.
 */
export function send<A>(
  protocol: Protocol,
  write: (world: World, actor: A) => Write,
  then: {
    when?: Step<A>["when"];
    applied: Step<A>["run"];
    refused: Step<A>["run"];
    unanswered: Step<A>["run"];
  },
): readonly Step<A>[] {
  const { faultyNetwork, holdCopies } = protocol.scenario;
  const when = then.when ?? (() => true);
  // A HOLD attempt lands once, and is the one write of which the network keeps no copy (`hold.sentOnce`).
  const copied = (sent: Write) =>
    sent.holdOf < 0 ? faultyNetwork : holdCopies || (faultyNetwork && !protocol.keeps("hold.sentOnce"));
  const answered: Step<A> = {
    name: (world, actor) => `${write(world, actor).name}, answered`,
    when,
    run: (world, actor) => {
      const sent = write(world, actor);
      if (copied(sent)) addSent(world, sent.code);
      if (sent.possible(world)) {
        sent.effect(world);
        then.applied(world, actor);
      } else {
        then.refused(world, actor);
      }
    },
  };
  const unanswered: Step<A> = {
    name: (world, actor) => `${write(world, actor).name}, no answer`,
    when,
    run: (world, actor) => {
      addSent(world, write(world, actor).code);
      then.unanswered(world, actor);
    },
  };
  return faultyNetwork ? [answered, unanswered] : [answered];
}
