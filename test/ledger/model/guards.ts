/**
 * Read this first: every rule of the ledger protocol (design section 3) by the name the model knows it under, the clause
 * of the real expression or the rule of the real code that it stands for, and the scenario in which leaving it out is
 * found. A mutant is the protocol with one of these switched off; the test demands that every mutant breaks an invariant.
 */

/** One rule: `clause` as the adapter writes it, `foundIn` the scenario whose exploration catches its absence. */
export interface Guard {
  readonly clause: string;
  readonly foundIn: string;
}

const table = {
  // HOLD
  "hold.accountActive": ["status = active", "operator"],
  "hold.keyNotRevoked": ["NOT contains(revokedKeys, :key)", "operator"],
  "hold.enoughAvailable": ["available >= :a", "two-requests"],
  "hold.roomForHolds": ["size(holds) < :max", "room"],
  "hold.roomForOutbox": ["size(outbox) < :max", "room"],
  "hold.notYetHeld": ["attribute_not_exists(holds.#r)", "one-request"],
  "hold.notInOutbox": ["attribute_not_exists(outbox.#r)", "one-request"],
  "hold.attemptNamed": ["each try writes its own attempt number into :hold", "one-request"],
  "hold.sentOnce": ["no client library resends a HOLD: one attempt lands at most once", "one-request"],
  "hold.adoptsStoredString": ["refused, and holds.#r is there: go on with the stored string", "one-request"],
  "hold.expiryAfterDuplicates": ["expiresAt lies beyond the last moment a HOLD can land", "one-request"],
  "hold.notSentAfterExpiry": ["no try of HOLD is sent that could land after expiresAt", "one-request"],
  "dispatch.holdKnown": ["no hold, no upstream call", "one-request"],

  // One Idempotency-Key, two requests at once: both have the same id
  "twins.adoptsOwnAttempt": [
    "go on with a stored string only if its attempt is one of ours, else 409",
    "twins",
  ],
  "twins.ledgerChecked": ["after HOLD: consistent read of Ledger; entry there? RELEASE and 409", "twins"],

  // keySpend
  "key.withinLimit": [
    "attribute_not_exists(keySpend.#kp) OR keySpend.#kp <= :limitMinusA",
    "key-two-requests",
  ],
  "key.amountWithinLimit": ["limit >= a, checked before HOLD is sent", "key-limit-below-amount"],
  "key.periodOfHold": ["#kp of every give-back comes from the hold string, not from the clock", "key-month"],
  "key.settleGivesBack": ["SETTLE: keySpend.#kp = if_not_exists(keySpend.#kp, :back) - :back", "key-month"],
  "key.releaseGivesBack": ["RELEASE: keySpend.#kp = keySpend.#kp - :amount", "key-month"],
  "key.sweepSettleGivesBack": ["SWEEP, settle at zero: keySpend.#kp = keySpend.#kp - :amount", "key-month"],
  "key.sweepGiveBackGivesBack": ["SWEEP, give back: keySpend.#kp = keySpend.#kp - :amount", "key-month"],
  "key.overrunAdds": ["over: keySpend.#kp = keySpend.#kp + what was taken beyond the hold", "key-overrun"],
  "key.lateAdds": ["LATE: keySpend.#kp = keySpend.#kp + what was taken", "key-month"],

  // SETTLE and its three steps of "over"
  "settle.holdStringMatches": ["SETTLE: holds.#r = :hold", "one-request"],
  "settle.readOrder": ["after a refusal: account first, then Ledger", "one-request"],
  "over.holdStringMatches1": ["over (1): holds.#r = :hold", "overrun"],
  "over.availableCoversExcess": ["over (1): available >= :excess", "overrun"],
  "over.holdStringMatches2": ["over (2): holds.#r = :hold", "overrun"],
  "over.availableAsSeen": ["over (2): available = :seen", "overrun"],
  "over.seenBelowExcess": ["over (2): only when :seen < :excess, else (1) again", "overrun"],
  "over.holdStringMatches3": ["over (3): holds.#r = :hold", "overrun"],
  "over.restToWriteOff": ["over (2) and (3): writeOff = writeOff + :rest", "overrun"],

  // RELEASE
  "release.holdStringMatches": ["RELEASE: holds.#r = :hold", "one-request"],
  "release.nothingDispatched": ["RELEASE only when nothing was dispatched", "one-request"],

  // DRAIN
  "drain.entryNotThere": ["attribute_not_exists(entryId)", "one-request"],
  "drain.entryBeforeClear": ["Put the entry, then REMOVE outbox.#r", "one-request"],

  // SWEEP
  "sweep.expired": ["expiresAt < now", "one-request"],
  "sweep.ledgerChecked": ["consistent read: Ledger has the entry? give back, do not settle", "one-request"],
  "sweep.settleHoldStringMatches": ["SWEEP, settle at zero: holds.#r = :hold", "one-request"],
  "sweep.giveBackHoldStringMatches": ["SWEEP, give back: holds.#r = :hold", "one-request"],
  "sweep.drainsOutbox": ["every outbox record older than a minute: DRAIN", "one-request"],

  // LATE
  "late.onlyIfExpired": ["the end found in outbox or Ledger has outcome expired", "one-request"],
  "late.creditIdempotent": ['id "late_<requestId>" goes through CREDIT 1 and 2', "one-request"],

  // CREDIT
  "credit.outboxChecked": ["1. already in outbox? done", "top-up"],
  "credit.ledgerChecked": ["2. entry in Ledger? done", "top-up"],
  "credit.readOrder": ["account (1) before Ledger (2)", "top-up"],
  "credit.countUnchanged": ["3. credits = :c", "top-up"],
  "credit.availableCoversDebit": ["3. negative: available >= -:a", "adjustment"],
  "credit.restToWriteOff": ["3. negative: writeOff = writeOff + :rest", "adjustment"],
} as const satisfies Record<string, readonly [string, string]>;

export type GuardName = keyof typeof table;

/** Every rule, in the order of the protocol. */
export const guards: ReadonlyMap<GuardName, Guard> = new Map(
  (Object.keys(table) as GuardName[]).map((name) => {
    const [clause, foundIn] = table[name];
    return [name, { clause, foundIn }];
  }),
);
