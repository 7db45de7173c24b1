import { encodeHold, maySendHold, NO_KEY_PERIOD } from "../../core/hold.ts";
import { ownAttempts } from "../../core/idempotency.ts";
import { decodeOpenHold } from "../../core/open-hold.ts";
import type { Account, HoldAnswer, HoldRefusal, HoldRequest, OpenHold } from "../../core/ports.ts";
import { isWithin, rateUseOf } from "../../core/rate-limit.ts";
import type { LedgerContext } from "./attempts.ts";
import { number, text } from "./attributes.ts";
import { accountKey, readAccount } from "./items.ts";
import { rateClauses, rateUseIn } from "./rates.ts";
import { readAccountItem } from "./reading.ts";
import { type Item, StoreError, type UpdateClauses } from "./store.ts";
import { orUnavailable } from "./unavailable.ts";

/** The account item must stay under DynamoDB's 400 kB: 256 holds and 256 records of at most 600 bytes fit. */
export const MAX_OPEN = 256;

const TRIES = 4;
const FIRST_PAUSE_MS = 25;

/**
 * HOLD: money is set aside in one conditional write, or not at all. Each try writes its own attempt name, since a
 * delayed first try must never pass for a second one; whoever finds a hold of ours adopts the stored string.
 * @throws GatewayError `rate_limit_exceeded` when DynamoDB throttles, `service_unavailable` when it doesn't answer:
 * in both cases nothing was called, and a hold that landed unseen expires.
 */
export function hold(context: LedgerContext, request: HoldRequest): Promise<HoldAnswer> {
  return orUnavailable(() => tryToHold(context, request));
}

/** @throws StoreError the last failure. */
async function tryToHold(context: LedgerContext, request: HoldRequest): Promise<HoldAnswer> {
  const nonce = request.nonce ?? context.newAttempt();
  const ours = ownAttempts(nonce, request.fingerprint);
  const maySend = () => maySendHold(request.hold, context.nowMs());
  let failure: unknown;
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    if (!maySend()) throw failure ?? tooLate();
    const open = newAttempt(request, ours + context.newAttempt());
    try {
      const updated = await context.store.update(context.tables.accounts, accountKey(request.accountId), {
        ...holdClauses(request, open.text),
        maySend,
      });
      return { held: true, open, rateUse: request.rate && rateUseIn(updated, request.rate) };
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      failure = error;
      if (error.failure === "condition_failed") {
        const answer = await whyRefused(context, request, error.item, ours);
        if (answer) return answer;
      } else {
        await context.pause(FIRST_PAUSE_MS * 2 ** (attempt - 1));
      }
    }
  }
  throw failure;
}

function tooLate(): StoreError {
  return new StoreError("unknown", new Error("the hold would expire before it has certainly landed"));
}

function newAttempt(request: HoldRequest, attempt: string): OpenHold {
  const hold = { ...request.hold, attempt };
  return { accountId: request.accountId, requestId: request.requestId, hold, text: encodeHold(hold) };
}

function holdClauses(request: HoldRequest, holdText: string): UpdateClauses {
  const counted = request.hold.keyPeriod !== NO_KEY_PERIOD;
  const amount = request.hold.amountPicoUsd;
  const rate = request.rate && rateClauses(request.rate);
  return {
    set: [
      "#available = #available - :amount",
      "#holds.#request = :hold",
      ...(counted ? ["#keySpend.#period = if_not_exists(#keySpend.#period, :zero) + :amount"] : []),
      ...(rate?.set ?? []),
    ],
    remove: rate?.remove ?? [],
    condition: [
      "#status = :active",
      "NOT contains(#revokedKeys, :key)",
      "#available >= :required",
      "size(#holds) < :maxOpen",
      "size(#outbox) < :maxOpen",
      "attribute_not_exists(#holds.#request)",
      "attribute_not_exists(#outbox.#request)",
      ...(counted ? withinLimit(request) : []),
      ...(rate?.condition ?? []),
    ],
    names: { "#request": request.requestId, "#period": request.hold.keyPeriod, ...rate?.names },
    returnUpdated: rate !== undefined,
    values: {
      ...rate?.values,
      ":amount": number(amount),
      ":required": number(request.requiredPicoUsd),
      ":hold": text(holdText),
      ":active": text("active"),
      ":key": text(request.hold.keyId),
      ":maxOpen": number(MAX_OPEN),
      ":zero": number(0),
      ":limitMinusAmount": number((request.keyLimitPicoUsd ?? 0n) - amount),
    },
  };
}

/** A period that is not counted yet passes only when the amount alone is within the limit. */
function withinLimit({ hold, keyLimitPicoUsd }: HoldRequest): string[] {
  if (keyLimitPicoUsd === undefined) return [];
  const spentLeavesRoom = "#keySpend.#period <= :limitMinusAmount";
  return hold.amountPicoUsd <= keyLimitPicoUsd
    ? [`(attribute_not_exists(#keySpend.#period) OR ${spentLeavesRoom})`]
    : [spentLeavesRoom];
}

/** Undefined when the account, read after the refusal, would no longer refuse: try again. */
async function whyRefused(
  context: LedgerContext,
  request: HoldRequest,
  returned: Item | undefined,
  ours: string,
): Promise<HoldAnswer | undefined> {
  const item = returned ?? (await readAccountItem(context, request.accountId));
  if (!item) return { held: false, refusal: "no_account", account: undefined };
  const account = readAccount(item);
  const stored = account.holds.get(request.requestId);
  if (stored !== undefined) {
    const open = decodeOpenHold(request.accountId, request.requestId, stored);
    if (open.hold.attempt.startsWith(ours)) {
      return { held: true, open, rateUse: request.rate && rateUseIn(item, request.rate) };
    }
  }
  const refusal = refusalOf(account, request);
  return refusal && { held: false, refusal, account };
}

function refusalOf(account: Account, request: HoldRequest): HoldRefusal | undefined {
  const { requestId, hold, requiredPicoUsd, keyLimitPicoUsd, rate } = request;
  if (account.holds.has(requestId) || account.outbox.has(requestId)) return "already_known";
  if (account.status !== "active") return "suspended";
  if (account.revokedKeys.has(hold.keyId)) return "key_revoked";
  if (account.holds.size >= MAX_OPEN || account.outbox.size >= MAX_OPEN) return "too_many_open";
  const spent = account.keySpendPicoUsd.get(hold.keyPeriod) ?? 0n;
  if (keyLimitPicoUsd !== undefined && spent + hold.amountPicoUsd > keyLimitPicoUsd) return "key_limit";
  if (account.availablePicoUsd < requiredPicoUsd) return "insufficient_balance";
  if (rate && !isWithin(rate.limit, rateUseOf(account, rate), rate.tokens)) return "rate_limited";
  return undefined;
}
