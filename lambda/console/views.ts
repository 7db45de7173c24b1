/**
 * What the console's API answers with, as types only: the page in `web/` imports them.
 * Amounts are exact decimals in USD as strings; times are ISO 8601 in UTC.
 */
import type { Role } from "../core/members.ts";
import type { PaymentMode } from "../core/payments.ts";

// --- who am I -------------------------------------------------------------------------------------------------

export interface SessionView {
  readonly user: { readonly member_id: string; readonly name: string; readonly email: string };
  readonly account: {
    readonly account_id: string;
    readonly name: string;
    readonly status: "active" | "suspended";
  };
  readonly role: Role;
  /** May use `/operator/…`. */
  readonly is_operator: boolean;
  /** To be sent as `x-csrf-token` with everything but GET. */
  readonly csrf_token: string;
  readonly expires_at: string;
}

export interface SignedOutView {
  /** Where the browser goes next: the issuer's own sign-out, which comes back to the console. */
  readonly url: string;
}

// --- start ----------------------------------------------------------------------------------------------------

export interface StartView {
  /** For OpenAI's SDKs: ends with `/v1`. */
  readonly base_url: string;
  /** A model for the examples. */
  readonly model: string;
  readonly has_key: boolean;
  /** The account's first request, as far as it is known; null while it is waited for. */
  readonly first_request: { readonly request_id: string; readonly model: string; readonly at: string } | null;
}

// --- keys -----------------------------------------------------------------------------------------------------

export interface KeyView {
  readonly key_id: string;
  readonly name: string;
  readonly last4: string;
  readonly status: "active" | "revoked" | "expired";
  readonly created_at: string;
  /** Who made it in the console; null for keys made elsewhere. */
  readonly created_by: { readonly member_id: string; readonly name: string } | null;
  readonly expires_at: string | null;
  readonly spend_limit: {
    readonly amount: string;
    readonly period: "total" | "month";
    /** In this period, open requests included. */
    readonly spent: string;
  } | null;
  readonly allowed_models: readonly string[] | null;
  /** Null: not within the last 30 days. */
  readonly last_used_at: string | null;
  readonly spent_30_days: string;
  /** The session's user may rename and revoke it. */
  readonly is_mine_to_change: boolean;
}

export interface CreatedKeyView {
  readonly key: KeyView;
  /** The key itself. Nobody can show it again. */
  readonly secret: string;
}

// --- balance --------------------------------------------------------------------------------------------------

export interface BalanceView {
  readonly currency: "USD";
  readonly available: string;
  readonly on_hold: string;
  readonly posted: string;
  readonly status: "active" | "suspended";
  readonly open_requests: number;
  readonly low_balance: {
    readonly threshold: string;
    /** The account has no threshold of its own. */
    readonly is_default: boolean;
    readonly is_low: boolean;
  };
}

/** A top-up, refund or adjustment. */
export interface CreditView {
  readonly entry_id: string;
  readonly type: "topup" | "refund" | "adjustment";
  readonly amount: string;
  readonly write_off: string;
  readonly created_at: string;
  readonly reason: string | null;
}

/** `next` is the `cursor` of the next page; null on the last one. */
export interface CreditsView {
  readonly credits: readonly CreditView[];
  readonly next: string | null;
}

export interface PaymentTermsView {
  readonly mode: PaymentMode;
  readonly minimum: string;
  readonly maximum: string;
  readonly fee_percent: string;
}

export interface QuoteView {
  readonly credit: string;
  readonly fee: string;
  readonly total: string;
}

export interface CheckoutView {
  readonly url: string;
}

export interface ReceiptView extends QuoteView {
  readonly payment_id: string;
  readonly entry_id: string;
  readonly created_at: string;
  readonly refunded: string;
  readonly automatic: boolean;
  readonly url: string | null;
}

export interface AutoTopUpView {
  readonly enabled: boolean;
  readonly amount: string;
  readonly maximum_per_day: number;
  readonly payment_method: { readonly brand: string; readonly last4: string } | null;
  readonly stopped_because: string | null;
}

// --- members --------------------------------------------------------------------------------------------------

export interface MemberView {
  readonly member_id: string;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly joined_at: string;
  readonly is_you: boolean;
}

export interface InviteView {
  readonly invite_id: string;
  readonly created_at: string;
  readonly expires_at: string;
}

export interface MembersView {
  readonly members: readonly MemberView[];
  /** Those that still work. */
  readonly invites: readonly InviteView[];
}

export interface CreatedInviteView {
  readonly invite: InviteView;
  /** Works once. Nobody can show it again. */
  readonly url: string;
}
