/** CREDIT and DRAIN: the steps that a request (LATE), a webhook's deliverer and the sweeper share. */
import type { Protocol } from "./protocol.ts";
import type { Caller, World } from "./state.ts";
import { type Step, send, step } from "./step.ts";
import { clearWrite, creditEntry, creditWrite, putWrite } from "./writes.ts";

export interface Credit {
  readonly id: number;
  /** Signed; negative takes from the account. */
  readonly amount: number;
  /** The key period whose keySpend moves with a late charge, or -1. */
  readonly period: number;
}

/** DRAIN from the entry in `actor.entry`: two places, then `done`. An unanswered write is sent again. */
export function drainSteps<A extends Caller>(
  protocol: Protocol,
  places: { first: number; second: number },
  done: (actor: A) => void,
): [readonly Step<A>[], readonly Step<A>[]] {
  const entryOfActor = (actor: A) => {
    if (actor.entry === null) throw new Error("nothing to drain");
    return actor.entry;
  };
  const put = (_: World, actor: A) => putWrite(protocol, entryOfActor(actor));
  const clear = (_: World, actor: A) => clearWrite(protocol, entryOfActor(actor));
  const [first, second] = protocol.keeps("drain.entryBeforeClear") ? [put, clear] : [clear, put];
  const next = (_: World, actor: A) => {
    actor.at = places.second;
  };
  const finish = (_: World, actor: A) => {
    actor.entry = null;
    done(actor);
  };
  const again = () => undefined;
  return [
    // Already there: someone else drained it, which is as good.
    send(protocol, first, { applied: next, refused: next, unanswered: again }),
    send(protocol, second, { applied: finish, refused: finish, unanswered: again }),
  ];
}

/**
 * CREDIT steps 1 to 3 at the given places; the credit's record then waits in `actor.entry` for `drain`.
 * `idempotent` is false only in the mutant that posts a late charge without asking whether it is there.
 */
export function creditSteps<A extends Caller>(
  protocol: Protocol,
  creditOf: (actor: A) => Credit,
  places: { first: number; second: number; apply: number; drain: number },
  done: (actor: A) => void,
  idempotent = true,
): [readonly Step<A>[], readonly Step<A>[], readonly Step<A>[]] {
  const go = (actor: A, place: number) => {
    actor.at = place;
    actor.count = 0;
    actor.part = 0;
  };
  const readAccount = (next: number): Step<A> =>
    step("reads the account", (world, actor) => {
      const { id, amount } = creditOf(actor);
      if (idempotent && protocol.keeps("credit.outboxChecked") && world.outbox[id] !== null) {
        return done(actor);
      }
      actor.at = next;
      actor.count = world.credits;
      actor.part = Math.max(amount, -world.available);
    });
  const readLedger = (next: number): Step<A> =>
    step("reads the Ledger", (world, actor) => {
      const { id } = creditOf(actor);
      if (idempotent && protocol.keeps("credit.ledgerChecked") && world.ledger[id] !== null) {
        return done(actor);
      }
      actor.at = next;
    });
  const restart = (_: World, actor: A) => go(actor, places.first);
  const inOrder = protocol.keeps("credit.readOrder");
  return [
    [inOrder ? readAccount(places.second) : readLedger(places.second)],
    [inOrder ? readLedger(places.apply) : readAccount(places.apply)],
    send(protocol, (_, actor) => creditWrite(protocol, creditOf(actor), actor.count, actor.part), {
      applied: (_, actor) => {
        actor.entry = creditEntry(protocol, creditOf(actor), actor.part);
        go(actor, places.drain);
      },
      refused: restart,
      unanswered: restart,
    }),
  ];
}
