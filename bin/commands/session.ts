import type { Accounts } from "../../lambda/adapters/dynamodb/accounts.ts";
import type { ApiKeys } from "../../lambda/adapters/dynamodb/api-keys.ts";
import type { ApiKey } from "../../lambda/core/keys.ts";
import type { LowBalances } from "../../lambda/core/low-balance.ts";
import type { Account, Ledger, ObjectStore, RequestLogLine } from "../../lambda/core/ports.ts";
import { Failure, noSuchAccount } from "./failures.ts";
import type { UsageStores } from "./usage-stores.ts";

/** The world around the command line, so that tests can stand in for it. */
export interface Io {
  out(text: string): void;
  err(text: string): void;
  readonly env: Readonly<Record<string, string | undefined>>;
  nowMs(): number;
}

/** What a command has found or done, for machines and for people. */
export interface Answer {
  readonly json: unknown;
  readonly text: string;
  /** The command itself worked, and what it found is bad: exit code 1. */
  readonly bad?: boolean;
}

/** The ledger of one installation, and its log. */
export interface Stores {
  readonly accounts: Accounts;
  readonly keys: ApiKeys;
  readonly ledger: Ledger;
  readonly lowBalances: LowBalances;
  /** The bucket of reports. */
  objects(): Promise<ObjectStore>;
  readonly usage: UsageStores;
  /** The structured log's line of a request. */
  logLine(requestId: string): Promise<RequestLogLine | undefined>;
  close(): void;
}

/** What every command is given. */
export interface Session {
  readonly io: Io;
  /** This machine, rather than a stack in AWS. */
  isLocal(): boolean;
  /** Opened when first asked for: after the arguments have been judged. */
  stores(): Promise<Stores>;
  /** Wraps a command's work for commander: prints its answer in the form that was asked for. */
  answers<Args extends unknown[]>(work: (...args: Args) => Promise<Answer>): (...args: Args) => Promise<void>;
}

/** @throws Failure */
export async function existingAccount({ ledger }: Stores, accountId: string): Promise<Account> {
  const account = await ledger.account(accountId);
  if (!account) throw noSuchAccount(accountId);
  return account;
}

/** @throws Failure */
export async function existingKey({ keys }: Stores, keyId: string): Promise<ApiKey> {
  const key = await keys.find(keyId);
  if (!key) throw new Failure(`there is no key "${keyId}"; "keys list ACCOUNT" shows an account's`);
  return key;
}
