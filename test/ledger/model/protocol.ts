/** What the parts of one model share: the scenario, which rule is switched off, and the values seen so far. */
import type { GuardName } from "./guards.ts";
import {
  type Entry,
  type Hold,
  Interned,
  type Outcome,
  type World,
  type Write,
  writeCapacity,
} from "./state.ts";

export interface Scenario {
  readonly name: string;
  readonly about: string;
  readonly openingBalance: number;
  readonly requests: readonly RequestPlan[];
  /** One top-up (positive) or adjustment (negative), delivered by each of `deliverers` on its own. */
  readonly credit?: { readonly amount: number; readonly deliverers: number };
  readonly sweepers: number;
  /** `:max` of holds and of outbox records. */
  readonly maxRecords: number;
  /** A write may stay unanswered, and may land late and again. Otherwise only crashes happen. */
  readonly faultyNetwork: boolean;
  /** A hold may expire while its request is alive, against what its deadline promises: LATE must cope. */
  readonly late: boolean;
  /** The calendar month may turn, once. */
  readonly monthTurns: boolean;
  /** The operator may suspend the account and revoke the key. */
  readonly operator: boolean;
  /** Tries at the second step of "over" (the real code: three). */
  readonly overTries: number;
  /** Each request comes twice at once, with one Idempotency-Key and so with one id. */
  readonly twins: boolean;
  /** The network may deliver one and the same HOLD attempt again, until the hold's expiry. */
  readonly holdCopies: boolean;
  /** A cure for such copies: HOLD also does `SET stamps.#r = sequence`, and each later condition names that number. */
  readonly stamped: boolean;
}

export interface RequestPlan {
  /** What each attempt at HOLD asks for; when it shrinks, a refusal for lack of money moves on to the next. */
  readonly amounts: readonly number[];
  readonly cost: number;
  /** The key's limit; absent for a key without one. */
  readonly limit?: number;
}

export interface Protocol {
  readonly scenario: Scenario;
  readonly keeps: (guard: GuardName) => boolean;
  readonly holds: Interned<Hold>;
  readonly entries: Interned<Entry>;
  readonly writes: Interned<Write>;
}

export function newProtocol(scenario: Scenario, without?: GuardName): Protocol {
  return {
    scenario,
    keeps: (guard) => guard !== without,
    holds: new Interned(100),
    entries: new Interned(100),
    writes: new Interned(writeCapacity),
  };
}

export function planOf(protocol: Protocol, request: number): RequestPlan {
  const plan = protocol.scenario.requests[request];
  if (plan === undefined) throw new Error(`no request ${request}`);
  return plan;
}

export function holdOf(
  protocol: Protocol,
  request: number,
  amount: number,
  period: number,
  attempt: number,
): Hold {
  const named = protocol.keeps("hold.attemptNamed") ? attempt : 0;
  return protocol.holds.of([request, amount, period, named], (code) => {
    return { code, request, amount, period, attempt: named };
  });
}

const outcomes: readonly Outcome[] = ["settled", "expired", "credited"];

export function entryOf(protocol: Protocol, entry: Omit<Entry, "code">): Entry {
  const { id, outcome, amount, writeOff, period, held } = entry;
  return protocol.entries.of([id, outcomes.indexOf(outcome), amount, writeOff, period, held], (code) => {
    return { code, ...entry };
  });
}

/** The clauses of a condition by their names in guards.ts. */
type Conditions = Partial<Record<GuardName, (world: World) => boolean>>;

/** Where a kind of write begins its identity; the rest of `parts` says which of the kind. */
type WriteKind = keyof typeof kinds;
const kinds = {
  hold: 0,
  settle: 1,
  takeExcess: 2,
  takeAll: 3,
  chargeHold: 4,
  release: 5,
  sweepSettle: 6,
  sweepGiveBack: 7,
  put: 8,
  clear: 9,
  credit: 10,
} as const;

/** One UpdateItem or PutItem: every clause the mutant has not taken away must hold, then the effect happens as a whole. */
export function conditionalWrite(
  protocol: Protocol,
  kind: WriteKind,
  parts: readonly number[],
  describe: () => { name: string; holdOf?: number; conditions: Conditions; effect: (world: World) => void },
): Write {
  return protocol.writes.of([kinds[kind], ...parts], (code) => {
    const { name, holdOf = -1, conditions, effect } = describe();
    const clauses: ((world: World) => boolean)[] = [];
    for (const [guard, clause] of Object.entries(conditions)) {
      if (protocol.keeps(guard as GuardName)) clauses.push(clause);
    }
    const possible = (world: World) => {
      for (const clause of clauses) if (!clause(world)) return false;
      return true;
    };
    return { code, name, holdOf, possible, effect };
  });
}
