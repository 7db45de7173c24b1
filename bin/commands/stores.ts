import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { createAccounts } from "../../lambda/adapters/dynamodb/accounts.ts";
import { createApiKeys } from "../../lambda/adapters/dynamodb/api-keys.ts";
import { createDynamoClient } from "../../lambda/adapters/dynamodb/client.ts";
import { createLedger } from "../../lambda/adapters/dynamodb/ledger.ts";
import { createLowBalances } from "../../lambda/adapters/dynamodb/low-balances.ts";
import { createQueries } from "../../lambda/adapters/dynamodb/queries.ts";
import { createSdkStore } from "../../lambda/adapters/dynamodb/sdk-store.ts";
import { TABLES, type TableNames } from "../../lambda/adapters/dynamodb/tables.ts";
import type { ObjectStore } from "../../lambda/core/ports.ts";
import { localLogLine, runningServer } from "./local-server.ts";
import type { Stores } from "./session.ts";
import { localUsage, stackUsage } from "./usage-stores.ts";

/** Of a query that pages through many items one dropped connection must not end the whole. */
const READ_ATTEMPTS = 5;

/** The tables and the log of the server that runs on this machine. @throws Failure when none does. */
export async function openLocal(folder: string): Promise<Stores> {
  const { dynamodbEndpoint, s3Endpoint, reportsBucket } = await runningServer(folder);
  const tables = {
    accounts: TABLES.accounts.name,
    ledger: TABLES.ledger.name,
    apiKeys: TABLES.apiKeys.name,
  };
  const objects = () => openBucket(reportsBucket, s3Endpoint);
  return open(tables, dynamodbEndpoint, {
    logLine: (requestId) => localLogLine(folder, requestId),
    objects,
    usage: localUsage({
      folder,
      bucket: reportsBucket,
      dynamodbEndpoint,
      tables: { ...tables, rollups: TABLES.rollups.name },
      objects,
    }),
  });
}

/** The tables and the log of a deployed stack, with the operator's own AWS credentials. @throws Failure */
export async function openStack(name: string): Promise<Stores> {
  const { stackLogLine, stackReportsBucket, stackTables } = await import("./stack.ts");
  return open(await stackTables(name), undefined, {
    logLine: (requestId) => stackLogLine(name, requestId),
    objects: async () => openBucket(await stackReportsBucket(name)),
    usage: stackUsage(),
  });
}

/** Loaded only by the commands that need it. */
async function openBucket(bucket: string, endpoint?: string): Promise<ObjectStore> {
  const { createObjectStore, createS3Client } = await import("../../lambda/adapters/s3/object-store.ts");
  return createObjectStore(createS3Client(endpoint), bucket);
}

function open(
  tables: TableNames,
  endpoint: string | undefined,
  beside: Pick<Stores, "logLine" | "objects" | "usage">,
): Stores {
  const client = createDynamoClient(endpoint);
  const readClient = createDynamoClient(endpoint, READ_ATTEMPTS);
  const store = createSdkStore(client);
  const queries = createQueries(readClient);
  return {
    accounts: createAccounts(store, queries, tables),
    keys: createApiKeys(store, queries, tables),
    lowBalances: createLowBalances(store, tables.accounts),
    ledger: createLedger({
      store,
      tables,
      nowMs: () => Date.now(),
      pause: (milliseconds) => pause(milliseconds),
      newAttempt: () => randomBytes(5).toString("base64url"),
    }),
    ...beside,
    close() {
      client.destroy();
      readClient.destroy();
    },
  };
}
