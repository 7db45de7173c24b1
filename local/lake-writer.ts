import { type LakeRow, lakeFile, lakeRow } from "../lambda/adapters/s3/lake.ts";
import { lakePrefix } from "../lambda/adapters/s3/lake-schema.ts";
import type { BusEvent } from "../lambda/core/events.ts";
import type { ObjectStore } from "../lambda/core/ports.ts";

/** Rows by the folder of their hour. */
type Rows = ReadonlyMap<string, readonly LakeRow[]>;

/** What Firehose is in AWS: collects rows and writes them as Parquet files, one for each hour and collection. */
export interface LakeWriter {
  /** @returns how many rows wait. @throws RangeError, before anything is taken, for a charge that no row can be made of. */
  take(events: readonly BusEvent[]): number;
  /** What has been collected; from here on somebody else's to write. */
  collected(): Rows;
  /** What could not be written is collected again. @throws what the store threw */
  write(rows: Rows): Promise<void>;
}

const PARQUET = "application/vnd.apache.parquet";

/** @param newName of a file, unlike any other: a file is written once and never changed. */
export function createLakeWriter(objects: ObjectStore, newName: () => string): LakeWriter {
  let rows = new Map<string, LakeRow[]>();
  let waiting = 0;

  function collect(prefix: string, more: readonly LakeRow[]): void {
    const folder = rows.get(prefix) ?? [];
    for (const row of more) folder.push(row);
    rows.set(prefix, folder);
    waiting += more.length;
  }

  return {
    take(events) {
      const charges = events.flatMap(({ type, detail }) => (type === "usage.settled" ? [detail] : []));
      const made = charges.map((charge) => ({ prefix: lakePrefix(charge.created_at), row: lakeRow(charge) }));
      for (const { prefix, row } of made) collect(prefix, [row]);
      return waiting;
    },
    collected() {
      const taken = rows;
      rows = new Map();
      waiting = 0;
      return taken;
    },
    async write(taken) {
      const left = new Map(taken);
      try {
        for (const [prefix, folder] of taken) {
          await objects.put(`${prefix}${newName()}.parquet`, lakeFile(folder), PARQUET);
          left.delete(prefix);
        }
      } finally {
        for (const [prefix, folder] of left) collect(prefix, folder);
      }
    },
  };
}
