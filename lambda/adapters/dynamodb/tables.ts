/**
 * The tables, once: CDK creates them from this list, and so does the local runner.
 * Plain data, so that `lib/` can read it without pulling an SDK into synth.
 */

type AttributeType = "S" | "N";

interface KeySchema {
  readonly partitionKey: string;
  readonly sortKey?: string;
}

export interface IndexDefinition extends KeySchema {
  readonly name: string;
  readonly projection: "ALL" | "KEYS_ONLY";
}

export interface TableDefinition extends KeySchema {
  readonly name: string;
  readonly attributes: Readonly<Record<string, AttributeType>>;
  readonly indexes: readonly IndexDefinition[];
  /** The table stream feeds the usage pipeline with new entries. */
  readonly stream: boolean;
}

export const LEDGER_BY_CREATED_AT = "byCreatedAt";
export const LEDGER_BY_ENTRY_ID = "byEntryId";
/** Of the few entries that an operator has to look at. */
export const LEDGER_BY_ATTENTION = "byAttention";
export const ROLLUPS_BY_DAY = "byDay";
export const MEMBERS_BY_ACCOUNT = "byAccount";
export const INVITES_BY_ACCOUNT = "byAccount";
export const API_KEYS_BY_ACCOUNT = "byAccount";
export const API_KEYS_BY_KEY_ID = "byKeyId";

export const TABLES = {
  accounts: {
    name: "Accounts",
    partitionKey: "accountId",
    sortKey: "shard",
    attributes: { accountId: "S", shard: "S" },
    indexes: [],
    stream: false,
  },
  ledger: {
    name: "Ledger",
    partitionKey: "accountId",
    sortKey: "entryId",
    attributes: { accountId: "S", entryId: "S", createdAt: "S", attention: "S" },
    indexes: [
      { name: LEDGER_BY_CREATED_AT, partitionKey: "accountId", sortKey: "createdAt", projection: "ALL" },
      { name: LEDGER_BY_ENTRY_ID, partitionKey: "entryId", projection: "KEYS_ONLY" },
      { name: LEDGER_BY_ATTENTION, partitionKey: "attention", sortKey: "createdAt", projection: "ALL" },
    ],
    stream: true,
  },
  apiKeys: {
    name: "ApiKeys",
    partitionKey: "keyHash",
    attributes: { keyHash: "S", accountId: "S", keyId: "S" },
    indexes: [
      { name: API_KEYS_BY_ACCOUNT, partitionKey: "accountId", sortKey: "keyId", projection: "ALL" },
      { name: API_KEYS_BY_KEY_ID, partitionKey: "keyId", projection: "ALL" },
    ],
    stream: false,
  },
  rollups: {
    name: "Rollups",
    partitionKey: "accountId",
    // An hour, `2026-11-23T04#model#keyId`, or a day, `2026-11-23#model#keyId`.
    sortKey: "period",
    attributes: { accountId: "S", period: "S", day: "S" },
    indexes: [{ name: ROLLUPS_BY_DAY, partitionKey: "day", sortKey: "accountId", projection: "ALL" }],
    stream: false,
  },
  members: {
    name: "Members",
    // Of the identity token, with its issuer.
    partitionKey: "subject",
    attributes: { subject: "S", accountId: "S" },
    indexes: [{ name: MEMBERS_BY_ACCOUNT, partitionKey: "accountId", sortKey: "subject", projection: "ALL" }],
    stream: false,
  },
  invites: {
    name: "Invites",
    partitionKey: "tokenHash",
    attributes: { tokenHash: "S", accountId: "S" },
    indexes: [
      { name: INVITES_BY_ACCOUNT, partitionKey: "accountId", sortKey: "tokenHash", projection: "ALL" },
    ],
    stream: false,
  },
  audit: {
    name: "Audit",
    // A month, `2026-11`, or what entries are about.
    partitionKey: "log",
    sortKey: "auditId",
    attributes: { log: "S", auditId: "S" },
    indexes: [],
    stream: false,
  },
} as const satisfies Record<string, TableDefinition>;

/** Which physical table each logical one is: its own name on one machine, a generated one in a stack. */
export type AllTableNames = Readonly<Record<keyof typeof TABLES, string>>;

/** Those that hold the money, and the keys that spend it; rollups can be computed again. */
export type TableNames = Pick<AllTableNames, "accounts" | "ledger" | "apiKeys">;
