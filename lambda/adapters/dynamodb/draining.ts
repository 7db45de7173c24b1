import type { Entry } from "../../core/charge.ts";
import { type LedgerContext, refusedBy, repeated } from "./attempts.ts";
import { accountKey, entryItem, entryKey, readEntry } from "./items.ts";
import { StoreError } from "./store.ts";

/** One id with two different records. It cannot be by the protocol; if it ever is, none of the two may be thrown away. */
class EntryConflict extends Error {
  constructor(entry: Entry) {
    super(`the ledger has another entry ${entry.entryId} of ${entry.accountId} than the outbox`);
    this.name = "EntryConflict";
  }
}

/**
 * DRAIN: first the ledger entry, then the outbox is cleared, so at every moment the entry is in one of the two.
 * Every step may be repeated by anyone.
 * @throws EntryConflict when the ledger has another entry of that id; the record stays in the outbox, for all to see.
 */
export async function drain(context: LedgerContext, entry: Entry): Promise<void> {
  await putEntry(context, entry);
  const key = accountKey(entry.accountId);
  await refusedBy(context, key, () =>
    context.store.update(context.tables.accounts, key, {
      set: [],
      remove: ["#outbox.#entry"],
      // An update of an item that is not there would make one.
      condition: ["attribute_exists(#accountId)"],
      names: { "#entry": entry.entryId },
    }),
  );
}

async function putEntry(context: LedgerContext, entry: Entry): Promise<void> {
  try {
    await repeated(context, () =>
      context.store.putIfAbsent(context.tables.ledger, entryItem(entry), "entryId"),
    );
  } catch (error) {
    if (!(error instanceof StoreError) || error.failure !== "condition_failed") throw error;
    await expectSame(context, entry);
  }
}

/** It is there already, and entries never change: so it is the same one, or something is badly wrong. */
async function expectSame(context: LedgerContext, entry: Entry): Promise<void> {
  const key = entryKey(entry.accountId, entry.entryId);
  const item = await repeated(context, () =>
    context.store.get(context.tables.ledger, key, { consistent: true }),
  );
  const stored = item && readEntry(entry.accountId, entry.entryId, item);
  const isSame =
    stored?.type === entry.type &&
    stored.amountPicoUsd === entry.amountPicoUsd &&
    stored.writeOffPicoUsd === entry.writeOffPicoUsd &&
    stored.charge?.outcome === entry.charge?.outcome;
  if (!isSame) throw new EntryConflict(entry);
}
