import type { ApiKey } from "../../lambda/core/keys.ts";
import { formatUsd } from "../../lambda/core/money.ts";
import type { RateLimit } from "../../lambda/core/rate-limit.ts";
import { table, timeText } from "./output.ts";

const HEADS = ["KEY", "NAME", "ENDS IN", "STATUS", "LIMIT (USD)", "A MINUTE", "MODELS", "EXPIRES (UTC)"];

export function keyTable(keys: readonly ApiKey[], nowMs: number): string {
  const rows = keys.map((key) => [
    key.keyId,
    key.name,
    `…${key.last4}`,
    statusOf(key, nowMs),
    key.spendLimit ? `${formatUsd(key.spendLimit.amountPicoUsd)} ${key.spendLimit.period}` : "none",
    rateText(key.rateLimit),
    key.allowedModels?.join(", ") ?? "all",
    key.expiresAt ? timeText(key.expiresAt) : "never",
  ]);
  return table(HEADS, rows);
}

function rateText({ requestsPerMinute, tokensPerMinute }: RateLimit = {}): string {
  const limits = [
    ...(requestsPerMinute === undefined ? [] : [`${requestsPerMinute} requests`]),
    ...(tokensPerMinute === undefined ? [] : [`${tokensPerMinute} tokens`]),
  ];
  return limits.join(", ") || "no limit";
}

function statusOf(key: ApiKey, nowMs: number): string {
  const expired = key.expiresAt !== undefined && Date.parse(key.expiresAt) <= nowMs;
  return key.status === "active" && expired ? "expired" : key.status;
}
