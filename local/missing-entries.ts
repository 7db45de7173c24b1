import { lakeChargeNames } from "../lambda/adapters/s3/lake.ts";
import { lakePrefix } from "../lambda/adapters/s3/lake-schema.ts";
import type { Entry } from "../lambda/core/charge.ts";
import type { EntriesReader, ObjectStore } from "../lambda/core/ports.ts";
import { hourOf } from "./unfinished-hours.ts";

/** The ledger, account by account. */
export interface EntriesOfAll extends EntriesReader {
  all(): AsyncIterable<{ readonly accountId: string }>;
}

const EVER = { from: "0000", to: "9999" };

/**
 * The charges that are in the ledger and not in the lake. In memory is which charges the lake has of one hour.
 * @param hours `2026-11-23T05`; absent: every hour in which the ledger has an entry.
 */
export async function* missingEntries(
  ledger: EntriesOfAll,
  objects: ObjectStore,
  hours: readonly string[] | undefined,
): AsyncIterable<Entry> {
  for (const hour of hours ?? (await hoursWithEntries(ledger))) {
    const known = await namesInTheLake(objects, hour);
    const range = { from: `${hour}:00:00.000Z`, to: `${hour}:59:59.999Z` };
    for await (const { accountId } of ledger.all()) {
      for await (const entry of ledger.entries(accountId, range)) {
        if (entry.charge && !known.has(`${accountId} ${entry.entryId}`)) yield entry;
      }
    }
  }
}

async function hoursWithEntries(ledger: EntriesOfAll): Promise<string[]> {
  const hours = new Set<string>();
  for await (const { accountId } of ledger.all()) {
    for await (const { createdAt } of ledger.entries(accountId, EVER)) hours.add(hourOf(createdAt));
  }
  return [...hours].sort();
}

async function namesInTheLake(objects: ObjectStore, hour: string): Promise<Set<string>> {
  const names = new Set<string>();
  for await (const { key } of objects.list(lakePrefix(hour))) {
    const file = await objects.get(key);
    for (const name of file ? await lakeChargeNames(file) : []) names.add(name);
  }
  return names;
}
