/** What operators did, written down before it is done. */

export type AuditAction =
  | "account.credit"
  | "account.debit"
  | "account.suspend"
  | "account.activate"
  | "payment.refund"
  | "suspense.resolve";

export interface AuditEntry {
  /** The same id is written once, however often it is asked for. */
  readonly id: string;
  /** ISO 8601 with milliseconds, UTC. */
  readonly at: string;
  readonly subject: string;
  readonly email: string;
  readonly action: AuditAction;
  readonly accountId: string;
  readonly reason: string;
  readonly details: Readonly<Record<string, string>>;
}

/** Nothing here is ever changed or removed. */
export interface AuditLog {
  write(entry: AuditEntry): Promise<void>;
  /** Newest first, from behind `after`. */
  list(newestAt: string, after?: string): AsyncIterable<AuditEntry & { readonly cursor: string }>;
}

/** What an operator found out about a request whose outcome nobody knew. */
export interface Resolution {
  readonly accountId: string;
  readonly requestId: string;
  readonly providerChargedPicoUsd: bigint;
  readonly note: string;
  readonly by: string;
  readonly at: string;
}

export interface Resolutions {
  /** @returns false when there is one already: it stays. */
  write(resolution: Resolution): Promise<boolean>;
  find(accountId: string, requestId: string): Promise<Resolution | undefined>;
}
