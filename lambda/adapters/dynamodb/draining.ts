import type { Entry } from "../../core/charge.ts";
import { type LedgerContext, refusedBy, repeated } from "./attempts.ts";
import { accountKey, entryItem } from "./items.ts";
import { StoreError } from "./store.ts";

/**
 * DRAIN: first the ledger entry, then the outbox is cleared, so at every moment the entry is in one of the two.
 * Every step may be repeated by anyone.
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
    // It is there already: entries never change, so it is the same one.
    if (!(error instanceof StoreError) || error.failure !== "condition_failed") throw error;
  }
}
