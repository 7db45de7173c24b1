import type { ChargeFacts, Entry } from "../../lambda/core/charge.ts";
import { NO_USAGE } from "../../lambda/core/usage.ts";

const ACCOUNT = "acct_1";

/** The `number`th request of an account, at a given time. */
export function charge(number: number, facts: Partial<ChargeFacts> & { accountId?: string } = {}): Entry {
  const { accountId = ACCOUNT, createdAt = "2026-11-23T04:05:06.789Z", ...rest } = facts;
  const requestId = `req_${accountId}_${number}`;
  return {
    accountId,
    entryId: requestId,
    type: "charge",
    amountPicoUsd: -BigInt(number) * 1_000_003n,
    writeOffPicoUsd: 0n,
    createdAt,
    charge: {
      requestId,
      keyId: "key_1",
      model: "gpt-4.1-mini",
      provider: "openai",
      outcome: "completed",
      usage: { ...NO_USAGE, inputTokens: number, outputTokens: 10, reasoningTokens: 4 },
      estimated: false,
      catalogVersion: "c1",
      createdAt,
      latencyMs: 812,
      timeToFirstTokenMs: 240,
      ...rest,
    },
  };
}

export function late(number: number): Entry {
  const entry = charge(number, { createdAt: "2026-11-23T04:30:00.000Z" });
  return { ...entry, entryId: `late_${entry.entryId}`, type: "late" };
}

export function movement(
  entryId: string,
  type: "topup" | "refund" | "adjustment",
  amountPicoUsd: bigint,
): Entry {
  const createdAt = "2026-11-23T04:00:00.000Z";
  return { accountId: ACCOUNT, entryId, type, amountPicoUsd, writeOffPicoUsd: 0n, createdAt };
}
