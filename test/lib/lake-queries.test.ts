// Athena's saved queries, run where there is an engine that understands them: DuckDB, if it could be installed here.
import { expect, test } from "vitest";
import { LAKE_COLUMNS } from "../../lambda/adapters/s3/lake-schema.ts";
import { SAVED_QUERIES } from "../../lib/lake-queries.ts";

const duckdb = await import("@duckdb/node-api").catch(() => undefined);
if (!duckdb) console.log("no DuckDB on this machine: the saved queries are not run");

const COLUMN_TYPES = { string: "VARCHAR", bigint: "BIGINT", boolean: "BOOLEAN" };

/** Today, for the queries look back from now. */
const NOW = new Date().toISOString();

const CHARGE: Readonly<Record<string, string | number | boolean | null>> = {
  version: 1,
  account_id: "acct_a",
  request_id: "req_1",
  key_id: "key_a",
  model: "gpt-4.1-mini",
  provider: "openai",
  tag: null,
  outcome: "completed",
  estimated: false,
  created_at: NOW,
  input_tokens: 10,
  cache_read_tokens: 30,
  cache_write_tokens: 0,
  output_tokens: 5,
  reasoning_tokens: 0,
  total_input_tokens: 40,
  // Two of them are more than 64 bits hold.
  cost_pico_usd: "9000000000000000001",
  write_off_pico_usd: "7",
  catalog_version: "c",
  latency_ms: 1,
  time_to_first_token_ms: null,
  cache_write_1h_tokens: 0,
  audio_input_tokens: 0,
  audio_cache_read_tokens: 0,
  audio_output_tokens: 0,
  image_output_tokens: 0,
};

/** What a saved query answers for these rows. */
async function ask(name: string, ...rows: object[]): Promise<unknown[]> {
  const sql = SAVED_QUERIES.find((query) => query.name === name)?.sql;
  if (!duckdb || !sql) throw new Error(`cannot ask "${name}"`);
  const instance = await duckdb.DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const columns = LAKE_COLUMNS.map(({ name, type }) => `${name} ${COLUMN_TYPES[type]}`);
  await connection.run(`CREATE TABLE usage (${columns.join(", ")}, dt VARCHAR, hour VARCHAR)`);
  for (const row of rows) {
    const all: Record<string, unknown> = { ...CHARGE, dt: NOW.slice(0, 10), hour: "00", ...row };
    const names = [...LAKE_COLUMNS.map((column) => column.name), "dt", "hour"];
    const values = names.map((name) => (all[name] === null ? "NULL" : `'${all[name]}'`));
    await connection.run(`INSERT INTO usage VALUES (${values.join(", ")})`);
  }
  const answer = (await connection.runAndReadAll(sql)).getRowObjectsJson();
  connection.closeSync();
  instance.closeSync();
  return answer;
}

const first = { entry_id: "req_1" };
const second = { entry_id: "req_2" };

test("five questions are saved", () => {
  expect(SAVED_QUERIES.map(({ name }) => name)).toEqual([
    "Cost by model",
    "Cost by key",
    "Top accounts",
    "Cache savings",
    "Error rate",
  ]);
});

test.skipIf(!duckdb)(
  "a charge that was delivered three times counts once, and no digit of a sum is lost",
  async () => {
    expect(await ask("Cost by model", first, second, first, first)).toEqual([
      {
        model: "gpt-4.1-mini",
        provider: "openai",
        requests: "2",
        input_tokens: "80",
        output_tokens: "10",
        cost_usd: "18000000.000000000002",
      },
    ]);
  },
);

test.skipIf(!duckdb)("what is older than 30 days is not asked for", async () => {
  const old = { ...second, dt: "2026-01-01" };
  expect(await ask("Top accounts", first, old)).toEqual([
    {
      account_id: "acct_a",
      requests: "1",
      cost_usd: "9000000.000000000001",
      write_off_usd: "0.000000000007",
    },
  ]);
});

test.skipIf(!duckdb)("costs are told apart by key and tag, the dearest first", async () => {
  const tagged = { ...second, tag: "team-blue", cost_pico_usd: "9000000000000000002" };
  expect(await ask("Cost by key", first, tagged)).toMatchObject([
    { key_id: "key_a", tag: "team-blue", cost_usd: "9000000.000000000002" },
    { key_id: "key_a", tag: null, cost_usd: "9000000.000000000001" },
  ]);
});

test.skipIf(!duckdb)("the share of input that came from a cache is of all input", async () => {
  expect(await ask("Cache savings", first, second)).toMatchObject([
    { input_tokens: "80", cache_read_tokens: "60", cached_share: 0.75 },
  ]);
});

test.skipIf(!duckdb)("whatever did not complete is an error, hour by hour", async () => {
  const broken = { ...second, outcome: "broken", estimated: true };
  expect(await ask("Error rate", first, broken)).toMatchObject([
    { created_hour: NOW.slice(0, 13), requests: "2", not_completed: "1", estimated: "1", error_rate: 0.5 },
  ]);
});
