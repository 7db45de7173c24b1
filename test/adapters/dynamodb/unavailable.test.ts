import { expect, test } from "vitest";
import { createKeyFinder } from "../../../lambda/adapters/dynamodb/api-keys.ts";
import { createLedger } from "../../../lambda/adapters/dynamodb/ledger.ts";
import { type Store, StoreError, type StoreFailure } from "../../../lambda/adapters/dynamodb/store.ts";

const tables = { accounts: "Accounts", ledger: "Ledger", apiKeys: "ApiKeys" };

function storeThatFails(failure: StoreFailure): Store {
  const fail = () => Promise.reject(new StoreError(failure, new Error("by test")));
  return { get: fail, putIfAbsent: fail, update: fail };
}

for (const [failure, code] of [
  ["throttled", "rate_limit_exceeded"],
  ["unknown", "service_unavailable"],
] as const) {
  test(`A client learns that the store is ${failure} as ${code}, whatever of it was asked`, async () => {
    const store = storeThatFails(failure);
    const ledger = createLedger({
      store,
      tables,
      nowMs: () => 0,
      pause: async () => {},
      newAttempt: () => "a",
    });
    await expect(createKeyFinder(store, tables, async () => {}).findByHash("hash")).rejects.toMatchObject({
      code,
    });
    await expect(ledger.account("acct_1")).rejects.toMatchObject({ code, retryable: true });
    await expect(ledger.entry("acct_1", "req_1")).rejects.toMatchObject({ code, retryable: true });
  });
}
