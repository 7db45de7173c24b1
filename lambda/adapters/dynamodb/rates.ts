import { type RateCheck, type RateUse, rateNames } from "../../core/rate-limit.ts";
import { type LedgerContext, refusedBy } from "./attempts.ts";
import { number, readCount, readMap } from "./attributes.ts";
import { accountKey } from "./items.ts";
import type { Item, UpdateClauses } from "./store.ts";

type RateClauses = Required<Pick<UpdateClauses, "set" | "remove" | "condition" | "names" | "values">>;

/**
 * Counts a request against its key's minute inside HOLD's own write, so that a limit costs no second one. The minute
 * before the last is cleared on the way (a HOLD of the last one may still be under way, and must find its count); what
 * quiet keys leave, the sweeper clears.
 */
export function rateClauses({ limit, keyId, minute, tokens }: RateCheck): RateClauses {
  const now = rateNames(keyId, minute);
  const over = rateNames(keyId, minute - 2);
  const { requestsPerMinute, tokensPerMinute } = limit;
  return {
    set: [
      "#rates.#rateRequests = if_not_exists(#rates.#rateRequests, :zero) + :one",
      "#rates.#rateTokens = if_not_exists(#rates.#rateTokens, :zero) + :rateTokens",
    ],
    remove: ["#rates.#rateRequestsOver", "#rates.#rateTokensOver"],
    condition: [
      ...(requestsPerMinute === undefined
        ? []
        : [atMost("#rates.#rateRequests", ":requestsBelow", requestsPerMinute - 1)]),
      ...(tokensPerMinute === undefined
        ? []
        : [atMost("#rates.#rateTokens", ":tokensLeft", tokensPerMinute - tokens)]),
    ],
    names: {
      "#rateRequests": now.requests,
      "#rateTokens": now.tokens,
      "#rateRequestsOver": over.requests,
      "#rateTokensOver": over.tokens,
    },
    values: {
      ":one": number(1),
      ":rateTokens": number(tokens),
      ":requestsBelow": number((requestsPerMinute ?? 0) - 1),
      ":tokensLeft": number((tokensPerMinute ?? 0) - tokens),
    },
  };
}

/** A counter that is not there yet passes only when the request alone is within the limit. */
function atMost(counter: string, placeholder: string, left: number): string {
  return left >= 0
    ? `(attribute_not_exists(${counter}) OR ${counter} <= ${placeholder})`
    : `${counter} <= ${placeholder}`;
}

export function rateUseIn(item: Item, { keyId, minute }: RateCheck): RateUse {
  const rates = readMap(item, "rates");
  const names = rateNames(keyId, minute);
  return { requests: readCount(rates, names.requests), tokens: readCount(rates, names.tokens) };
}

/** Counters that one update clears; more are left to the next sweep. */
const CLEARED_AT_ONCE = 100;

export async function clearRates(
  context: LedgerContext,
  accountId: string,
  names: readonly string[],
): Promise<void> {
  const cleared = names.slice(0, CLEARED_AT_ONCE).map((name, i) => [`#rate${i}`, name] as const);
  const key = accountKey(accountId);
  await refusedBy(context, key, () =>
    context.store.update(context.tables.accounts, key, {
      set: [],
      remove: cleared.map(([alias]) => `#rates.${alias}`),
      condition: ["attribute_exists(#accountId)"],
      names: Object.fromEntries(cleared),
    }),
  );
}
