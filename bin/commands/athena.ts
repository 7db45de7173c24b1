import { setTimeout as pause } from "node:timers/promises";
import {
  AthenaClient,
  GetQueryExecutionCommand,
  paginateGetQueryResults,
  StartQueryExecutionCommand,
} from "@aws-sdk/client-athena";
import { Failure } from "./failures.ts";

/** Athena's names for the lake (lib/lake.ts, lib/lake-queries.ts). The work group knows where answers go. */
const DATABASE = "wlrouter";
const WORKGROUP = "wlrouter";
const POLL_MS = 500;

/** Runs one query in the stack's work group. @throws Failure with Athena's reason. */
export async function queryAthena(sql: string): Promise<{ columns: string[]; rows: (string | null)[][] }> {
  const client = new AthenaClient({});
  try {
    const { QueryExecutionId } = await client.send(
      new StartQueryExecutionCommand({
        QueryString: sql,
        WorkGroup: WORKGROUP,
        QueryExecutionContext: { Database: DATABASE },
      }),
    );
    await finished(client, QueryExecutionId);
    return await results(client, QueryExecutionId);
  } finally {
    client.destroy();
  }
}

async function finished(client: AthenaClient, QueryExecutionId: string | undefined): Promise<void> {
  for (;;) {
    const { QueryExecution } = await client.send(new GetQueryExecutionCommand({ QueryExecutionId }));
    const { State, StateChangeReason } = QueryExecution?.Status ?? {};
    if (State === "SUCCEEDED") return;
    if (State !== "QUEUED" && State !== "RUNNING") {
      throw new Failure(
        `Athena did not answer the query (${State}): ${StateChangeReason ?? "no reason given"}`,
      );
    }
    await pause(POLL_MS);
  }
}

async function results(client: AthenaClient, QueryExecutionId: string | undefined) {
  let columns: string[] | undefined;
  const rows: (string | null)[][] = [];
  for await (const { ResultSet } of paginateGetQueryResults({ client }, { QueryExecutionId })) {
    columns ??= (ResultSet?.ResultSetMetadata?.ColumnInfo ?? []).map(({ Name = "" }) => Name);
    for (const { Data = [] } of ResultSet?.Rows ?? []) {
      rows.push(Data.map(({ VarCharValue = null }) => VarCharValue));
    }
  }
  // The first row of a SELECT's answer repeats the names.
  return { columns: columns ?? [], rows: rows.slice(1) };
}
