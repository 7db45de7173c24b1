import { existsSync, globSync } from "node:fs";
import path from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { LAKE_COLUMNS, LAKE_ROOT, type LakeType } from "../lambda/adapters/s3/lake-schema.ts";

/** What a query found: its columns' names, and rows of values as JSON has them; whole numbers are strings. */
export interface QueryResult {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

/** The query cannot be carried out: for the person who wrote it. */
export class QueryRefused extends Error {
  override readonly name = "QueryRefused";
}

/** DuckDB is an optional dependency: 70 MB of native code that only queries need. */
export class DuckDbMissing extends Error {
  override readonly name = "DuckDbMissing";
}

/**
 * Runs one SELECT over the lake of this machine, in which `usage` has a row for each charge however often it was delivered.
 * Nothing can be written or changed, and no file is read but the lake's.
 * @param bucketFolder where the embedded S3 keeps the lake's bucket.
 * @throws DuckDbMissing, QueryRefused
 */
export async function queryLake(bucketFolder: string, sql: string): Promise<QueryResult> {
  if (sql.trim() === "") throw new QueryRefused("write one statement");
  const { DuckDBInstance, StatementType } = await loadDuckDb();
  const database = await DuckDBInstance.create(":memory:");
  const connection = await database.connect();
  try {
    await openLake(connection, path.resolve(bucketFolder, LAKE_ROOT));
    const statements = await refusing(() => connection.extractStatements(sql));
    if (statements.count !== 1) throw new QueryRefused("write one statement");
    const statement = await refusing(() => statements.prepare(0));
    if (statement.statementType !== StatementType.SELECT) {
      throw new QueryRefused("the lake is only read here: write a SELECT");
    }
    const found = await refusing(() => statement.runAndReadAll());
    return { columns: found.columnNames(), rows: found.getRowsJson() };
  } finally {
    connection.closeSync();
    database.closeSync();
  }
}

async function loadDuckDb() {
  try {
    return await import("@duckdb/node-api");
  } catch (cause) {
    throw new DuckDbMissing(
      "DuckDB is not installed here; `npm install --no-save @duckdb/node-api` brings it (70 MB)",
      { cause },
    );
  }
}

async function openLake(connection: DuckDBConnection, folder: string): Promise<void> {
  const files = path.join(folder, "dt=*", "hour=*", "*.parquet");
  const source =
    existsSync(folder) && globSync(files).length > 0
      ? `read_parquet(${quoted(files)}, hive_partitioning = true, hive_types = {'dt': VARCHAR, 'hour': VARCHAR}, union_by_name = true)`
      : `(SELECT ${emptyColumns()} WHERE false)`;
  await connection.run(`SET allowed_directories = [${quoted(`${folder}${path.sep}`)}]`);
  await connection.run("SET enable_external_access = false");
  // Any of an entry's rows will do: entries never change, so they are alike.
  await connection.run(
    `CREATE VIEW usage AS SELECT * FROM ${source} QUALIFY row_number() OVER (PARTITION BY account_id, entry_id) = 1`,
  );
  await connection.run("SET lock_configuration = true");
}

const DUCKDB_TYPES: Readonly<Record<LakeType, string>> = {
  string: "VARCHAR",
  bigint: "BIGINT",
  boolean: "BOOLEAN",
};

function emptyColumns(): string {
  const columns = LAKE_COLUMNS.map(({ name, type }) => `NULL::${DUCKDB_TYPES[type]} AS ${name}`);
  return [...columns, "NULL::VARCHAR AS dt", "NULL::VARCHAR AS hour"].join(", ");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

async function refusing<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw new QueryRefused(error instanceof Error ? error.message.trim() : String(error), { cause: error });
  }
}
