import { readText } from "../lambda/adapters/dynamodb/attributes.ts";
import { readEntry } from "../lambda/adapters/dynamodb/items.ts";
import { type Store, StoreError } from "../lambda/adapters/dynamodb/store.ts";
import type { Pipeline } from "./pipeline.ts";

/**
 * The store, with a pipeline told of every entry that goes into the ledger: what the table's stream is in AWS.
 * What the pipeline throws is reported and no request ever sees it.
 */
export function watchedStore(
  store: Store,
  ledgerTable: string,
  pipeline: Pick<Pipeline, "expect" | "arrived">,
  report: (problem: unknown) => void,
): Store {
  const quietly = (tell: () => void): void => {
    try {
      tell();
    } catch (problem) {
      report(problem);
    }
  };
  return {
    get: (table, key, read) => store.get(table, key, read),
    update: (table, key, clauses) => store.update(table, key, clauses),
    async putIfAbsent(table, item, keyAttribute) {
      if (table !== ledgerTable) return store.putIfAbsent(table, item, keyAttribute);
      const entry = readEntry(readText(item, "accountId") ?? "", readText(item, "entryId") ?? "", item);
      quietly(() => pipeline.expect(entry));
      try {
        await store.putIfAbsent(table, item, keyAttribute);
      } catch (error) {
        // Refused, because it is there: perhaps put by a try of ours whose answer was lost, and so told to nobody.
        const isThere = error instanceof StoreError && error.failure === "condition_failed";
        quietly(() => pipeline.arrived(entry, isThere ? "in the ledger" : "unknown"));
        throw error;
      }
      quietly(() => pipeline.arrived(entry, "in the ledger"));
    },
  };
}
