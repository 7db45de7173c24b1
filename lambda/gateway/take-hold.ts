import { affordableOffer, firstOffer, type Offer, type Quote, shortfall } from "../core/budget.ts";
import type { Model } from "../core/catalog.ts";
import type { Entry } from "../core/charge.ts";
import { GatewayError } from "../core/errors.ts";
import { decodeHold, holdExpiryMs, keyPeriodOf } from "../core/hold.ts";
import { fingerprintOf } from "../core/idempotency.ts";
import type { ApiKey } from "../core/keys.ts";
import { formatUsd, minOf, type PicoUsd } from "../core/money.ts";
import type { Account, HoldAnswer, HoldRefusal, OpenHold } from "../core/ports.ts";
import { minuteOf, type RateCheck, rateUseOf } from "../core/rate-limit.ts";
import type { Gateway } from "./gateway.ts";
import { conflict, type Idempotency } from "./idempotency.ts";
import { rateHeaders, rateLimited } from "./rate-headers.ts";

export interface HoldFor {
  readonly requestId: string;
  readonly key: ApiKey;
  readonly model: Model;
  readonly quoted: Quote;
  readonly deadlineMs: number;
  /** Random for this request: HOLD tells its own tries by it. */
  readonly nonce: string;
  /** Given where the client chose the request's id, which another request may have too. */
  readonly idempotency?: Idempotency | undefined;
}

/** Money that is set aside, and the output it pays for. */
export interface Held {
  readonly open: OpenHold;
  readonly outputCapTokens: number;
  /** When it was taken: from here on the request waits for its provider. */
  readonly atMs: number;
  /** Of the key's rate limit, where it has one. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The balance may move between a refusal and the next offer; a few tries follow it. */
const TRIES = 4;

/**
 * Holds the worst case, or what the balance affords of it.
 * @throws GatewayError 402 that says what would be affordable; 401, 403, 409, 429 as the account stands.
 */
export async function takeHold(gateway: Gateway, wanted: HoldFor): Promise<Held> {
  const limitPicoUsd = wanted.key.spendLimit?.amountPicoUsd;
  // The same for every offer: one that is sent when an earlier may have been swept must not be taken for the first.
  const expiresAtMs = holdExpiryMs(gateway.timers.nowMs(), wanted.deadlineMs);
  const offers = [firstOffer(wanted.quoted)];
  let account: Account | undefined;
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const offer = offers[attempt - 1];
    if (!offer) break;
    // HOLD's condition on the key's spend needs an amount within the limit, so one above it is never tried.
    const exceedsKey = limitPicoUsd !== undefined && offer.amountPicoUsd > limitPicoUsd;
    const answer = exceedsKey
      ? await balanceOnly(gateway, wanted.key)
      : await tryHold(gateway, wanted, offer, expiresAtMs);
    if (answer.held) return heldFor(gateway, wanted, answer, offers);
    await refuseSecond(gateway, answer.account, wanted);
    const rate = rateCheck(wanted, offer, gateway.timers.nowMs());
    if (answer.refusal === "rate_limited" && answer.account && rate) {
      throw rateLimited(rate.limit, rateUseOf(answer.account, rate), rate.tokens, gateway.timers.nowMs());
    }
    if (!answer.account || !isAboutMoney(answer.refusal)) throw refusalError(answer.refusal);
    account = answer.account;
    const next = affordableOffer(wanted.quoted, spendableBy(account, wanted, gateway.timers.nowMs()));
    if (next) offers.push(next);
  }
  throw tooExpensive(account, wanted, gateway.timers.nowMs());
}

/**
 * The hold that is stored may come from an earlier offer, whose answer was lost. Where the client chose the id, a first
 * request with it may have ended before this HOLD: the ledger is read after the hold is taken, since whoever ended has
 * its entry there before its record leaves the account.
 */
async function heldFor(
  gateway: Gateway,
  wanted: HoldFor,
  { open, rateUse }: HoldAnswer & { held: true },
  offers: readonly Offer[],
): Promise<Held> {
  const offer = offers.find(({ amountPicoUsd }) => amountPicoUsd === open.hold.amountPicoUsd);
  if (wanted.idempotency) {
    const release = () => gateway.ledger.release(open).catch(() => {});
    const entry = await gateway.ledger.entry(open.accountId, open.requestId).catch(async (error: unknown) => {
      await release();
      throw error;
    });
    if (entry) {
      await release();
      throw conflict(firstOf(entry), wanted.idempotency);
    }
  }
  if (!offer) throw new Error("a hold of ours came back with an amount that was never offered");
  const { rateLimit } = wanted.key;
  const headers = rateLimit && rateUse ? rateHeaders(rateLimit, rateUse, gateway.timers.nowMs()) : {};
  return { open, outputCapTokens: offer.outputCapTokens, atMs: gateway.timers.nowMs(), headers };
}

function firstOf(entry: Entry) {
  return { outcome: entry.charge?.outcome ?? "completed", fingerprint: entry.charge?.fingerprint };
}

/** Whoever asks again is told of the first, also where money or a limit would not let a new request in any more. */
async function refuseSecond(
  gateway: Gateway,
  account: Account | undefined,
  { requestId, idempotency }: HoldFor,
): Promise<void> {
  if (!idempotency || !account) return;
  const held = account.holds.get(requestId);
  if (held !== undefined) {
    throw conflict({ outcome: "open", fingerprint: fingerprintOf(decodeHold(held).attempt) }, idempotency);
  }
  const entry = account.outbox.get(requestId) ?? (await gateway.ledger.entry(account.accountId, requestId));
  if (entry) throw conflict(firstOf(entry), idempotency);
}

