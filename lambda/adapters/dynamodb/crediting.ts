import type { Entry } from "../../core/charge.ts";
import { CreditConflict, requestedAmount, UnknownAccount } from "../../core/credit-errors.ts";
import { NO_KEY_PERIOD } from "../../core/hold.ts";
import { maxOf } from "../../core/money.ts";
import type { Credit } from "../../core/ports.ts";
import { type LedgerContext, refusedBy } from "./attempts.ts";
import { number } from "./attributes.ts";
import { drain } from "./draining.ts";
import { accountKey, entryRecord, readAccount, readCredits } from "./items.ts";
import { findEntry, readAccountItem } from "./reading.ts";
import type { Item, UpdateClauses } from "./store.ts";

/**
 * CREDIT, in the order that was model-checked: the account's outbox is read before the ledger, because DRAIN puts the
 * entry before it clears the outbox. Whoever read the account after a credit was applied finds it in one of the two;
 * whoever read it before fails on the counter and starts again. A negative credit takes what is available; the rest
 * is written off.
 * @throws CreditConflict, UnknownAccount
 */
export async function credit(context: LedgerContext, wanted: Credit): Promise<Entry> {
  for (;;) {
    const item = await readAccountItem(context, wanted.accountId);
    if (!item) throw new UnknownAccount(wanted.accountId);
    const found = await findEntry(context, wanted.accountId, wanted.creditId, item);
    if (found) {
      if (requestedAmount(found) !== wanted.amountPicoUsd) throw new CreditConflict(found, wanted);
      await drain(context, found);
      return found;
    }
    const entry = await applyCredit(context, wanted, item);
    if (entry) {
      await drain(context, entry);
      return entry;
    }
  }
}

/** Undefined when the account changed since it was read. */
async function applyCredit(context: LedgerContext, wanted: Credit, item: Item): Promise<Entry | undefined> {
  const { availablePicoUsd } = readAccount(item);
  const amountPicoUsd = maxOf(wanted.amountPicoUsd, -availablePicoUsd);
  const entry: Entry = {
    accountId: wanted.accountId,
    entryId: wanted.creditId,
    type: wanted.type,
    amountPicoUsd,
    writeOffPicoUsd: amountPicoUsd - wanted.amountPicoUsd,
    feePicoUsd: wanted.feePicoUsd || undefined,
    createdAt: wanted.createdAt,
    reason: wanted.reason,
    charge: wanted.charge,
  };
  const key = accountKey(wanted.accountId);
  const clauses = creditClauses(wanted, entry, item);
  const refused = await refusedBy(context, key, () =>
    context.store.update(context.tables.accounts, key, clauses),
  );
  return refused ? undefined : entry;
}

function creditClauses(wanted: Credit, entry: Entry, item: Item): UpdateClauses {
  const partial = entry.writeOffPicoUsd > 0n;
  const counted = wanted.keyPeriod !== undefined && wanted.keyPeriod !== NO_KEY_PERIOD;
  const availability = partial ? ["#available = :taken"] : ["#available >= :taken"];
  return {
    set: [
      "#available = #available + :amount",
      "#posted = #posted + :amount",
      "#sequence = #sequence + :one",
      "#credits = :next",
      "#outbox.#credit = :record",
      ...(partial ? ["#writeOff = #writeOff + :writeOff"] : []),
      ...(counted ? ["#keySpend.#period = if_not_exists(#keySpend.#period, :zero) + :spent"] : []),
    ],
    condition: ["#credits = :credits", ...(wanted.amountPicoUsd < 0n ? availability : [])],
    names: { "#credit": wanted.creditId, "#period": wanted.keyPeriod ?? NO_KEY_PERIOD },
    values: {
      ":amount": number(entry.amountPicoUsd),
      ":taken": number(-entry.amountPicoUsd),
      ":writeOff": number(entry.writeOffPicoUsd),
      ":spent": number(-entry.amountPicoUsd),
      ":credits": number(readCredits(item)),
      ":next": number(readCredits(item) + 1n),
      ":one": number(1),
      ":zero": number(0),
      ":record": { M: entryRecord(entry) },
    },
  };
}
