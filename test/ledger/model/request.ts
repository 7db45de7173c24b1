/** The gateway serving one request: HOLD, the upstream call, SETTLE (with "over" and LATE) or RELEASE, DRAIN. */
import { breachOf } from "./breaches.ts";
import { type Credit, creditSteps, drainSteps } from "./credit.ts";
import { holdOf, type Protocol, planOf } from "./protocol.ts";
import { type Entry, type Hold, lateId, type RequestActor, type World } from "./state.ts";
import { type Program, type Step, send, step } from "./step.ts";
import {
  chargeHoldWrite,
  holdWrite,
  releaseWrite,
  settleWrite,
  takeAllWrite,
  takeExcessWrite,
} from "./writes.ts";

/** Where a request can stand. */
export const at = {
  holding: 0,
  holdRefused: 1,
  held: 2,
  releasing: 3,
  settling: 4,
  settleRefused: 5,
  settleUnsure: 6,
  takingAll: 7,
  chargingHold: 8,
  lateFirst: 9,
  lateSecond: 10,
  lateApply: 11,
  drainFirst: 12,
  drainSecond: 13,
  /** Only for a request with an Idempotency-Key. */
  lookingForTwin: 14,
  /** The client has its answer and the cost is charged. */
  answered: 15,
  /** Refused, released, given up or crashed: nothing more will come from this actor. */
  over: 16,
} as const;

type Place = (typeof at)[keyof typeof at];

export function requestProgram(protocol: Protocol): Program<RequestActor> {
  const [lateFirst, lateSecond, lateApply] = creditSteps<RequestActor>(
    protocol,
    (actor) => lateCharge(protocol, actor),
    { first: at.lateFirst, second: at.lateSecond, apply: at.lateApply, drain: at.drainFirst },
    (actor) => finish(actor, at.answered),
    protocol.keeps("late.creditIdempotent"),
  );
  const [drainFirst, drainSecond] = drainSteps<RequestActor>(
    protocol,
    { first: at.drainFirst, second: at.drainSecond },
    (actor) => finish(actor, at.answered),
  );
  const accountFirst = protocol.keeps("settle.readOrder");
  const byPlace: Record<Place, readonly Step<RequestActor>[]> = {
    [at.holding]: holding(protocol),
    [at.holdRefused]: [holdRefused(protocol)],
    [at.held]: held(protocol),
    [at.releasing]: releasing(protocol),
    [at.settling]: settling(protocol),
    [at.settleRefused]: [accountFirst ? readsAccount(protocol) : readsLedger(protocol)],
    [at.settleUnsure]: [accountFirst ? readsLedger(protocol) : readsAccount(protocol)],
    [at.takingAll]: takingAll(protocol),
    [at.chargingHold]: chargingHold(protocol),
    [at.lateFirst]: lateFirst,
    [at.lateSecond]: lateSecond,
    [at.lateApply]: lateApply,
    [at.drainFirst]: drainFirst,
    [at.drainSecond]: drainSecond,
    [at.lookingForTwin]: [looksForTwin()],
    [at.answered]: [],
    [at.over]: [],
  };
  const crash = step<RequestActor>("crashes or gives up", (_, actor) => finish(actor, at.over));
  return Object.values(byPlace).map((steps, place) => (place < at.answered ? [...steps, crash] : []));
}

export function finish(actor: RequestActor, place: typeof at.answered | typeof at.over): void {
  actor.at = place;
  actor.count = 0;
  actor.part = 0;
  actor.entry = null;
  actor.attempt = 0;
  actor.hold = null;
  actor.stamp = 0;
  actor.tries = 0;
  actor.seen = 0;
}

