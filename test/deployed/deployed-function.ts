/** A function of the synthesized stack: its bundle, in a process of its own, with the environment that the template gives. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Right, Rights } from "../lib/rights.ts";
import type { Resource, Synthesized } from "../lib/synthesized.ts";
import { type Aws, startAwsEndpoint } from "./aws-endpoint.ts";

export interface DeployedFunction {
  /** In the template. */
  readonly functionId: string;
  /** Of its role. */
  readonly role: string;
  /** What it has called so far. */
  readonly calls: readonly Right[];
  /** Everything it has printed. */
  readonly printed: () => string;
  /** @throws Error what the handler threw. */
  // biome-ignore lint/suspicious/noExplicitAny: what a handler answers is JSON of any shape.
  invoke(event: unknown): Promise<any>;
  close(): Promise<void>;
}

export interface FunctionOptions {
  readonly streams?: boolean;
  /** What is another on this machine than in AWS. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Changes to the JSON files beside the bundle, by their names. */
  readonly files?: Readonly<Record<string, (content: Record<string, unknown>) => object>>;
}

const PROGRAM = path.join(import.meta.dirname, "function-process.ts");
const PATIENCE = path.join(import.meta.dirname, "../fakes/patient-process.ts");
const ADDRESSES = "http://127.0.0.1";

/** @param id of the function in the template, without its hash */
export async function startFunction(
  { synthesized, rights, aws }: { synthesized: Synthesized; rights: Rights; aws: Aws },
  id: string,
  options: FunctionOptions = {},
): Promise<DeployedFunction> {
  const endpoint = await startAwsEndpoint(aws);
  const folder = mkdtempSync(path.join(tmpdir(), "wlrouter-function-"));
  cpSync(synthesized.assetOf(id), folder, { recursive: true });
  for (const [name, change] of Object.entries(options.files ?? {})) {
    const file = path.join(folder, name);
    writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, "utf8")))));
  }
  const [functionId, { Role, Environment }] = functionNamed(synthesized, id);
  // A queue's `Ref` is its URL, and who reads a URL calls its host.
  const refs = (ref: string) =>
    /Queue|DeadLetters|Unpublished/.test(ref) ? `${endpoint.origin}/1/${ref}` : undefined;
  const child = fork(PROGRAM, [path.join(folder, "index.mjs"), ...(options.streams ? ["streams"] : [])], {
    execArgv: ["--import", PATIENCE],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    env: {
      AWS_REGION: "eu-central-1",
      AWS_ACCESS_KEY_ID: "AKID",
      AWS_SECRET_ACCESS_KEY: "secret",
      AWS_SESSION_TOKEN: "token",
      AWS_LAMBDA_FUNCTION_NAME: id,
      AWS_ENDPOINT_URL: endpoint.origin,
      NO_PROXY: ADDRESSES,
      ...(rights.resolve(Environment.Variables, refs) as Record<string, string>),
      ...options.environment,
    },
  });
  const printed = textOf(child);
  await ready(child, id, printed);
  return {
    functionId,
    role: Role["Fn::GetAtt"][0],
    calls: endpoint.calls,
    printed,
    invoke: (event) => ask(child, event),
    async close() {
      child.kill();
      await once(child, "exit");
      await endpoint.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function functionNamed({ template }: Synthesized, id: string): [string, Resource] {
  const functions = Object.entries(template.findResources("AWS::Lambda::Function"));
  const [found] = functions.filter(([name]) => new RegExp(`^${id}[0-9A-F]{8}$`).test(name));
  if (!found) throw new Error(`the template has no function ${id}`);
  return [found[0], found[1]["Properties"]];
}

function textOf(child: ChildProcess): () => string {
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (piece) => (text += String(piece)));
  return () => text;
}

async function ready(child: ChildProcess, id: string, printed: () => string): Promise<void> {
  const ended = once(child, "exit").then(() => {
    throw new Error(`${id} did not start: ${printed()}`);
  });
  await Promise.race([once(child, "message"), ended]);
  ended.catch(() => {});
}

let asked = 0;

function ask(child: ChildProcess, event: unknown): Promise<unknown> {
  asked += 1;
  const id = asked;
  return new Promise((resolve, reject) => {
    const listen = (answer: { id: number; result?: unknown; error?: string }) => {
      if (answer.id !== id) return;
      child.off("message", listen);
      if (answer.error !== undefined) reject(new Error(answer.error));
      else resolve(answer.result);
    };
    child.on("message", listen);
    child.send({ id, event });
  });
}
