import { expect } from "vitest";
import { type Accounts, createAccounts } from "../../lambda/adapters/dynamodb/accounts.ts";
import { createLedger } from "../../lambda/adapters/dynamodb/ledger.ts";
import { createQueries } from "../../lambda/adapters/dynamodb/queries.ts";
import { createSdkStore } from "../../lambda/adapters/dynamodb/sdk-store.ts";
import type { Account, Ledger } from "../../lambda/core/ports.ts";
import { verifyAccount } from "../../lambda/core/verify.ts";
import { createTables } from "../../local/dynamodb.ts";
import { patientClient } from "../fakes/patient-client.ts";

export interface Books {
  readonly ledger: Pick<Ledger, "account" | "entry">;
  readonly accounts: Accounts;
}

/** Reads the tables of a server in another process, and closes the connection. */
export async function withBooksAt<T>(endpoint: string, read: (books: Books) => Promise<T>): Promise<T> {
  const tables = await createTables(endpoint);
  const client = patientClient(endpoint);
  const store = createSdkStore(client);
  const writing = () => Promise.reject(new Error("these books are only read"));
  const ledger = createLedger({ store, tables, nowMs: Date.now, pause: writing, newAttempt: () => "none" });
  try {
    return await read({ ledger, accounts: createAccounts(store, createQueries(client), tables) });
  } finally {
    client.destroy();
  }
}

/** Expects invariants 1-5 of the ledger of an account, at rest or in the middle of traffic. @returns the account. */
export async function expectSoundBooks({ ledger, accounts }: Books, accountId: string): Promise<Account> {
  const verdict = await verifyAccount({
    account: () => ledger.account(accountId),
    entries: (order) => accounts.entriesById(accountId, order),
  });
  expect(verdict).toMatchObject({ violations: [], decided: true });
  const account = await ledger.account(accountId);
  if (!account) throw new Error("the account is gone");
  return account;
}

/** The account of a server that has only one. */
export async function onlyAccountId({ accounts }: Books): Promise<string> {
  for await (const { accountId } of accounts.all()) return accountId;
  throw new Error("there is no account");
}