/** Each try of HOLD writes its own attempt number, in the month in which it is sent. */
function holding(protocol: Protocol): readonly Step<RequestActor>[] {
  const nextHold = (world: World, actor: RequestActor) => {
    const plan = planOf(protocol, actor.index);
    const period = plan.limit === undefined ? -1 : world.month;
    const amount = plan.amounts[actor.attempt] ?? 0;
    return holdOf(protocol, actor.index, amount, period, firstAttempt(protocol, actor) + actor.attempt);
  };
  return send(protocol, (world, actor) => holdWrite(protocol, nextHold(world, actor)), {
    when: (world, actor) => {
      const { amounts, limit } = planOf(protocol, actor.index);
      const amount = amounts[actor.attempt];
      const tooLate = world.expired[actor.index] === 1 && protocol.keeps("hold.notSentAfterExpiry");
      if (amount === undefined || tooLate) return false;
      return limit === undefined || limit >= amount || !protocol.keeps("key.amountWithinLimit");
    },
    applied: (world, actor) => {
      holdIs(protocol, world, actor, nextHold(world, actor));
    },
    refused: (world, actor) => {
      if (!protocol.keeps("hold.adoptsStoredString")) actor.hold = nextHold(world, actor);
      actor.attempt += 1;
      actor.at = at.holdRefused;
    },
    unanswered: (world, actor) => {
      if (!protocol.keeps("dispatch.holdKnown")) holdIs(protocol, world, actor, nextHold(world, actor));
      else actor.attempt += 1;
    },
  });
}

/** The attempts of twins never have equal names. */
function firstAttempt(protocol: Protocol, actor: RequestActor): number {
  return 1 + actor.twin * planOf(protocol, actor.index).amounts.length;
}

function isOwn(protocol: Protocol, actor: RequestActor, hold: Hold): boolean {
  if (!protocol.scenario.twins || !protocol.keeps("twins.adoptsOwnAttempt")) return true;
  const first = firstAttempt(protocol, actor);
  return hold.attempt >= first && hold.attempt < first + planOf(protocol, actor.index).amounts.length;
}

function holdIs(protocol: Protocol, world: World, actor: RequestActor, hold: Hold): void {
  actor.hold = hold;
  actor.stamp = world.stamps[actor.index] ?? 0;
  actor.attempt = 0;
  const checks = protocol.scenario.twins && protocol.keeps("twins.ledgerChecked");
  actor.at = checks ? at.lookingForTwin : at.held;
}

/** HOLD's own condition sees a twin that is open or in the outbox; one that ended before is in the Ledger. */
function looksForTwin(): Step<RequestActor> {
  return step("reads the Ledger for a twin that ended", (world, actor) => {
    actor.at = world.ledger[actor.index] === null ? at.held : at.releasing;
  });
}

/** A separate read, as on a store that returns no item with a refusal; ALL_OLD is the case where nothing came between. */
function holdRefused(protocol: Protocol): Step<RequestActor> {
  return step("reads the account after HOLD was refused", (world, actor) => {
    const stored = world.holds[actor.index] ?? null;
    const { amounts } = planOf(protocol, actor.index);
    // Asking for less may succeed where the same again would not.
    const asksForLess = (amounts[actor.attempt] ?? Infinity) < (amounts[actor.attempt - 1] ?? 0);
    if (stored !== null && isOwn(protocol, actor, stored)) {
      holdIs(protocol, world, actor, actor.hold ?? stored);
    } else if (stored === null && asksForLess) {
      actor.at = at.holding;
    } else {
      finish(actor, at.over);
    }
  });
}

function held(protocol: Protocol): readonly Step<RequestActor>[] {
  return [
    step("is called upstream, and is answered", (world, actor) => {
      if (world.dispatched[actor.index] === 1) world.breach = breachOf("6: called upstream twice");
      world.dispatched[actor.index] = 1;
      actor.at = at.settling;
    }),
    step("ends before anything is dispatched", (_, actor) => {
      actor.at = at.releasing;
    }),
    ...(protocol.keeps("release.nothingDispatched")
      ? []
      : [
          step<RequestActor>("is called upstream, and releases", (world, actor) => {
            world.dispatched[actor.index] = 1;
            actor.at = at.releasing;
          }),
        ]),
  ];
}

function releasing(protocol: Protocol): readonly Step<RequestActor>[] {
  const done = (_: World, actor: RequestActor) => finish(actor, at.over);
  return send(protocol, (_, actor) => releaseWrite(protocol, holdIn(actor), actor.stamp), {
    applied: done,
    refused: done,
    unanswered: () => undefined,
  });
}

