import { number, text } from "../../../lambda/adapters/dynamodb/attributes.ts";
import { entryRecord, newAccountItem } from "../../../lambda/adapters/dynamodb/items.ts";
import type { Entry } from "../../../lambda/core/charge.ts";
import { encodeHold, type Hold } from "../../../lambda/core/hold.ts";
import { type LedgerWorld, nextAccountId, START_MS } from "./ledger-world.ts";

/** The longest that each may be: a request's id is a UUID, a key's 14 characters, a model's at most 64. */
const UUID = "019ab0f2-7c1d-7e9a-8c55-0123456789ab";
const KEY_ID = "key_0123456789ABCD";
const MODEL = "m".repeat(64);
/** A billion USD, less a picodollar. */
const AMOUNT = 999_999_999_999_999_999_999n;
const FINGERPRINT = "f".repeat(12);
const CREATED_AT = "2026-11-23T12:00:01.000Z";

export const LONGEST_HOLD: Hold = {
  amountPicoUsd: AMOUNT,
  expiresAtMs: START_MS,
  keyId: KEY_ID,
  keyPeriod: `${KEY_ID}#2026-11`,
  model: MODEL,
  catalogVersion: "0a1b2c3d",
  // Nonce, fingerprint of an idempotent request, and the try's own name.
  attempt: `${"n".repeat(12)}~${FINGERPRINT}.0123456`,
};

const TOKENS = 99_999_999;

export function longestEntry(accountId: string, index: number): Entry {
  const requestId = longestRequestId("req_", index);
  return {
    accountId,
    entryId: requestId,
    type: "charge",
    amountPicoUsd: -AMOUNT,
    writeOffPicoUsd: AMOUNT,
    createdAt: CREATED_AT,
    charge: {
      requestId,
      keyId: KEY_ID,
      model: MODEL,
      provider: "p".repeat(32),
      tried: "t".repeat(40),
      outcome: "completed",
      usage: {
        inputTokens: TOKENS,
        cacheReadTokens: TOKENS,
        cacheWriteTokens: TOKENS,
        outputTokens: TOKENS,
        reasoningTokens: TOKENS,
        audioInputTokens: TOKENS,
        audioOutputTokens: TOKENS,
        audioCacheReadTokens: TOKENS,
        cacheWrite1hTokens: TOKENS,
        imageOutputTokens: TOKENS,
      },
      estimated: true,
      catalogVersion: "0a1b2c3d",
      fingerprint: FINGERPRINT,
      createdAt: CREATED_AT,
      latencyMs: 899_999,
      timeToFirstTokenMs: 899_999,
      holdPicoUsd: AMOUNT,
      upstreamCostPicoUsd: AMOUNT,
      // The longest of ours.
      errorCode: "concurrency_limit_exceeded",
      possibleCostPicoUsd: AMOUNT,
    },
  };
}

function longestRequestId(prefix: string, index: number): string {
  return `${prefix}${UUID.slice(0, -4)}${String(index).padStart(4, "0")}`;
}

/** A sound account with so many holds and records, each as long as it can be, written in one put. */
export async function newFullAccount(
  world: LedgerWorld,
  size: { readonly holds: number; readonly records: number },
): Promise<string> {
  const accountId = nextAccountId();
  const records = Array.from({ length: size.records }, (_, index) => longestEntry(accountId, index));
  const holds = Array.from({ length: size.holds }, (_, index) => longestRequestId("req_", 5_000 + index));
  const held = BigInt(size.holds) * AMOUNT;
  const charged = BigInt(size.records) * AMOUNT;
  const opening = {
    ...longestEntry(accountId, 9_999),
    amountPicoUsd: charged + held + 1_000n,
    writeOffPicoUsd: 0n,
  };
  const posted = opening.amountPicoUsd - charged;
  await world.direct.ledger.drain(opening);
  await world.direct.store.putIfAbsent(
    world.tables.accounts,
    {
      ...newAccountItem(accountId, "full", CREATED_AT),
      available: number(posted - held),
      posted: number(posted),
      writeOff: number(charged),
      sequence: number(records.length + 1),
      holds: { M: Object.fromEntries(holds.map((requestId) => [requestId, text(encodeHold(LONGEST_HOLD))])) },
      outbox: { M: Object.fromEntries(records.map((entry) => [entry.entryId, { M: entryRecord(entry) }])) },
    },
    "accountId",
  );
  return accountId;
}
