import { type Crossing, DEFAULT_LOW_BALANCE_PICO_USD, type LowBalances } from "../../core/low-balance.ts";
import { number, readBigint, readCount, readText, text } from "./attributes.ts";
import { accountKey } from "./items.ts";
import { type Item, type Store, StoreError, type UpdateClauses } from "./store.ts";

const CROSSING = [
  "lowBalanceSequence",
  "lowBalancePosted",
  "lowBalanceLine",
  "lowBalanceAt",
  "lowBalanceTold",
];

/** Crossings live on the account item, in attributes of their own: no write here touches money, or keeps it waiting. */
export function createLowBalances(store: Store, table: string): LowBalances {
  /** @returns whether the condition was true. */
  async function update(accountId: string, clauses: UpdateClauses): Promise<boolean> {
    try {
      await store.update(table, accountKey(accountId), clauses);
      return true;
    } catch (error) {
      if (error instanceof StoreError && error.failure === "condition_failed") return false;
      throw error;
    }
  }
  return {
    async read(accountId) {
      const item = await store.get(table, accountKey(accountId), { consistent: true });
      if (!item) return undefined;
      const own = item["lowBalanceThreshold"];
      return {
        postedPicoUsd: readBigint(item, "posted"),
        isSuspended: readText(item, "status") === "suspended",
        isDefaultThreshold: !own,
        thresholdPicoUsd: own ? readBigint(item, "lowBalanceThreshold") : DEFAULT_LOW_BALANCE_PICO_USD,
        crossing: item["lowBalanceSequence"] && readCrossing(item),
      };
    },
    cross: (accountId, thresholdPicoUsd, at) =>
      update(accountId, {
        // Copied by the store itself: what was read before may be of an earlier crossing.
        set: [
          "#lowBalanceSequence = #sequence",
          "#lowBalancePosted = #posted",
          "#lowBalanceLine = :threshold",
          "#lowBalanceAt = :at",
        ],
        condition: ["attribute_not_exists(#lowBalanceSequence)", "#posted < :threshold"],
        values: { ":threshold": number(thresholdPicoUsd), ":at": text(at) },
      }),
    setThreshold: (accountId, thresholdPicoUsd) =>
      update(accountId, {
        ...(thresholdPicoUsd === undefined
          ? { set: [], remove: ["#lowBalanceThreshold"] }
          : {
              set: ["#lowBalanceThreshold = :threshold"],
              values: { ":threshold": number(thresholdPicoUsd) },
            }),
        condition: ["attribute_exists(#accountId)"],
      }),
    async markTold(accountId, sequence) {
      await update(accountId, {
        set: ["#lowBalanceTold = :true"],
        condition: ["#lowBalanceSequence = :sequence"],
        values: { ":true": { BOOL: true }, ":sequence": number(sequence) },
      });
    },
    async retell(accountId) {
      await update(accountId, {
        set: [],
        remove: CROSSING.map((name) => `#${name}`),
        condition: ["attribute_exists(#accountId)"],
      });
    },
    async rearm(accountId, sequence, thresholdPicoUsd) {
      await update(accountId, {
        set: [],
        remove: CROSSING.map((name) => `#${name}`),
        condition: ["#lowBalanceSequence = :sequence", "#lowBalanceTold = :true", "#posted >= :threshold"],
        values: {
          ":sequence": number(sequence),
          ":true": { BOOL: true },
          ":threshold": number(thresholdPicoUsd),
        },
      });
    },
  };
}

function readCrossing(item: Item): Crossing {
  return {
    sequence: readCount(item, "lowBalanceSequence"),
    postedPicoUsd: readBigint(item, "lowBalancePosted"),
    thresholdPicoUsd: readBigint(item, "lowBalanceLine"),
    at: readText(item, "lowBalanceAt") ?? "",
    told: item["lowBalanceTold"] !== undefined,
  };
}