const settleThen = {
  applied: (world: World, actor: RequestActor) => {
    const record = world.outbox[actor.index] ?? null;
    if (record === null) throw new Error("SETTLE was applied and left no record");
    drain(actor, record);
  },
  refused: (_: World, actor: RequestActor) => {
    actor.at = at.settleRefused;
  },
  unanswered: () => undefined,
};

function settling(protocol: Protocol): readonly Step<RequestActor>[] {
  const write = (_: World, actor: RequestActor) => {
    const hold = holdIn(actor);
    const covered = planOf(protocol, actor.index).cost <= hold.amount;
    return (covered ? settleWrite : takeExcessWrite)(protocol, hold, actor.stamp);
  };
  return send(protocol, write, settleThen);
}

function takingAll(protocol: Protocol): readonly Step<RequestActor>[] {
  return send(
    protocol,
    (_, actor) => takeAllWrite(protocol, holdIn(actor), actor.stamp, actor.seen),
    settleThen,
  );
}

function chargingHold(protocol: Protocol): readonly Step<RequestActor>[] {
  return send(protocol, (_, actor) => chargeHoldWrite(protocol, holdIn(actor), actor.stamp), settleThen);
}

/** After a refused SETTLE: tells "already mine" from "refused for lack of money" from "ended by the sweeper". */
function readsAccount(protocol: Protocol): Step<RequestActor> {
  return step("reads the account after SETTLE was refused", (world, actor) => {
    const record = world.outbox[actor.index] ?? null;
    const mine =
      world.holds[actor.index] === actor.hold && world.stamps[actor.index] === actor.stamp && record === null;
    if (mine) nextOver(protocol, world, actor);
    else settleFound(protocol, world, actor, record);
  });
}

/** Neither hold nor record in the account: then the Ledger has the end, for DRAIN puts it there before it clears. */
function readsLedger(protocol: Protocol): Step<RequestActor> {
  return step("reads the Ledger after SETTLE was refused", (world, actor) => {
    settleFound(protocol, world, actor, world.ledger[actor.index] ?? null);
  });
}

function settleFound(protocol: Protocol, world: World, actor: RequestActor, end: Entry | null): void {
  if (end === null && actor.at === at.settleRefused) {
    actor.at = at.settleUnsure;
  } else if (end === null) {
    world.breach = breachOf("6: a settle found neither its hold nor an end");
    finish(actor, at.over);
  } else if (end.outcome === "expired" || !protocol.keeps("late.onlyIfExpired")) {
    actor.at = at.lateFirst;
    actor.tries = 0;
    actor.seen = 0;
  } else {
    drain(actor, end);
  }
}

/** Twice is a success: if the sweeper has drained it too, both writes find nothing to do. */
function drain(actor: RequestActor, entry: Entry): void {
  finish(actor, at.answered);
  actor.at = at.drainFirst;
  actor.entry = entry;
}

/** The hold is still there, so money was short: the second step of "over" while tries last, then the third. */
function nextOver(protocol: Protocol, world: World, actor: RequestActor): void {
  const excess = planOf(protocol, actor.index).cost - holdIn(actor).amount;
  const covered = world.available >= excess && protocol.keeps("over.seenBelowExcess");
  actor.seen = 0;
  if (actor.tries === protocol.scenario.overTries) {
    actor.at = at.chargingHold;
  } else if (covered) {
    actor.tries += 1;
    actor.at = at.settling;
  } else {
    actor.tries += 1;
    actor.seen = world.available;
    actor.at = at.takingAll;
  }
}

function lateCharge(protocol: Protocol, actor: RequestActor): Credit {
  return {
    id: lateId(protocol.scenario.requests.length, actor.index),
    amount: -planOf(protocol, actor.index).cost,
    period: holdIn(actor).period,
  };
}

function holdIn(actor: RequestActor): Hold {
  if (actor.hold === null) throw new Error(`request ${actor.index + 1} stands at ${actor.at} without a hold`);
  return actor.hold;
}
