/**
 * The three verbs the hot path needs of DynamoDB, in DynamoDB's own JSON, so that no SDK type leaks out and a
 * hand-signed client can take the SDK's place. Nothing here retries: who calls knows what a repeat means.
 */
export type AttributeValue =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly BOOL: boolean }
  | { readonly SS: readonly string[] }
  | { readonly L: readonly AttributeValue[] }
  | { readonly M: Item };

export type Item = Readonly<Record<string, AttributeValue>>;

/** Clauses of one conditional write. `#name` stands for the attribute `name` unless `names` says otherwise. */
export interface UpdateClauses {
  readonly set: readonly string[];
  readonly remove?: readonly string[];
  readonly add?: readonly string[];
  readonly condition: readonly string[];
  readonly names?: Readonly<Record<string, string>>;
  readonly values?: Readonly<Record<string, AttributeValue>>;
  /** Ask for what the attributes that were set are now; otherwise nothing comes back. */
  readonly returnUpdated?: boolean;
}

export interface Store {
  get(table: string, key: Item, read: { consistent: boolean }): Promise<Item | undefined>;
  /** @throws StoreError */
  putIfAbsent(table: string, item: Item, keyAttribute: string): Promise<void>;
  /** @returns what was asked for with `returnUpdated`, or nothing. @throws StoreError */
  update(table: string, key: Item, clauses: UpdateClauses): Promise<Item>;
}

/**
 * Why a call failed, as far as money is concerned: the condition was false; it was certainly not applied and may be
 * tried again; or nobody knows, and it may even be applied later.
 */
export type StoreFailure = "condition_failed" | "throttled" | "unknown";

export class StoreError extends Error {
  readonly failure: StoreFailure;
  /** The item as it was when the condition failed, where the store returns it. */
  readonly item: Item | undefined;

  constructor(failure: StoreFailure, cause: unknown, item?: Item) {
    super(`DynamoDB: ${failure}`, { cause });
    this.name = "StoreError";
    this.failure = failure;
    this.item = item;
  }
}

export interface Expressions {
  readonly update: string;
  readonly condition: string;
  readonly names: Record<string, string>;
  readonly values: Record<string, AttributeValue>;
}

/**
 * Joins the clauses into DynamoDB's expressions with just the names and values they use: DynamoDB refuses unused
 * ones, and aliasing every attribute keeps us clear of its reserved words (`status`, `sequence`, …).
 */
export function expressionsOf(clauses: UpdateClauses): Expressions {
  const update = [
    clauses.set.length ? `SET ${clauses.set.join(", ")}` : "",
    clauses.remove?.length ? `REMOVE ${clauses.remove.join(", ")}` : "",
    clauses.add?.length ? `ADD ${clauses.add.join(", ")}` : "",
  ]
    .filter(Boolean)
    .join(" ");
  const condition = clauses.condition.join(" AND ");
  const text = `${update} ${condition}`;
  const aliases = new Set(text.match(/#\w+/g));
  const placeholders = new Set(text.match(/:\w+/g));
  return {
    update,
    condition,
    names: Object.fromEntries(
      [...aliases].map((alias) => [alias, clauses.names?.[alias] ?? alias.slice(1)] as const),
    ),
    values: Object.fromEntries(
      Object.entries(clauses.values ?? {}).filter(([placeholder]) => placeholders.has(placeholder)),
    ),
  };
}
