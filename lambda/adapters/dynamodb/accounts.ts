import type { Entry } from "../../core/charge.ts";
import type { Account, AccountStatus } from "../../core/ports.ts";
import type { UnreadableAccount } from "../../core/unreadable-account.ts";
import { readText, text, UnreadableNumber } from "./attributes.ts";
import { accountKey, newAccountItem, readAccount, readEntry } from "./items.ts";
import { firstOf, type IndexQuery, type Queries } from "./paged-reads.ts";
import { type Item, type Store, StoreError } from "./store.ts";
import { LEDGER_BY_ATTENTION, LEDGER_BY_CREATED_AT, LEDGER_BY_ENTRY_ID, type TableNames } from "./tables.ts";

/** What operators do with accounts and how ledgers are read; money moves only through the ledger port. */
export interface Accounts {
  /** An account with nothing on it. @throws StoreError `condition_failed` when the id is taken. */
  create(account: { accountId: string; name: string; createdAt: string }): Promise<void>;
  /** The same. @returns false when the id is taken. */
  createIfAbsent(account: { accountId: string; name: string; createdAt: string }): Promise<boolean>;
  /** @throws UnreadableNumber at an account that was edited by hand into what cannot be read. */
  all(segment?: { index: number; of: number }): AsyncIterable<Account>;
  /** The same, and goes on behind such an account. */
  scan(segment?: { index: number; of: number }): AsyncIterable<Account | UnreadableAccount>;
  /** @throws StoreError `condition_failed` when there is no such account. */
  setStatus(accountId: string, status: AccountStatus): Promise<void>;
  /** Entries in order of time, both ends (ISO 8601) inclusive. */
  entries(accountId: string, range?: { from: string; to: string }): AsyncIterable<Entry>;
  /** Every entry, read consistently, in order of its id. Ids of new requests are last: they begin with the time. */
  entriesById(accountId: string, order: { newestFirst: boolean }): AsyncIterable<Entry>;
  /** Entries whose ids begin alike, in order of id, read consistently. */
  entriesNamed(accountId: string, prefix: string): AsyncIterable<Entry>;
  /** Entries that are no charges: top-ups, refunds, adjustments. In order of their ids. */
  credits(accountId: string): AsyncIterable<Entry>;
  /** Every entry, newest first, up to and with a time. */
  newestEntries(accountId: string, upTo: string): AsyncIterable<Entry>;
  /** The entries of all accounts that ended so, newest first, up to and with a time. */
  needingAttention(outcome: "suspense" | "expired", upTo: string): AsyncIterable<Entry>;
  /** Which account an entry belongs to; undefined while it is still in an outbox. */
  ownerOf(entryId: string): Promise<string | undefined>;
}

export function createAccounts(store: Store, queries: Queries, tables: TableNames): Accounts {
  async function* readEntries(accountId: string, by: Omit<IndexQuery, "partition">): AsyncIterable<Entry> {
    const partition = { name: "accountId", value: accountId };
    for await (const item of queries.query(tables.ledger, { ...by, partition })) {
      yield readEntry(accountId, readText(item, "entryId") ?? "", item);
    }
  }
  return {
    create: ({ accountId, name, createdAt }) =>
      store.putIfAbsent(tables.accounts, newAccountItem(accountId, name, createdAt), "accountId"),
    async createIfAbsent({ accountId, name, createdAt }) {
      const attributes = Object.entries(newAccountItem(accountId, name, createdAt)).filter(
        ([attribute]) => !(attribute in accountKey(accountId)),
      );
      try {
        // An update, not a put: a function that makes accounts needs no right that could replace a balance.
        await store.update(tables.accounts, accountKey(accountId), {
          set: attributes.map(([attribute]) => `#${attribute} = :${attribute}`),
          condition: ["attribute_not_exists(#accountId)"],
          values: Object.fromEntries(attributes.map(([attribute, value]) => [`:${attribute}`, value])),
        });
        return true;
      } catch (error) {
        if (error instanceof StoreError && error.failure === "condition_failed") return false;
        throw error;
      }
    },
    async *all(segment) {
      for await (const item of queries.scan(tables.accounts, segment)) yield readAccount(item);
    },
    async *scan(segment) {
      for await (const item of queries.scan(tables.accounts, segment)) yield readable(item);
    },
    async setStatus(accountId, status) {
      await store.update(tables.accounts, accountKey(accountId), {
        set: ["#status = :status"],
        condition: ["attribute_exists(#accountId)"],
        values: { ":status": text(status) },
      });
    },
    entries: (accountId, range) =>
      readEntries(accountId, {
        index: LEDGER_BY_CREATED_AT,
        between: range && { name: "createdAt", ...range },
      }),
    entriesById: (accountId, order) => readEntries(accountId, order),
    entriesNamed: (accountId, prefix) =>
      readEntries(accountId, { between: { name: "entryId", from: prefix, to: prefix + LAST_CHARACTER } }),
    async *credits(accountId) {
      for (const [from, to] of AROUND_CHARGES) {
        yield* readEntries(accountId, { between: { name: "entryId", from, to } });
      }
    },
    newestEntries: (accountId, upTo) =>
      readEntries(accountId, { index: LEDGER_BY_CREATED_AT, ...newestUpTo(upTo) }),
    async *needingAttention(outcome, upTo) {
      const partition = { name: "attention", value: outcome };
      const by = { index: LEDGER_BY_ATTENTION, partition, ...newestUpTo(upTo) };
      for await (const item of queries.query(tables.ledger, by)) {
        yield readEntry(readText(item, "accountId") ?? "", readText(item, "entryId") ?? "", item);
      }
    },
    async ownerOf(entryId) {
      const partition = { name: "entryId", value: entryId };
      const item = await firstOf(queries.query(tables.ledger, { index: LEDGER_BY_ENTRY_ID, partition }));
      return item && readText(item, "accountId");
    },
  };
}

/** Behind every character of an id. */
const LAST_CHARACTER = "\u{10ffff}";

const SHOWN_AT_ONCE = 100;

/** For who looks at the newest and may stop early. */
function newestUpTo(upTo: string): Pick<IndexQuery, "between" | "newestFirst" | "pageSize"> {
  // "0" sorts before every time there is.
  return { between: { name: "createdAt", from: "0", to: upTo }, newestFirst: true, pageSize: SHOWN_AT_ONCE };
}

/** Charges are `req_…` and `late_…`; every other entry's id sorts before, between or after them. */
const AROUND_CHARGES = [
  ["!", "late"],
  ["late`", "req"],
  ["req`", "~"],
] as const;

function readable(item: Item): Account | UnreadableAccount {
  try {
    return readAccount(item);
  } catch (error) {
    if (!(error instanceof UnreadableNumber)) throw error;
    return { accountId: readText(item, "accountId") ?? "", problem: error.message };
  }
}
