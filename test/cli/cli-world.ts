import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type AttributeValue, ScanCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { run } from "../../bin/commands/program.ts";
import { openLocal } from "../../bin/commands/stores.ts";
import { type LocalDynamo, startDynamo } from "../../local/dynamodb.ts";
import { LOCAL_BUCKET, startS3 } from "../../local/s3.ts";
import { patientClient } from "../fakes/patient-client.ts";
import { EXAMPLE } from "../lib/config-example.ts";

export interface Said {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** An in-memory DynamoDB and an embedded S3, announced in a temporary data folder as the local server announces it. */
export async function startCliWorld(given?: LocalDynamo) {
  const dynamo = given ?? (await startDynamo());
  const folder = mkdtempSync(path.join(tmpdir(), "wlrouter-cli-"));
  const configFile = path.join(folder, "config.json");
  writeFileSync(configFile, JSON.stringify(EXAMPLE));
  const s3 = await startS3(path.join(folder, "s3"));
  announce(folder, {
    baseUrl: "http://127.0.0.1:9/v1",
    dynamodbEndpoint: dynamo.endpoint,
    s3Endpoint: s3.endpoint,
    pid: process.pid,
  });
  const stores = await openLocal(folder);
  const client = patientClient(dynamo.endpoint);
  const env = { WLROUTER_DATA: folder, WLROUTER_CONFIG: configFile };

  async function cli(...argv: string[]): Promise<Said> {
    const out: string[] = [];
    const err: string[] = [];
    const io = {
      out: (text: string) => out.push(text),
      err: (text: string) => err.push(text),
      env,
      nowMs: () => Date.now(),
    };
    const exitCode = await run(argv, io);
    return { exitCode, out: out.join(""), err: err.join("") };
  }

  /** What a command that must work prints for machines. */
  async function json(...argv: string[]) {
    const said = await cli(...argv, "--json");
    if (said.exitCode !== 0) throw new Error(`${argv.join(" ")}: ${said.err}`);
    return JSON.parse(said.out);
  }

  async function allTables(): Promise<string> {
    const tables = Object.values(dynamo.tables);
    const pages = await Promise.all(tables.map((TableName) => client.send(new ScanCommand({ TableName }))));
    return JSON.stringify(pages.map(({ Items }) => Items));
  }

  /** Changes an account's item by hand, past every condition. `#name` stands for the attribute `name`. */
  async function damage(
    accountId: string,
    expression: string,
    values: Record<string, AttributeValue>,
  ): Promise<void> {
    const aliases = expression.match(/#\w+/g) ?? [];
    await client.send(
      new UpdateItemCommand({
        TableName: dynamo.tables.accounts,
        Key: { accountId: { S: accountId }, shard: { S: "0" } },
        UpdateExpression: expression,
        ExpressionAttributeNames: Object.fromEntries(aliases.map((alias) => [alias, alias.slice(1)])),
        ...(Object.keys(values).length > 0 ? { ExpressionAttributeValues: values } : {}),
      }),
    );
  }

  return {
    folder,
    configFile,
    env,
    dynamo,
    s3,
    client,
    stores,
    cli,
    json,
    allTables,
    damage,
    async close() {
      stores.close();
      client.destroy();
      await s3.close();
      if (!given) await dynamo.close();
      rmSync(folder, { recursive: true });
    },
  };
}

export type CliWorld = Awaited<ReturnType<typeof startCliWorld>>;

export function announce(folder: string, server: object): void {
  const announced = { s3Endpoint: "http://127.0.0.1:9", reportsBucket: LOCAL_BUCKET, ...server };
  writeFileSync(path.join(folder, "local.json"), JSON.stringify(announced));
}
