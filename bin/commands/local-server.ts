import { createReadStream, existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import type { RequestLogLine } from "../../lambda/core/ports.ts";
import type { LocalServerFile } from "../../local/data-folder.ts";
import { Failure } from "./failures.ts";
import { parseLogLine } from "./log-line.ts";

const ServerFile = z.object({
  baseUrl: z.string(),
  consoleUrl: z.string().optional(),
  dynamodbEndpoint: z.url(),
  s3Endpoint: z.url(),
  reportsBucket: z.string(),
  pid: z.int().positive(),
});

/** @throws Failure when no server runs on that data folder. */
export async function runningServer(folder: string): Promise<LocalServerFile> {
  const file = path.join(folder, "local.json");
  if (!existsSync(file)) {
    throw new Failure(
      `no local server runs on ${folder}: run \`npm start\` first, or name a stack with --stack`,
    );
  }
  const server = ServerFile.safeParse(await readJson(file));
  if (!server.success)
    throw new Failure(`${file} is damaged: stop the local server and run \`npm start\` again`);
  if (!isRunning(server.data.pid)) {
    throw new Failure(
      `the local server of ${folder} has stopped (process ${server.data.pid}): run \`npm start\` first`,
    );
  }
  return server.data;
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It runs, and is another user's.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** The last line that the local server logged for a request. */
export async function localLogLine(folder: string, requestId: string): Promise<RequestLogLine | undefined> {
  const file = path.join(folder, "requests.jsonl");
  if (!existsSync(file)) return undefined;
  let found: RequestLogLine | undefined;
  for await (const text of createInterface({ input: createReadStream(file) })) {
    const line = text.includes(requestId) ? parseLogLine(text) : undefined;
    if (line?.requestId === requestId) found = line;
  }
  return found;
}
