import type { ApiKey, SpendLimit } from "../../core/keys.ts";
import type { KeyFinder } from "../../core/ports.ts";
import type { RateLimit } from "../../core/rate-limit.ts";
import { number, present, readBigint, readCount, readSet, readText, text } from "./attributes.ts";
import { accountKey } from "./items.ts";
import { firstOf, type Queries, textKey } from "./queries.ts";
import type { AttributeValue, Item, Store } from "./store.ts";
import { API_KEYS_BY_ACCOUNT, API_KEYS_BY_KEY_ID, type TableNames } from "./tables.ts";
import { orUnavailable } from "./unavailable.ts";

/** The hot path's part: one consistent-enough read by hash (the answer may be up to a second old, and is cached anyway). */
export function createKeyFinder(store: Store, tables: Pick<TableNames, "apiKeys">): KeyFinder {
  return {
    async findByHash(keyHash) {
      const key = textKey("keyHash", keyHash);
      const item = await orUnavailable(() => store.get(tables.apiKeys, key, { consistent: false }));
      return item && readApiKey(item);
    },
  };
}

/** What operators and owners do with keys. */
export interface ApiKeys {
  /** @throws StoreError `condition_failed` when the hash exists: the random source is broken. */
  create(key: ApiKey): Promise<void>;
  list(accountId: string): AsyncIterable<ApiKey>;
  find(keyId: string): Promise<ApiKey | undefined>;
  /** Stops the next request at once: the account refuses the key before any cached lookup ends. Twice is a success. */
  revoke(key: ApiKey): Promise<void>;
}

export function createApiKeys(store: Store, queries: Queries, tables: TableNames): ApiKeys {
  return {
    create: (key) => store.putIfAbsent(tables.apiKeys, apiKeyItem(key), "keyHash"),
    async *list(accountId) {
      const partition = { name: "accountId", value: accountId };
      for await (const item of queries.query(tables.apiKeys, { index: API_KEYS_BY_ACCOUNT, partition })) {
        yield readApiKey(item);
      }
    },
    async find(keyId) {
      const partition = { name: "keyId", value: keyId };
      const item = await firstOf(queries.query(tables.apiKeys, { index: API_KEYS_BY_KEY_ID, partition }));
      return item && readApiKey(item);
    },
    async revoke(key) {
      await store.update(tables.accounts, accountKey(key.accountId), {
        set: [],
        add: ["#revokedKeys :keys"],
        condition: ["attribute_exists(#accountId)"],
        values: { ":keys": { SS: [key.keyId] } },
      });
      await store.update(tables.apiKeys, textKey("keyHash", key.keyHash), {
        set: ["#status = :revoked"],
        condition: ["attribute_exists(#keyHash)"],
        values: { ":revoked": text("revoked") },
      });
    },
  };
}

function apiKeyItem(key: ApiKey): Item {
  return present({
    keyHash: text(key.keyHash),
    keyId: text(key.keyId),
    accountId: text(key.accountId),
    name: text(key.name),
    last4: text(key.last4),
    createdAt: text(key.createdAt),
    status: text(key.status),
    expiresAt: key.expiresAt === undefined ? undefined : text(key.expiresAt),
    allowedModels: key.allowedModels?.length ? { SS: key.allowedModels } : undefined,
    limitAmount: key.spendLimit && number(key.spendLimit.amountPicoUsd),
    limitPeriod: key.spendLimit && text(key.spendLimit.period),
    requestsPerMinute: optionalCount(key.rateLimit?.requestsPerMinute),
    tokensPerMinute: optionalCount(key.rateLimit?.tokensPerMinute),
  });
}

function readApiKey(item: Item): ApiKey {
  return {
    keyHash: readText(item, "keyHash") ?? "",
    keyId: readText(item, "keyId") ?? "",
    accountId: readText(item, "accountId") ?? "",
    name: readText(item, "name") ?? "",
    last4: readText(item, "last4") ?? "",
    createdAt: readText(item, "createdAt") ?? "",
    expiresAt: readText(item, "expiresAt"),
    allowedModels: item["allowedModels"] && readSet(item, "allowedModels"),
    spendLimit: readLimit(item),
    rateLimit: readRateLimit(item),
    status: readText(item, "status") === "active" ? "active" : "revoked",
  };
}

function optionalCount(count: number | undefined): AttributeValue | undefined {
  return count === undefined ? undefined : number(count);
}

function readRateLimit(item: Item): RateLimit | undefined {
  if (!item["requestsPerMinute"] && !item["tokensPerMinute"]) return undefined;
  return {
    requestsPerMinute: item["requestsPerMinute"] && readCount(item, "requestsPerMinute"),
    tokensPerMinute: item["tokensPerMinute"] && readCount(item, "tokensPerMinute"),
  };
}

function readLimit(item: Item): SpendLimit | undefined {
  if (!item["limitAmount"]) return undefined;
  return {
    amountPicoUsd: readBigint(item, "limitAmount"),
    period: readText(item, "limitPeriod") === "month" ? "month" : "total",
  };
}
