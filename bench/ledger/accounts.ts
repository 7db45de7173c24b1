import { v7 as uuidv7 } from "uuid";
import { number, text } from "../../lambda/adapters/dynamodb/attributes.ts";
import { newAccountItem } from "../../lambda/adapters/dynamodb/items.ts";
import type { Item } from "../../lambda/adapters/dynamodb/store.ts";
import { encodeHold, type Hold, NO_KEY_PERIOD } from "../../lambda/core/hold.ts";
import type { HoldRequest, OpenHold } from "../../lambda/core/ports.ts";
import { NO_USAGE } from "../../lambda/core/usage.ts";

const AMOUNT = 1_234_500_000n;
const OPEN_FOR_MS = 900_000 + 120_000;

/** As long as the gateway's own: names of usual length, no key limit. */
function holdOf(attempt: string): Hold {
  return {
    amountPicoUsd: AMOUNT,
    expiresAtMs: Date.now() + OPEN_FOR_MS,
    keyId: "key_Ab3dEf7hIj",
    keyPeriod: NO_KEY_PERIOD,
    model: "gpt-4.1-mini",
    catalogVersion: "0a1b2c3d",
    attempt,
  };
}

/** An account with plenty of money and so many holds open, as it would be after that many requests had begun. */
export function accountWith(accountId: string, openHolds: number): Item {
  const held = BigInt(openHolds) * AMOUNT;
  const available = 10n ** 18n;
  const holds = Object.fromEntries(
    Array.from({ length: openHolds }, () => [`req_${uuidv7()}`, text(encodeHold(holdOf("AbCdEf7.AbCdEf7")))]),
  );
  return {
    ...newAccountItem(accountId, "bench", new Date().toISOString()),
    available: number(available),
    posted: number(available + held),
    holds: { M: holds },
  };
}

export function holdRequest(accountId: string): HoldRequest {
  const { attempt, ...hold } = holdOf("");
  return {
    accountId,
    requestId: `req_${uuidv7()}`,
    hold,
    requiredPicoUsd: AMOUNT,
    keyLimitPicoUsd: undefined,
  };
}

export function factsOf(open: OpenHold) {
  return {
    requestId: open.requestId,
    keyId: open.hold.keyId,
    model: open.hold.model,
    provider: "openai",
    outcome: "completed",
    usage: { ...NO_USAGE, inputTokens: 1_234, outputTokens: 567 },
    estimated: false,
    catalogVersion: open.hold.catalogVersion,
    createdAt: new Date().toISOString(),
    latencyMs: 4_321,
  } as const;
}