function tryHold(gateway: Gateway, wanted: HoldFor, offer: Offer, expiresAtMs: number): Promise<HoldAnswer> {
  const { key, model, requestId } = wanted;
  const nowMs = gateway.timers.nowMs();
  return gateway.ledger.hold({
    accountId: key.accountId,
    requestId,
    hold: {
      amountPicoUsd: offer.amountPicoUsd,
      expiresAtMs,
      keyId: key.keyId,
      keyPeriod: keyPeriodOf(key.keyId, key.spendLimit, nowMs),
      model: model.id,
      catalogVersion: gateway.catalog.version,
    },
    nonce: wanted.nonce,
    fingerprint: wanted.idempotency?.fingerprint,
    requiredPicoUsd: offer.requiredPicoUsd,
    keyLimitPicoUsd: key.spendLimit?.amountPicoUsd,
    rate: rateCheck(wanted, offer, nowMs),
  });
}

function rateCheck({ key, quoted }: HoldFor, offer: Offer, nowMs: number): RateCheck | undefined {
  if (!key.rateLimit) return undefined;
  return {
    limit: key.rateLimit,
    keyId: key.keyId,
    minute: minuteOf(nowMs),
    tokens: countedTokens(quoted, offer, key.rateLimit.tokensPerMinute),
  };
}

/** All that the request may use; one that names no cap counts as a whole minute at most, or it could never run. */
function countedTokens(quoted: Quote, offer: Offer, tokensPerMinute = Number.POSITIVE_INFINITY): number {
  const input = quoted.inputEstimateTokens;
  const all = input + offer.outputCapTokens * quoted.choices;
  return quoted.capIsExplicit ? all : Math.min(all, Math.max(input, tokensPerMinute));
}

async function balanceOnly(gateway: Gateway, key: ApiKey): Promise<HoldAnswer & { held: false }> {
  const account = await gateway.ledger.account(key.accountId);
  return { held: false, refusal: account ? "key_limit" : "no_account", account };
}

function isAboutMoney(refusal: HoldRefusal): boolean {
  return refusal === "insufficient_balance" || refusal === "key_limit";
}

function keyLeft(account: Account, { key }: HoldFor, nowMs: number): PicoUsd | undefined {
  if (!key.spendLimit) return undefined;
  const spent = account.keySpendPicoUsd.get(keyPeriodOf(key.keyId, key.spendLimit, nowMs)) ?? 0n;
  return key.spendLimit.amountPicoUsd - spent;
}

function spendableBy(account: Account, wanted: HoldFor, nowMs: number): PicoUsd {
  const left = keyLeft(account, wanted, nowMs);
  return left === undefined ? account.availablePicoUsd : minOf(account.availablePicoUsd, left);
}

function refusalError(refusal: HoldRefusal): GatewayError {
  switch (refusal) {
    case "suspended":
      return new GatewayError("account_suspended", "This account is suspended. Ask the operator.");
    case "key_revoked":
      return new GatewayError("invalid_api_key", "This API key has been revoked. Use another one.");
    case "too_many_open":
      return new GatewayError(
        "concurrency_limit_exceeded",
        "This account has as many open requests as it may have. Try again when some have ended.",
        { retryable: true, retryAfterSeconds: 1 },
      );
    case "rate_limited":
      return new GatewayError("rate_limit_exceeded", "This key's rate limit is reached.", {
        retryable: true,
      });
    case "already_known":
      return new GatewayError("idempotency_conflict", "A request with this id exists already.");
    case "no_account":
      return new GatewayError("invalid_api_key", "The account of this API key does not exist any more.");
    case "insufficient_balance":
    case "key_limit":
      return new GatewayError("insufficient_balance", "The balance does not cover this request.");
  }
}

const RETRY_AFTER_SECONDS = 2;

function tooExpensive(account: Account | undefined, wanted: HoldFor, nowMs: number): GatewayError {
  if (!account) return refusalError("insufficient_balance");
  const left = keyLeft(account, wanted, nowMs);
  if (left !== undefined && left < account.availablePicoUsd) return keyTooExpensive(left, wanted);
  const { requiredPicoUsd, affordableOutputTokens } = shortfall(wanted.quoted, account.availablePicoUsd);
  // Open holds come back: with them the balance would do, so the same request may work in a moment.
  const onlyHoldsInTheWay = account.postedPicoUsd >= requiredPicoUsd;
  return new GatewayError(
    "insufficient_balance",
    `The balance does not cover this request: up to ${formatUsd(requiredPicoUsd)} USD is required and ` +
      `${formatUsd(account.availablePicoUsd)} USD is available. ${advice(affordableOutputTokens)}` +
      (onlyHoldsInTheWay ? " Open requests hold the rest: trying again when they have ended may work." : ""),
    onlyHoldsInTheWay ? { retryable: true, shouldRetry: true, retryAfterSeconds: RETRY_AFTER_SECONDS } : {},
  );
}

function keyTooExpensive(leftPicoUsd: PicoUsd, wanted: HoldFor): GatewayError {
  const { requiredPicoUsd, affordableOutputTokens } = shortfall(wanted.quoted, leftPicoUsd);
  return new GatewayError(
    "key_limit_exceeded",
    `This key's spend limit does not cover this request: up to ${formatUsd(requiredPicoUsd)} USD is required ` +
      `and ${formatUsd(leftPicoUsd)} USD of the limit is left. ${advice(affordableOutputTokens)}`,
  );
}

function advice(affordableOutputTokens: number): string {
  return affordableOutputTokens >= 1
    ? `Set max_completion_tokens to ${affordableOutputTokens} or less, or top up.`
    : "Top up, or send a shorter request.";
}
