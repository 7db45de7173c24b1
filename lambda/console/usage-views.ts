/** What the console's API answers with about usage, requests and models, as types only. As in views.ts. */
import type { Outcome } from "../core/charge.ts";

// --- usage ----------------------------------------------------------------------------------------------------

export interface UsageFigures {
  readonly requests: number;
  /** Of the requests, those that ended in any other way than `completed`. */
  readonly failures: number;
  readonly input_tokens: number;
  readonly cache_read_tokens: number;
  readonly cache_write_tokens: number;
  readonly output_tokens: number;
  /** Part of the output tokens. */
  readonly reasoning_tokens: number;
  readonly cost: string;
  /** What cache reads would have cost more as plain input, at today's prices. */
  readonly cache_savings: string;
}

export interface UsageRow extends UsageFigures {
  /** `2026-11-23T04` for an hour, `2026-11-23` for a day (UTC). */
  readonly period: string;
  /** A model's id, a key's id, or "" when grouped by nothing. */
  readonly group: string;
}

export interface UsageView {
  readonly from: string;
  readonly to: string;
  readonly grain: "hour" | "day";
  readonly group_by: "model" | "key" | "none";
  /** In order of time; a period without usage has no row. */
  readonly rows: readonly UsageRow[];
  readonly total: UsageFigures;
  /** Names of groups, where they have other names than their ids: keys. */
  readonly names: Readonly<Record<string, string>>;
}

// --- reports --------------------------------------------------------------------------------------------------

export interface ReportView {
  /** For `/reports/:report_id/link`. */
  readonly report_id: string;
  readonly unit: "day" | "month";
  /** `2026-11-23` or `2026-11`. */
  readonly period: string;
  readonly kind: "usage" | "statement";
  readonly format: "csv" | "json";
  readonly size_bytes: number;
}

export interface ReportsView {
  /** Newest first. */
  readonly reports: readonly ReportView[];
}

/** A link that works for everybody who has it, for some minutes. */
export interface LinkView {
  readonly url: string;
  readonly expires_at: string;
}

// --- requests -------------------------------------------------------------------------------------------------

export interface RequestRow {
  readonly request_id: string;
  /** When it ended; for an open one, when its hold is given back at the latest. */
  readonly at: string;
  readonly key_id: string;
  readonly key_name: string;
  readonly model: string;
  readonly outcome: Outcome | "open";
  readonly error_code: string | null;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cost: string;
  readonly latency_ms: number;
}

export interface RequestsView {
  readonly requests: readonly RequestRow[];
  readonly next: string | null;
}

export interface TriedRoute {
  readonly provider: string;
  readonly model: string | null;
  /** Null for the route that answered. */
  readonly error_code: string | null;
}

export interface RequestDetail extends RequestRow {
  readonly account_id: string;
  readonly provider: string;
  readonly tag: string | null;
  readonly estimated: boolean;
  readonly catalog_version: string;
  readonly tokens: {
    readonly input: number;
    readonly cache_read: number;
    readonly cache_write: number;
    readonly output: number;
    readonly reasoning: number;
    readonly audio_input: number;
    readonly audio_output: number;
  };
  /** Today's prices of the model, per million tokens; null when it is not sold any more. */
  readonly prices: ModelPrices | null;
  /** The prices shown are those the request was charged with. */
  readonly prices_are_of_request: boolean;
  readonly hold: string | null;
  readonly write_off: string;
  readonly time_to_first_token_ms: number | null;
  readonly routes: readonly TriedRoute[];
  /** The hold expired before the charge came. */
  readonly late: boolean;
}

// --- models ---------------------------------------------------------------------------------------------------

export interface TokenPricesView {
  readonly input_per_million: string;
  readonly output_per_million: string;
  readonly cache_read_per_million: string;
  readonly cache_write_per_million: string;
  /** Kept for an hour, where that is priced apart. */
  readonly cache_write_1h_per_million: string;
  readonly reasoning_per_million: string;
  readonly audio_input_per_million: string;
  readonly audio_cache_read_per_million: string;
  readonly audio_output_per_million: string;
  readonly image_output_per_million: string;
}

export interface ModelPrices extends TokenPricesView {
  readonly currency: "USD";
  readonly tiers: readonly (TokenPricesView & { readonly above_input_tokens: number })[];
}

export interface CatalogModel {
  readonly id: string;
  readonly owned_by: string;
  readonly context_window: number;
  readonly max_output_tokens: number;
  readonly input_modalities: readonly string[];
  readonly output_modalities: readonly string[];
  readonly prices: ModelPrices;
}

export interface ModelsView {
  readonly models: readonly CatalogModel[];
}
