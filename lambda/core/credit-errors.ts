import type { Entry } from "./charge.ts";
import { formatUsd, type PicoUsd } from "./money.ts";
import type { Credit } from "./ports.ts";

/** What was asked for: the amount that moved, less what was written off of it. */
export function requestedAmount(entry: Entry): PicoUsd {
  return entry.amountPicoUsd - entry.writeOffPicoUsd;
}

/** Raised when a credit's id is used again with another amount. The message names both amounts. */
export class CreditConflict extends Error {
  readonly existing: Entry;

  constructor(existing: Entry, wanted: Credit) {
    super(
      `credit ${wanted.creditId} exists with ${formatUsd(requestedAmount(existing))} USD, ` +
        `now asked with ${formatUsd(wanted.amountPicoUsd)} USD`,
    );
    this.name = "CreditConflict";
    this.existing = existing;
  }
}

export class UnknownAccount extends Error {
  constructor(accountId: string) {
    super(`there is no account ${accountId}`);
    this.name = "UnknownAccount";
  }
}
