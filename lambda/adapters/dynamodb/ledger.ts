import type { Ledger } from "../../core/ports.ts";
import type { LedgerContext } from "./attempts.ts";
import { credit } from "./crediting.ts";
import { drain } from "./draining.ts";
import { hold } from "./holding.ts";
import { clearRates } from "./rates.ts";
import { findAccount, findEntry } from "./reading.ts";
import { expire, release, settle } from "./settling.ts";
import { orUnavailable } from "./unavailable.ts";

/** The ledger on any store that speaks DynamoDB: each step one conditional write on one item, no transactions. */
export function createLedger(context: LedgerContext): Ledger {
  return {
    hold: (request) => hold(context, request),
    settle: (open, costPicoUsd, facts) => settle(context, open, costPicoUsd, facts),
    release: (open) => orUnavailable(() => release(context, open)),
    expire: (open, facts) => expire(context, open, facts),
    drain: (entry) => drain(context, entry),
    credit: (wanted) => credit(context, wanted),
    clearRates: (accountId, names) => clearRates(context, accountId, names),
    account: (accountId) => orUnavailable(() => findAccount(context, accountId)),
    entry: (accountId, entryId) => orUnavailable(() => findEntry(context, accountId, entryId, undefined)),
  };
}
