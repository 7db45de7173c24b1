/**
 * The lake's table, once: the stack gives it to Glue and Firehose, one machine writes Parquet with it.
 * Plain data, so that `lib/` can read it without pulling an SDK into synth.
 */
import type { UsageSettled } from "../../core/events.ts";

/**
 * By Glue's names; in Parquet: a UTF-8 byte array, a 64-bit integer, a boolean. Only these three, since every engine
 * reads them alike: timestamps and decimals have several encodings in Parquet, and Firehose's OpenX JSON reader has
 * trouble with decimals that come as strings.
 */
export type LakeType = "string" | "bigint" | "boolean";

/**
 * A column for each field, in the order of the files. Amounts are strings in an event and whole pico-USD here: a charge
 * above 9.2 million USD would not fit and land among Firehose's errors. Their sums may not fit either: engines whose
 * `sum` of 64 bits is not wider (Athena) cast to decimal(38, 0) first. `created_at` stays ISO 8601 text in UTC with
 * milliseconds, which sorts as time.
 */
const TYPES: { readonly [Field in keyof UsageSettled]: LakeType } = {
  version: "bigint",
  entry_id: "string",
  account_id: "string",
  request_id: "string",
  key_id: "string",
  model: "string",
  provider: "string",
  tag: "string",
  outcome: "string",
  estimated: "boolean",
  created_at: "string",
  input_tokens: "bigint",
  cache_read_tokens: "bigint",
  cache_write_tokens: "bigint",
  output_tokens: "bigint",
  reasoning_tokens: "bigint",
  total_input_tokens: "bigint",
  cost_pico_usd: "bigint",
  write_off_pico_usd: "bigint",
  catalog_version: "string",
  latency_ms: "bigint",
  time_to_first_token_ms: "bigint",
  cache_write_1h_tokens: "bigint",
  audio_input_tokens: "bigint",
  audio_cache_read_tokens: "bigint",
  audio_output_tokens: "bigint",
  image_output_tokens: "bigint",
};

export interface LakeColumn {
  readonly name: string;
  readonly type: LakeType;
}

export const LAKE_COLUMNS: readonly LakeColumn[] = Object.entries(TYPES).map(([name, type]) => ({
  name,
  type,
}));

/** Raised when a column goes or changes its type or meaning. A new column goes to the end and does not raise it. */
export const LAKE_VERSION = 1;

/** Where the lake begins in its bucket. */
export const LAKE_ROOT = "usage/";

/**
 * The folder of the charges of one hour: by when they were made, not by when they arrived, so a replay goes where the
 * first delivery went.
 *
 * @param createdAt ISO 8601 in UTC.
 */
export function lakePrefix(createdAt: string): string {
  return `${LAKE_ROOT}dt=${createdAt.slice(0, 10)}/hour=${createdAt.slice(11, 13)}/`;
}
