import fc from "fast-check";

/** How many accounts and keys a sequence plays with: few, so that they meet. */
export const ACCOUNTS = 2;
const KEYS = 2;

/** What becomes of a request once its hold is taken; decided with the hold, and the same whenever it is tried again. */
export type Fate = "settle" | "release" | "abandon";

export type Operation =
  | {
      readonly kind: "hold";
      readonly account: number;
      readonly key: number;
      readonly amount: bigint;
      /** A third of the holds run over, up to twice the amount. */
      readonly costPercent: number;
      readonly fate: Fate;
      readonly limit: { readonly period: "total" | "month"; readonly amount: bigint } | undefined;
      /** Two callers with the same request id, at once. */
      readonly twice: boolean;
    }
  /** Which of the requests that are held, or were, counted from the newest. */
  | { readonly kind: "end"; readonly request: number }
  | { readonly kind: "credit"; readonly account: number; readonly payment: number }
  | { readonly kind: "drain"; readonly account: number }
  | { readonly kind: "sweep" };

/** An operation, and after how many calls to the store its process dies, if it does. */
export interface Planned {
  readonly operation: Operation;
  readonly diesAfterCalls: number | undefined;
}

/** What changes between two batches, when nothing is under way but late calls. */
export type Change =
  | { readonly kind: "none" }
  /** Records become stale; late calls may land still. */
  | { readonly kind: "minute" }
  /** Open holds expire; no late call may land any more. */
  | { readonly kind: "expiry" }
  | { readonly kind: "month" }
  | { readonly kind: "status"; readonly account: number; readonly status: "active" | "suspended" }
  | { readonly kind: "revoke"; readonly account: number; readonly key: number };

export interface Step {
  readonly change: Change;
  /** Done at once. */
  readonly batch: readonly Planned[];
}

export interface Sequence {
  readonly seed: number;
  readonly faultProbability: number;
  readonly steps: readonly Step[];
}

const account = fc.nat(ACCOUNTS - 1);
const key = fc.nat(KEYS - 1);

const anyHold = fc.record({
  kind: fc.constant("hold" as const),
  account,
  key,
  amount: fc.bigInt({ min: 0n, max: 300n }),
  costPercent: fc.oneof(fc.nat(100), fc.nat(100), fc.integer({ min: 101, max: 300 })),
  fate: fc.constantFrom<Fate>("settle", "settle", "settle", "release", "abandon"),
  limit: fc.option(
    fc.record({
      period: fc.constantFrom("total" as const, "month" as const),
      amount: fc.bigInt({ min: 100n, max: 900n }),
    }),
    { nil: undefined },
  ),
  twice: fc.boolean(),
});

const anyOperation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 4, arbitrary: anyHold },
  { weight: 7, arbitrary: fc.record({ kind: fc.constant("end" as const), request: fc.nat(4) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("credit" as const), account, payment: fc.nat(5) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("drain" as const), account }) },
  { weight: 1, arbitrary: fc.constant({ kind: "sweep" as const }) },
);

const anyPlanned = fc.record({
  operation: anyOperation,
  diesAfterCalls: fc.oneof(
    { weight: 9, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.nat(4) },
  ),
});

const anyChange: fc.Arbitrary<Change> = fc.oneof(
  { weight: 14, arbitrary: fc.constant({ kind: "none" as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: "minute" as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: "expiry" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "month" as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("status" as const),
      account,
      status: fc.constantFrom("active" as const, "active" as const, "suspended" as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("revoke" as const), account, key }) },
);

export const anySequence: fc.Arbitrary<Sequence> = fc.record({
  seed: fc.nat(),
  faultProbability: fc.constantFrom(0.1, 0.3, 0.6),
  steps: fc.array(
    fc.record({ change: anyChange, batch: fc.array(anyPlanned, { minLength: 1, maxLength: 6 }) }),
    { minLength: 4, maxLength: 16, size: "max" },
  ),
});
