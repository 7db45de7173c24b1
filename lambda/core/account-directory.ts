import type { Entry } from "./charge.ts";
import type { ApiKey, KeyChanges } from "./keys.ts";
import type { Account, AccountStatus, EntriesReader } from "./ports.ts";
import type { UnreadableAccount } from "./unreadable-account.ts";

/** Accounts and what is written in their ledgers, for people who look at them. */
export interface AccountDirectory extends EntriesReader {
  /** @returns false when the account is there already. */
  createIfAbsent(account: { accountId: string; name: string; createdAt: string }): Promise<boolean>;
  scan(): AsyncIterable<Account | UnreadableAccount>;
  setStatus(accountId: string, status: AccountStatus): Promise<void>;
  /** Entries that are no charges: top-ups, refunds, adjustments. In order of their ids. */
  credits(accountId: string): AsyncIterable<Entry>;
  /** Every entry, newest first, up to and with a time. */
  newestEntries(accountId: string, upTo: string): AsyncIterable<Entry>;
  /** The entries of all accounts that ended so, newest first, up to and with a time. */
  needingAttention(outcome: "suspense" | "expired", upTo: string): AsyncIterable<Entry>;
}

/** An account's keys, never the keys themselves. */
export interface KeyKeeper {
  create(key: ApiKey): Promise<void>;
  list(accountId: string): AsyncIterable<ApiKey>;
  find(keyId: string): Promise<ApiKey | undefined>;
  /** Changes what is named and nothing else. */
  update(key: Pick<ApiKey, "keyHash">, changes: KeyChanges): Promise<ApiKey>;
  /** Twice is a success. */
  revoke(key: ApiKey): Promise<void>;
}
