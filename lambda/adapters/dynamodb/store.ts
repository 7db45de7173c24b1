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
  /**
   * Asked in the very step that signs the request: false, and it is not sent. A check before the call would not do, since
   * a process can stand still between the two; after it, AWS refuses what was signed five minutes ago.
   */
  readonly maySend?: () => boolean;
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

/** What an expression's text mentions. There are a few dozen texts in all: names and values stand outside of them. */
const mentions = new Map<string, { aliases: readonly string[]; placeholders: readonly string[] }>();
const MOST_TEXTS = 1_000;

function mentionedIn(text: string) {
  const known = mentions.get(text);
  if (known) return known;
  const found = {
    aliases: [...new Set(text.match(/#\w+/g))],
    placeholders: [...new Set(text.match(/:\w+/g))],
  };
  if (mentions.size < MOST_TEXTS) mentions.set(text, found);
  return found;
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
  const { aliases, placeholders } = mentionedIn(`${update} ${condition}`);
  const names: Record<string, string> = {};
  for (const alias of aliases) names[alias] = clauses.names?.[alias] ?? alias.slice(1);
  const values: Record<string, AttributeValue> = {};
  for (const placeholder of placeholders) {
    const value = clauses.values?.[placeholder];
    if (value) values[placeholder] = value;
  }
  return { update, condition, names, values };
}
