import type { PicoUsd } from "./money.ts";
import type { Usage } from "./usage.ts";

/**
 * How a request ended. `completed`: charged for what was used. `failed`: nothing is owed. `broken`: the upstream broke
 * after some output. `suspense`: the outcome is unknown, nothing is charged, the operator may owe. `expired`: ended by
 * the sweeper. `aborted`: the function reached its deadline and stopped the upstream.
 */
export type Outcome = "completed" | "failed" | "broken" | "suspense" | "expired" | "aborted";

/** What settling a request writes down, apart from money: it becomes a ledger entry word for word. */
export interface ChargeFacts {
  readonly requestId: string;
  readonly keyId: string;
  readonly model: string;
  readonly provider: string;
  /** Routes that were called before and gave no answer: `openai:429 azure:connect`, cut to 40 characters. */
  readonly tried?: string | undefined;
  readonly outcome: Outcome;
  readonly usage: Usage;
  /** The usage was estimated from the text received, since the provider gave none. */
  readonly estimated: boolean;
  readonly catalogVersion: string;
  /** ISO 8601 with milliseconds, UTC. */
  readonly createdAt: string;
  readonly latencyMs: number;
  readonly timeToFirstTokenMs?: number | undefined;
  /** The client's own label, for charging back to teams: at most 64 characters. */
  readonly tag?: string | undefined;
  /** Of the body, for a request that came with an `Idempotency-Key`. */
  readonly fingerprint?: string | undefined;
  /** What was set aside. */
  readonly holdPicoUsd?: PicoUsd | undefined;
  /** What the provider asks of the operator for this usage, at the catalog's costs. */
  readonly upstreamCostPicoUsd?: PicoUsd | undefined;
  /** Of the error that the client was answered with. */
  readonly errorCode?: string | undefined;
  /** What the operator may owe the provider, for an outcome nobody knows: never more than the hold. */
  readonly possibleCostPicoUsd?: PicoUsd | undefined;
}

export type EntryType = "charge" | "topup" | "refund" | "adjustment" | "late";

/** One immutable ledger line. `amountPicoUsd` is what `posted` moved by: negative for a charge. */
export interface Entry {
  readonly accountId: string;
  readonly entryId: string;
  readonly type: EntryType;
  readonly amountPicoUsd: PicoUsd;
  /** The part of a cost that nothing was left to pay with. */
  readonly writeOffPicoUsd: PicoUsd;
  /** What was paid on top of a top-up, or paid back with a refund (negative). No balance moves by it. */
  readonly feePicoUsd?: PicoUsd | undefined;
  readonly createdAt: string;
  readonly charge?: ChargeFacts | undefined;
  /** Why an operator made it. */
  readonly reason?: string | undefined;
}
