import type { Entry } from "./charge.ts";
import { totalInputTokens } from "./usage.ts";

/** Where every event of ours comes from. */
export const EVENT_SOURCE = "wlrouter";

/** Raised when a field is removed or changes its meaning; new fields do not raise it. */
export const EVENT_VERSION = 1;

/** A charge, as the world sees it. Never a prompt, never a completion. Amounts are strings of whole pico-USD. */
export interface UsageSettled {
  readonly version: number;
  /** Deliveries repeat: the entry's id tells a repetition from a second charge. */
  readonly entry_id: string;
  readonly account_id: string;
  readonly request_id: string;
  readonly key_id: string;
  readonly model: string;
  readonly provider: string;
  readonly tag: string | null;
  readonly outcome: string;
  readonly estimated: boolean;
  readonly created_at: string;
  readonly input_tokens: number;
  readonly cache_read_tokens: number;
  readonly cache_write_tokens: number;
  readonly output_tokens: number;
  readonly reasoning_tokens: number;
  readonly total_input_tokens: number;
  readonly cost_pico_usd: string;
  readonly write_off_pico_usd: string;
  readonly catalog_version: string;
  readonly latency_ms: number;
  readonly time_to_first_token_ms: number | null;
  readonly cache_write_1h_tokens: number;
  readonly audio_input_tokens: number;
  readonly audio_cache_read_tokens: number;
  readonly audio_output_tokens: number;
  readonly image_output_tokens: number;
}

/** A top-up (`balance.credited`), or a refund or an operator's adjustment (`balance.adjusted`). */
export interface BalanceMoved {
  readonly version: number;
  readonly entry_id: string;
  readonly account_id: string;
  readonly type: string;
  readonly amount_pico_usd: string;
  readonly write_off_pico_usd: string;
  readonly fee_pico_usd: string;
  readonly created_at: string;
}

/** The balance has fallen below the account's threshold. Once for each crossing; `event_id` tells repetitions. */
export interface BalanceLow {
  readonly version: number;
  readonly event_id: string;
  readonly account_id: string;
  readonly posted_pico_usd: string;
  readonly threshold_pico_usd: string;
  readonly created_at: string;
}

/** An entry was changed or removed, which nothing of ours ever does. It is not usage and moves nothing. */
export interface LedgerTampered {
  readonly version: number;
  readonly event_id: string;
  readonly account_id: string;
  readonly entry_id: string;
  readonly change: "modified" | "removed";
  readonly created_at: string;
}

export type BusEvent =
  | { readonly type: "usage.settled"; readonly detail: UsageSettled }
  | { readonly type: "balance.credited"; readonly detail: BalanceMoved }
  | { readonly type: "balance.adjusted"; readonly detail: BalanceMoved }
  | { readonly type: "balance.low"; readonly detail: BalanceLow }
  | { readonly type: "ledger.tampered"; readonly detail: LedgerTampered };

/** What a table's stream says of the ledger. */
export type LedgerChange =
  | { readonly change: "inserted"; readonly entry: Entry }
  | {
      readonly change: LedgerTampered["change"];
      readonly accountId: string;
      readonly entryId: string;
      /** The same however often it is told. */
      readonly changeId: string;
      readonly changedAt: string;
    };

/** The event that a change of the ledger is published as: a new entry's own, or the alarm that it was tampered with. */
export function eventOfChange(change: LedgerChange): BusEvent {
  if (change.change === "inserted") return eventOf(change.entry);
  const detail = {
    version: EVENT_VERSION,
    event_id: `tampered_${change.changeId}`,
    account_id: change.accountId,
    entry_id: change.entryId,
    change: change.change,
    created_at: change.changedAt,
  };
  return { type: "ledger.tampered", detail };
}

/** The event that a ledger entry is published as: always the same one for the same entry. */
export function eventOf(entry: Entry): BusEvent {
  if (entry.charge) return { type: "usage.settled", detail: usageSettled(entry, entry.charge) };
  const type = entry.type === "topup" ? "balance.credited" : "balance.adjusted";
  return { type, detail: balanceMoved(entry) };
}

function usageSettled(entry: Entry, charge: NonNullable<Entry["charge"]>): UsageSettled {
  const { usage } = charge;
  return {
    version: EVENT_VERSION,
    entry_id: entry.entryId,
    account_id: entry.accountId,
    request_id: charge.requestId,
    key_id: charge.keyId,
    model: charge.model,
    provider: charge.provider,
    tag: charge.tag ?? null,
    outcome: charge.outcome,
    estimated: charge.estimated,
    created_at: entry.createdAt,
    input_tokens: usage.inputTokens,
    cache_read_tokens: usage.cacheReadTokens,
    cache_write_tokens: usage.cacheWriteTokens,
    output_tokens: usage.outputTokens,
    reasoning_tokens: usage.reasoningTokens,
    total_input_tokens: totalInputTokens(usage),
    cost_pico_usd: String(-entry.amountPicoUsd),
    write_off_pico_usd: String(entry.writeOffPicoUsd),
    catalog_version: charge.catalogVersion,
    latency_ms: charge.latencyMs,
    time_to_first_token_ms: charge.timeToFirstTokenMs ?? null,
    cache_write_1h_tokens: usage.cacheWrite1hTokens,
    audio_input_tokens: usage.audioInputTokens,
    audio_cache_read_tokens: usage.audioCacheReadTokens,
    audio_output_tokens: usage.audioOutputTokens,
    image_output_tokens: usage.imageOutputTokens,
  };
}

function balanceMoved(entry: Entry): BalanceMoved {
  return {
    version: EVENT_VERSION,
    entry_id: entry.entryId,
    account_id: entry.accountId,
    type: entry.type,
    amount_pico_usd: String(entry.amountPicoUsd),
    write_off_pico_usd: String(entry.writeOffPicoUsd),
    fee_pico_usd: String(entry.feePicoUsd ?? 0n),
    created_at: entry.createdAt,
  };
}
