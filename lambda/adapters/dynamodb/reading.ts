import type { Entry } from "../../core/charge.ts";
import type { Account } from "../../core/ports.ts";
import { type LedgerContext, repeated } from "./attempts.ts";
import { readMap } from "./attributes.ts";
import { accountKey, entryKey, readAccount, readEntry } from "./items.ts";
import type { Item } from "./store.ts";

/** Consistent: it decides about money. */
export async function readAccountItem(context: LedgerContext, accountId: string): Promise<Item | undefined> {
  const key = accountKey(accountId);
  return repeated(context, () => context.store.get(context.tables.accounts, key, { consistent: true }));
}

export async function findAccount(context: LedgerContext, accountId: string): Promise<Account | undefined> {
  const item = await readAccountItem(context, accountId);
  return item && readAccount(item);
}

/** An entry in the outbox of the given account item, or else in the ledger, in that order: drain goes the same way. */
export async function findEntry(
  context: LedgerContext,
  accountId: string,
  entryId: string,
  accountItem: Item | undefined,
): Promise<Entry | undefined> {
  const record = accountItem && readMap(accountItem, "outbox")[entryId];
  if (record && "M" in record) return readEntry(accountId, entryId, record.M);
  const key = entryKey(accountId, entryId);
  const item = await repeated(context, () =>
    context.store.get(context.tables.ledger, key, { consistent: true }),
  );
  return item && readEntry(accountId, entryId, item);
}
