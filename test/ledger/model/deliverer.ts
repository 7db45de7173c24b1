/** One delivery of a payment's webhook (or of an operator's adjustment). A crash means that it is delivered again. */
import { creditSteps, drainSteps } from "./credit.ts";
import type { Protocol } from "./protocol.ts";
import { type Caller, creditId } from "./state.ts";
import { type Program, step } from "./step.ts";

const at = { first: 0, second: 1, apply: 2, drainFirst: 3, drainSecond: 4, done: 5 } as const;

export function delivererProgram(protocol: Protocol): Program<Caller> {
  const { credit, requests } = protocol.scenario;
  if (credit === undefined) return [];
  const target = { id: creditId(requests.length), amount: credit.amount, period: -1 };
  const done = (actor: Caller) => finish(actor, at.done);
  const places = { first: at.first, second: at.second, apply: at.apply, drain: at.drainFirst };
  const steps = [
    ...creditSteps<Caller>(protocol, () => target, places, done),
    ...drainSteps<Caller>(protocol, { first: at.drainFirst, second: at.drainSecond }, done),
  ];
  const crash = step<Caller>("crashes, and is delivered again", (_, actor) => finish(actor, at.first));
  return [...steps.map((possible, place) => (place === at.first ? possible : [...possible, crash])), []];
}

function finish(actor: Caller, place: number): void {
  actor.at = place;
  actor.count = 0;
  actor.part = 0;
  actor.entry = null;
}

export function restart(actor: Caller): void {
  finish(actor, at.first);
}

export function isDone(actor: Caller): boolean {
  return actor.at === at.done;
}
