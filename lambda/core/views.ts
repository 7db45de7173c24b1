/** How accounts, keys, requests and entries look to the world, in the API and on the command line alike. */
import type { ChargeFacts, Entry } from "./charge.ts";
import type { ApiKey } from "./keys.ts";
import { formatUsd } from "./money.ts";
import type { Account, OpenHold } from "./ports.ts";

export function accountView(account: Account) {
  return {
    account_id: account.accountId,
    currency: "USD",
    available: formatUsd(account.availablePicoUsd),
    held: formatUsd(account.postedPicoUsd - account.availablePicoUsd),
    posted: formatUsd(account.postedPicoUsd),
    status: account.status,
  };
}

export function keyView(key: ApiKey) {
  return {
    key_id: key.keyId,
    name: key.name,
    account_id: key.accountId,
    last4: key.last4,
    expires_at: key.expiresAt ?? null,
    spend_limit: key.spendLimit
      ? { amount: formatUsd(key.spendLimit.amountPicoUsd), period: key.spendLimit.period }
      : null,
    rate_limit: key.rateLimit
      ? {
          requests_per_minute: key.rateLimit.requestsPerMinute ?? null,
          tokens_per_minute: key.rateLimit.tokensPerMinute ?? null,
        }
      : null,
    allowed_models: key.allowedModels ? [...key.allowedModels] : null,
    status: key.status,
  };
}

/** A request that has ended. A late charge replaces the entry that the sweeper left at zero. */
export function requestView(entry: Entry, charge: ChargeFacts) {
  return {
    request_id: charge.requestId,
    account_id: entry.accountId,
    key_id: charge.keyId,
    model: charge.model,
    provider: charge.provider,
    tried: charge.tried ?? null,
    tag: charge.tag ?? null,
    outcome: charge.outcome,
    created_at: charge.createdAt,
    input_tokens: charge.usage.inputTokens,
    cache_read_tokens: charge.usage.cacheReadTokens,
    cache_write_tokens: charge.usage.cacheWriteTokens,
    output_tokens: charge.usage.outputTokens,
    reasoning_tokens: charge.usage.reasoningTokens,
    cache_write_1h_tokens: charge.usage.cacheWrite1hTokens,
    audio_input_tokens: charge.usage.audioInputTokens,
    audio_cache_read_tokens: charge.usage.audioCacheReadTokens,
    audio_output_tokens: charge.usage.audioOutputTokens,
    image_output_tokens: charge.usage.imageOutputTokens,
    cost: formatUsd(-entry.amountPicoUsd),
    write_off: formatUsd(entry.writeOffPicoUsd),
    estimated: charge.estimated,
    catalog_version: charge.catalogVersion,
    latency_ms: charge.latencyMs,
    time_to_first_token_ms: charge.timeToFirstTokenMs ?? null,
  };
}

export type RequestView = Omit<ReturnType<typeof requestView>, "outcome"> & { outcome: string };

/** A request that is still open: its hold is all that is known. */
export function openRequestView({ accountId, requestId, hold }: OpenHold): RequestView & { held: string } {
  return {
    request_id: requestId,
    account_id: accountId,
    key_id: hold.keyId,
    model: hold.model,
    provider: "",
    tried: null,
    tag: null,
    outcome: "open",
    created_at: "",
    input_tokens: 0,
    cache_read_tokens: 0,
    cache_write_tokens: 0,
    output_tokens: 0,
    reasoning_tokens: 0,
    cache_write_1h_tokens: 0,
    audio_input_tokens: 0,
    audio_cache_read_tokens: 0,
    audio_output_tokens: 0,
    image_output_tokens: 0,
    cost: formatUsd(0n),
    write_off: formatUsd(0n),
    estimated: false,
    catalog_version: hold.catalogVersion,
    latency_ms: 0,
    time_to_first_token_ms: null,
    held: formatUsd(hold.amountPicoUsd),
  };
}

export function entryView(entry: Entry) {
  return {
    entry_id: entry.entryId,
    type: entry.type,
    amount: formatUsd(entry.amountPicoUsd),
    write_off: formatUsd(entry.writeOffPicoUsd),
    created_at: entry.createdAt,
    ...(entry.reason === undefined ? {} : { reason: entry.reason }),
    ...(entry.charge ? { request: requestView(entry, entry.charge) } : {}),
  };
}
