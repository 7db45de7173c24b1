import { createHash, randomBytes } from "node:crypto";
import type { Accounts } from "../lambda/adapters/dynamodb/accounts.ts";
import type { ApiKeys } from "../lambda/adapters/dynamodb/api-keys.ts";
import { formatKey, newId } from "../lambda/core/keys.ts";
import { parseUsd } from "../lambda/core/money.ts";
import type { Ledger } from "../lambda/core/ports.ts";

const WELCOME_USD = "25";

/** On an empty data folder: an account with 25 USD and a key for it. @returns the key, which is shown this once. */
export async function firstKey(
  accounts: Accounts,
  keys: ApiKeys,
  ledger: Ledger,
): Promise<string | undefined> {
  for await (const _ of accounts.all()) return undefined;
  const accountId = newId("acct_", randomBytes(16));
  const createdAt = new Date().toISOString();
  await accounts.create({ accountId, name: "local", createdAt });
  await ledger.credit({
    accountId,
    creditId: `adj_welcome_${accountId}`,
    type: "adjustment",
    amountPicoUsd: parseUsd(WELCOME_USD),
    createdAt,
    reason: "welcome credit of the first start",
  });
  const key = formatKey(randomBytes(32));
  await keys.create({
    keyHash: createHash("sha256").update(key).digest("hex"),
    keyId: newId("key_", randomBytes(16)),
    accountId,
    name: "first key",
    last4: key.slice(-4),
    createdAt,
    status: "active",
  });
  return key;
}
