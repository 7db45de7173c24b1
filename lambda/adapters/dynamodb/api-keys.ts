import type { ApiKey, KeyChanges, SpendLimit } from "../../core/keys.ts";
import type { KeyFinder } from "../../core/ports.ts";
import type { RateLimit } from "../../core/rate-limit.ts";
import { type LedgerContext, repeated } from "./attempts.ts";
import { number, present, readBigint, readCount, readSet, readText, text } from "./attributes.ts";
import { accountKey } from "./items.ts";
import { firstOf, type Queries, textKey } from "./paged-reads.ts";
import type { AttributeValue, Item, Store, UpdateClauses } from "./store.ts";
import { API_KEYS_BY_ACCOUNT, API_KEYS_BY_KEY_ID, type TableNames } from "./tables.ts";
import { orUnavailable } from "./unavailable.ts";

/** The hot path's part: one consistent-enough read by hash (the answer may be up to a second old, and is cached anyway). */
export function createKeyFinder(
  store: Store,
  tables: Pick<TableNames, "apiKeys">,
  pause: LedgerContext["pause"],
): KeyFinder {
  return {
    async findByHash(keyHash) {
      const key = textKey("keyHash", keyHash);
      const read = () => store.get(tables.apiKeys, key, { consistent: false });
      const item = await orUnavailable(() => repeated({ pause }, read));
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
  /**
   * Changes what is named and nothing else. A gateway that has looked the key up may go by the old for up to a minute.
   * @returns the key as it is now.
   * @throws StoreError `condition_failed` when the key is revoked, or has no limit whose period could change.
   */
  update(key: Pick<ApiKey, "keyHash">, changes: KeyChanges): Promise<ApiKey>;
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
    async update({ keyHash }, changes) {
      const key = textKey("keyHash", keyHash);
      await store.update(tables.apiKeys, key, updateClauses(changes));
      return readApiKey((await store.get(tables.apiKeys, key, { consistent: true })) ?? {});
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
    createdBy: key.createdBy === undefined ? undefined : text(key.createdBy),
    status: text(key.status),
    expiresAt: key.expiresAt === undefined ? undefined : text(key.expiresAt),
    // An empty list is no freedom to use every model: DynamoDB refuses it.
    allowedModels: key.allowedModels && { SS: key.allowedModels },
    limitAmount: key.spendLimit && number(key.spendLimit.amountPicoUsd),
    limitPeriod: key.spendLimit && text(key.spendLimit.period),
    requestsPerMinute: optionalCount(key.rateLimit?.requestsPerMinute),
    tokensPerMinute: optionalCount(key.rateLimit?.tokensPerMinute),
  });
}

function updateClauses(changes: KeyChanges): UpdateClauses {
  const { name, limitPicoUsd, limitPeriod, requestsPerMinute, tokensPerMinute, allowedModels, expiresAt } =
    changes;
  const attributes: Record<string, AttributeValue | null | undefined> = {
    name: changed(name, text),
    limitAmount: changed(limitPicoUsd, number),
    limitPeriod: limitPicoUsd === null ? null : changed(limitPeriod, text),
    requestsPerMinute: changed(requestsPerMinute, number),
    tokensPerMinute: changed(tokensPerMinute, number),
    allowedModels: changed(allowedModels, (models) => ({ SS: models })),
    expiresAt: changed(expiresAt, text),
  };
  const named = Object.entries(attributes);
  const isPeriodOfOldLimit = limitPeriod !== undefined && limitPicoUsd === undefined;
  return {
    set: named.filter(([, value]) => value).map(([attribute]) => `#${attribute} = :${attribute}`),
    remove: named.filter(([, value]) => value === null).map(([attribute]) => `#${attribute}`),
    condition: ["#status = :active", ...(isPeriodOfOldLimit ? ["attribute_exists(#limitAmount)"] : [])],
    values: {
      ":active": text("active"),
      ...Object.fromEntries(named.flatMap(([attribute, value]) => (value ? [[`:${attribute}`, value]] : []))),
    },
  };
}

function changed<T>(
  value: T | null | undefined,
  write: (value: T) => AttributeValue,
): AttributeValue | null | undefined {
  if (value === undefined) return undefined;
  return value === null ? null : write(value);
}

function readApiKey(item: Item): ApiKey {
  return {
    keyHash: readText(item, "keyHash") ?? "",
    keyId: readText(item, "keyId") ?? "",
    accountId: readText(item, "accountId") ?? "",
    name: readText(item, "name") ?? "",
    last4: readText(item, "last4") ?? "",
    createdAt: readText(item, "createdAt") ?? "",
    createdBy: readText(item, "createdBy"),
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
