/** What the operator's part of the console's API answers with, as types only. */
import type { CreditView, KeyView, MemberView } from "./views.ts";

export interface AccountRow {
  readonly account_id: string;
  readonly name: string;
  readonly status: "active" | "suspended";
  readonly available: string;
  readonly on_hold: string;
  readonly posted: string;
  readonly write_off: string;
  readonly created_at: string;
}

export interface AccountsView {
  readonly accounts: readonly AccountRow[];
  /** More were found than are shown: search for less. */
  readonly has_more: boolean;
}

export interface AccountDetail extends AccountRow {
  readonly keys: readonly KeyView[];
  readonly members: readonly MemberView[];
  /** The newest. */
  readonly credits: readonly CreditView[];
}

export interface AdjustedView {
  readonly account: AccountRow;
  readonly entry: CreditView;
  /** This id was applied before: nothing was changed now. */
  readonly is_repeated: boolean;
}

export interface RevenueDay {
  readonly day: string;
  readonly requests: number;
  readonly failures: number;
  /** What customers were charged. */
  readonly revenue: string;
  /** What providers ask for the same tokens, at today's costs. */
  readonly upstream_cost: string;
  readonly margin: string;
}

export interface RevenueView {
  readonly from: string;
  readonly to: string;
  readonly days: readonly RevenueDay[];
  readonly total: Omit<RevenueDay, "day">;
}

export interface ProviderView {
  readonly provider: string;
  readonly kind: string;
  readonly base_url: string | null;
  /** Null: not known, since in a stack the console may not read providers' keys. */
  readonly has_key: boolean | null;
  readonly models: number;
  /** Of the last hour. */
  readonly requests: number;
  readonly failures: number;
  readonly state: "ok" | "failing" | "idle" | "no_key";
  readonly last_error_code: string | null;
}

export interface ProvidersView {
  readonly providers: readonly ProviderView[];
}

/** A request that ended without an answer of its own: by the sweeper, or with an outcome that nobody knows. */
export interface UnsettledView {
  readonly account_id: string;
  readonly request_id: string;
  readonly key_id: string;
  readonly model: string;
  readonly provider: string;
  /** Of an expired hold: it has ended already, or the sweeper is late. */
  readonly is_open: boolean;
  readonly at: string;
  /** What was held; of a suspense entry, what the provider may ask at most. */
  readonly amount: string;
}

export interface ExpiredHoldsView {
  readonly holds: readonly UnsettledView[];
  readonly next: string | null;
}

export interface SuspenseView extends UnsettledView {
  readonly resolution: {
    readonly provider_charged: string;
    readonly note: string;
    readonly by: string;
    readonly at: string;
  } | null;
}

export interface SuspenseListView {
  readonly entries: readonly SuspenseView[];
  readonly next: string | null;
}

export interface DeadLettersView {
  readonly queues: readonly { readonly name: string; readonly messages: number }[];
}

export interface AuditEntryView {
  readonly audit_id: string;
  readonly at: string;
  readonly by: { readonly subject: string; readonly email: string };
  /** `account.credit`, `account.debit`, `account.suspend`, `account.activate`, `payment.refund`, `suspense.resolve`. */
  readonly action: string;
  readonly account_id: string | null;
  readonly reason: string;
  /** What else was asked for: an amount, an entry's id. */
  readonly details: Readonly<Record<string, string>>;
}

export interface AuditView {
  readonly entries: readonly AuditEntryView[];
  readonly next: string | null;
}
