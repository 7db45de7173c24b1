import { parquetReadObjects } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
import type { UsageSettled } from "../../core/events.ts";
import type { ObjectStore } from "../../core/ports.ts";
import { LAKE_COLUMNS, LAKE_ROOT, type LakeColumn, type LakeType } from "./lake-schema.ts";

/** A charge as a row of the lake: its values in the order of the columns. */
export type LakeRow = readonly (string | bigint | boolean | null)[];

/** @throws RangeError for a charge that does not fit its columns. */
export function lakeRow(charge: UsageSettled): LakeRow {
  const fields = new Map<string, unknown>(Object.entries(charge));
  return LAKE_COLUMNS.map((column) => cell(column, fields.get(column.name)));
}

function cell({ name, type }: LakeColumn, value: unknown): string | bigint | boolean | null {
  if (value === null || value === undefined) return null;
  if (type === "string" && typeof value === "string") return value;
  if (type === "boolean" && typeof value === "boolean") return value;
  if (type === "bigint" && (typeof value === "number" || typeof value === "string")) {
    const whole = BigInt(value);
    if (whole === BigInt.asIntN(64, whole)) return whole;
  }
  throw new RangeError(`${name} is no ${type} of the lake`);
}

const PARQUET_TYPES = {
  string: "STRING",
  bigint: "INT64",
  boolean: "BOOLEAN",
} as const satisfies Record<LakeType, string>;

/** A Parquet file, compressed with Snappy. Every column may be empty, as in the files that Firehose writes. */
export function lakeFile(rows: readonly LakeRow[]): Uint8Array {
  const file = parquetWriteBuffer({
    columnData: LAKE_COLUMNS.map(({ name, type }, index) => ({
      name,
      type: PARQUET_TYPES[type],
      nullable: true,
      data: rows.map((row) => row[index] ?? null),
    })),
  });
  return new Uint8Array(file);
}

/** Which charges a Parquet file has: `<accountId> <entryId>`, one a row. */
export async function lakeChargeNames(file: Uint8Array): Promise<string[]> {
  const rows = await readRows(file, ["account_id", "entry_id"]);
  return rows.map((row) => `${row["account_id"]} ${row["entry_id"]}`);
}

/** The rows of a day (`2026-11-23`), repetitions too: whose charge it is, and what it cost. */
export async function* lakeChargesOfDay(
  objects: ObjectStore,
  day: string,
): AsyncIterable<{ accountId: string; entryId: string; costPicoUsd: bigint }> {
  for await (const { key } of objects.list(`${LAKE_ROOT}dt=${day}/`)) {
    const file = await objects.get(key);
    for (const row of file ? await readRows(file, ["account_id", "entry_id", "cost_pico_usd"]) : []) {
      yield {
        accountId: String(row["account_id"]),
        entryId: String(row["entry_id"]),
        costPicoUsd: BigInt(row["cost_pico_usd"]),
      };
    }
  }
}

function readRows(file: Uint8Array, columns: string[]) {
  const source = {
    byteLength: file.byteLength,
    slice: (from: number, to?: number) => new Uint8Array(file.slice(from, to)).buffer,
  };
  return parquetReadObjects({ file: source, columns });
}
