/**
 * One state of the model: the two items the store keeps, what is on the network, and where every actor stands.
 * Money is a small whole number here; what matters is who gets it, not how much there is.
 */

/** What a hold string says: `amount|expiresAtMs|keyId|keyPeriod|model|catalogVersion|attempt`. Equal strings are one object. */
export interface Hold {
  readonly code: number;
  readonly request: number;
  readonly amount: number;
  /** Index of the key period that pays (0 this month, 1 the next), or -1 for a key without a limit. */
  readonly period: number;
  /** 1, 2, …; 0 when the mutant leaves it out. */
  readonly attempt: number;
}

export type Outcome = "settled" | "expired" | "credited";

/** An outbox record, and the Ledger entry it becomes. `amount` is what posted moved by. Equal entries are one object. */
export interface Entry {
  readonly code: number;
  readonly id: number;
  readonly outcome: Outcome;
  readonly amount: number;
  readonly writeOff: number;
  readonly period: number;
  /** What the hold had set aside; 0 for a credit. */
  readonly held: number;
}

/** A conditional write on one item. Equal writes are one object, so a write's code is its place in `World.sent`. */
export interface Write {
  readonly code: number;
  readonly name: string;
  /** The request whose HOLD this is, or -1 for any other write. */
  readonly holdOf: number;
  /** Whether its condition holds. */
  readonly possible: (world: World) => boolean;
  /** What it does when it holds. */
  readonly effect: (world: World) => void;
}

/** What a caller of CREDIT and DRAIN remembers between its steps. */
export interface Caller {
  at: number;
  /** `credits` and the signed amount to post, as computed from the account that was read. */
  count: number;
  part: number;
  /** The record on its way to the Ledger. */
  entry: Entry | null;
}

/** The gateway serving one request. */
export interface RequestActor extends Caller {
  /** The request id. Two actors share it only where the scenario has twins. */
  readonly index: number;
  /** 0, or 1 for the second of twins: the part of the attempt that tells whose it is. */
  readonly twin: number;
  attempt: number;
  hold: Hold | null;
  stamp: number;
  /** Tries at the second step of "over", and the `available` it saw. */
  tries: number;
  seen: number;
}

export interface Sweeper extends Caller {
  hold: Hold | null;
  stamp: number;
}

export interface World {
  // The account item
  available: number;
  posted: number;
  writeOff: number;
  sequence: number;
  credits: number;
  suspended: number;
  revoked: number;
  readonly holds: (Hold | null)[];
  /** Only where the scenario is `stamped`: the sequence at which the hold of that request landed. */
  readonly stamps: number[];
  readonly outbox: (Entry | null)[];
  readonly keySpend: (number | null)[];
  // The Ledger
  readonly ledger: (Entry | null)[];
  // Time: which month it is, and which requests' expiry has passed
  month: number;
  readonly expired: number[];
  // The network: one bit for every write that may still land
  readonly sent: Uint8Array;
  // Actors
  readonly requests: RequestActor[];
  readonly sweepers: Sweeper[];
  readonly deliverers: Caller[];
  // What only the judge knows: who was called upstream, and an index into `breaches` (0: none)
  readonly dispatched: number[];
  breach: number;
}

/** How many distinct writes `World.sent` has room for. */
export const writeCapacity = 128;

/** Ids in the Ledger: request r, then its late charge, then the one credit of the scenario. */
export function lateId(requests: number, request: number): number {
  return requests + request;
}
export function creditId(requests: number): number {
  return 2 * requests;
}

export function newWorld(sizes: {
  requests: number;
  twins: boolean;
  sweepers: number;
  deliverers: number;
}): World {
  const each = (length: number) => Array.from({ length }, (_, index) => index);
  const ids = creditId(sizes.requests) + 1;
  const caller = () => ({ at: 0, count: 0, part: 0, entry: null });
  return {
    available: 0,
    posted: 0,
    writeOff: 0,
    sequence: 0,
    credits: 0,
    suspended: 0,
    revoked: 0,
    holds: each(sizes.requests).map(() => null),
    stamps: each(sizes.requests).map(() => 0),
    outbox: each(ids).map(() => null),
    keySpend: [null, null],
    ledger: each(ids).map(() => null),
    month: 0,
    expired: each(sizes.requests).map(() => 0),
    sent: new Uint8Array(writeCapacity / 8),
    requests: each(sizes.requests).flatMap((index) => {
      const actor = (twin: number) => {
        return { ...caller(), index, twin, attempt: 0, hold: null, stamp: 0, tries: 0, seen: 0 };
      };
      return sizes.twins ? [actor(0), actor(1)] : [actor(0)];
    }),
    sweepers: each(sizes.sweepers).map(() => ({ ...caller(), hold: null, stamp: 0 })),
    deliverers: each(sizes.deliverers).map(caller),
    dispatched: each(sizes.requests).map(() => 0),
    breach: 0,
  };
}

export function isSent(world: World, code: number): boolean {
  return ((world.sent[code >> 3] ?? 0) & (1 << (code & 7))) !== 0;
}
export function addSent(world: World, code: number): void {
  world.sent[code >> 3] = (world.sent[code >> 3] ?? 0) | (1 << (code & 7));
}
export function dropSent(world: World, code: number): void {
  world.sent[code >> 3] = (world.sent[code >> 3] ?? 0) & ~(1 << (code & 7));
}

/** Hands out one object per distinct value, numbered from 0, so that a state can name it in one byte. */
export class Interned<T> {
  readonly all: T[] = [];
  readonly #byKey = new Map<number, T>();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** @param parts whole numbers from -16 to 111, at most seven: together they are the value's identity */
  of(parts: readonly number[], make: (code: number) => T): T {
    let key = 0;
    for (const part of parts) key = key * 128 + part + 16;
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    if (this.all.length === this.#capacity) throw new Error(`more than ${this.#capacity} distinct values`);
    const made = make(this.all.length);
    this.#byKey.set(key, made);
    this.all.push(made);
    return made;
  }
}
