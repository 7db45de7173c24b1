import type { AccountDirectory, KeyKeeper } from "../core/account-directory.ts";
import type { AuditLog, Resolutions } from "../core/audit.ts";
import type { Catalog } from "../core/catalog.ts";
import type { LowBalances } from "../core/low-balance.ts";
import type { Invites, Members } from "../core/members.ts";
import type { PicoUsd } from "../core/money.ts";
import type { DeadLetterQueues, ObjectLinks, ProviderStatistics } from "../core/operations.ts";
import type { Payments } from "../core/payments.ts";
import type { Ledger, ObjectStore } from "../core/ports.ts";
import type { Rollups } from "../core/rollup.ts";
import type { IdentityProvider } from "../core/sign-in.ts";

export interface ConsoleSettings {
  /** Where the console is, without a slash at the end: `https://….amazonaws.com/prod/console`. */
  readonly consoleUrl: string;
  /** Its page. */
  readonly pageUrl: string;
  /** For OpenAI's SDKs: ends with `/v1`. */
  readonly baseUrl: string;
  readonly sessionHours: number;
  readonly inviteDays: number;
  /** What a new account begins with; zero for nothing. */
  readonly welcomeCreditPicoUsd: PicoUsd;
}

/** All that the console needs from the outside. `handler.ts` and the local runner wire it. */
export interface Console {
  readonly settings: ConsoleSettings;
  /** Encrypts the cookies; asked for at each use, so that it is read when it is first needed. */
  readonly sessionSecret: () => Promise<string>;
  readonly identityProvider: IdentityProvider;
  readonly members: Members;
  readonly invites: Invites;
  readonly audit: AuditLog;
  readonly resolutions: Resolutions;
  readonly catalog: Catalog;
  readonly accounts: AccountDirectory;
  readonly keys: KeyKeeper;
  readonly ledger: Ledger;
  readonly rollups: Rollups;
  readonly lowBalances: LowBalances;
  readonly reports: ObjectStore;
  readonly reportLinks: ObjectLinks;
  readonly payments: Payments;
  readonly providerStatistics: ProviderStatistics;
  readonly deadLetters: DeadLetterQueues;
  /** Has the provider of this name what it needs to be called? Undefined: that is not known here. */
  readonly hasProviderKey: (provider: string) => Promise<boolean | undefined>;
  readonly nowMs: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
  readonly newRequestId: () => string;
  /** Told of errors that people see nothing of. */
  readonly report: (error: unknown, requestId: string) => void;
}
