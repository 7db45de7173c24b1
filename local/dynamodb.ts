import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { CreateTableCommand, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import dynalite from "dynalite";
import { createDynamoClient } from "../lambda/adapters/dynamodb/client.ts";
import {
  type AllTableNames,
  type IndexDefinition,
  TABLES,
  type TableDefinition,
} from "../lambda/adapters/dynamodb/tables.ts";

/** DynamoDB on one machine: dynalite, kept in a folder (or in memory without one), behind the same HTTP protocol. */
export interface LocalDynamo {
  readonly endpoint: string;
  readonly tables: AllTableNames;
  close(): Promise<void>;
}

export async function startDynamo(folder?: string): Promise<LocalDynamo> {
  const server = dynalite({ ...(folder ? { path: folder } : {}), createTableMs: 0 });
  // Its only clients are this process and this machine's command line. Node's server drops a connection after five idle
  // seconds, and a call that goes out on it at that moment is lost.
  server.keepAliveTimeout = 0;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const endpoint = `http://127.0.0.1:${port}`;
  const tables = await createTables(endpoint);
  return {
    endpoint,
    tables,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** A machine that starts many things at once is slow, and nobody waits for less. */
const CREATE_TABLES_MS = 60_000;

/** Creates the tables that are missing, from the same definitions as the stack. */
export async function createTables(endpoint: string): Promise<AllTableNames> {
  const client = createDynamoClient(endpoint, 1, CREATE_TABLES_MS);
  const existing = (await client.send(new ListTablesCommand({}))).TableNames ?? [];
  for (const table of Object.values<TableDefinition>(TABLES)) {
    if (!existing.includes(table.name)) await client.send(createTable(table));
  }
  client.destroy();
  return {
    accounts: TABLES.accounts.name,
    ledger: TABLES.ledger.name,
    apiKeys: TABLES.apiKeys.name,
    rollups: TABLES.rollups.name,
    members: TABLES.members.name,
    invites: TABLES.invites.name,
    audit: TABLES.audit.name,
  };
}

function createTable(table: TableDefinition): CreateTableCommand {
  return new CreateTableCommand({
    TableName: table.name,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: Object.entries(table.attributes).map(([AttributeName, AttributeType]) => ({
      AttributeName,
      AttributeType,
    })),
    KeySchema: keySchema(table),
    ...(table.indexes.length > 0 ? { GlobalSecondaryIndexes: table.indexes.map(globalIndex) } : {}),
  });
}

function globalIndex(index: IndexDefinition) {
  return {
    IndexName: index.name,
    KeySchema: keySchema(index),
    Projection: { ProjectionType: index.projection },
  };
}

function keySchema(keys: { readonly partitionKey: string; readonly sortKey?: string }) {
  const partition = { AttributeName: keys.partitionKey, KeyType: "HASH" as const };
  return keys.sortKey ? [partition, { AttributeName: keys.sortKey, KeyType: "RANGE" as const }] : [partition];
}
