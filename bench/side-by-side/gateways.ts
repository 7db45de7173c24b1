import { type ChildProcess, fork, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { cpus, tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ENV } from "../../lambda/env.ts";
import { bundleRoom } from "../../lib/bundle.ts";
import { compileCatalog } from "../../lib/config.ts";
import { Config } from "../../lib/config-schema.ts";
import { KEY } from "./exchange.ts";

/** Where the processes that stand behind a gateway listen. */
export interface Backends {
  readonly provider: number;
  readonly aws: number;
}

export interface Gateway {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
  /** Beside `content-type`. */
  readonly headers: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export type StartGateway = (backends: Backends) => Promise<Gateway>;

/** The processes that stand behind every gateway. */
export async function startBackends(): Promise<{ ports: Backends; pid: number; stop(): void }> {
  const file = path.join(HERE, "backends.ts");
  const child = spawn(process.execPath, [file], { stdio: ["ignore", "pipe", "inherit"] });
  if (child.pid === undefined) throw new Error("the backends did not start");
  pin(child.pid, 0);
  const [line]: Buffer[] = await once(child.stdout, "data");
  return { ports: JSON.parse(String(line)), pid: child.pid, stop: () => void child.kill() };
}

const HERE = import.meta.dirname;
export const CAN_PIN = cpus().length > 1 && !spawnSync("taskset", ["--version"]).error;

/** Gives a running process one core, so that gateways are measured on the same one and their backends on another. */
export function pin(pid: number, core: 0 | 1): void {
  if (CAN_PIN) spawnSync("taskset", ["--all-tasks", "--cpu-list", "--pid", String(core), String(pid)]);
}

async function started(name: string, child: ChildProcess, port: number, headers = {}): Promise<Gateway> {
  const { pid } = child;
  if (pid === undefined) throw new Error(`${name} did not start`);
  pin(pid, 1);
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill();
    await once(child, "exit");
  };
  return { name, port, pid, headers, stop };
}

interface Forked {
  readonly env?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly execArgv?: string[];
}

async function forked(name: string, file: string, args: string[], options: Forked = {}): Promise<Gateway> {
  const { env = {}, headers = {}, execArgv = [] } = options;
  const child = fork(path.join(HERE, file), args, {
    execArgv,
    env: { ...process.env, ...env },
    // Its log lines are written, as in Lambda, and read by nobody.
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const [port]: unknown[] = await Promise.race([
    once(child, "message"),
    once(child, "exit").then(() => Promise.reject(new Error(`${name} ended before it listened`))),
  ]);
  return started(name, child, Number(port), headers);
}

export const startRawNode: StartGateway = ({ provider }) =>
  forked("raw node:http", "raw-node.ts", [`${provider}`]);
export const startHonoUndici: StartGateway = ({ provider }) =>
  forked("hono + undici", "hono-undici.ts", [`${provider}`]);

export const BUNDLE = mkdtempSync(path.join(tmpdir(), "wlrouter-bench-bundle-"));

/** The bundle as it is deployed, its catalog naming the bench's provider. */
export function buildOurs(options: { minify?: boolean } = {}): void {
  bundleRoom("gateway", BUNDLE, options);
}

/** What Lambda and the stack would set. */
export function ourEnvironment({ provider, aws }: Backends): Record<string, string> {
  const route = (name: string) => ({ provider: "bench", model: name });
  const model = (id: string) => ({
    id,
    ownedBy: "bench",
    contextWindow: 128_000,
    maxOutputTokens: 16_384,
    inputModalities: ["text" as const],
    outputModalities: ["text" as const],
    prices: { inputUsdPerMillion: "0.40", outputUsdPerMillion: "1.60" },
    routes: [route(id)],
  });
  const config = Config.parse({
    billing: { minimumTopUpUsd: "10", serviceFeePercent: "5" },
    providers: {
      bench: {
        kind: "openai-compatible",
        baseUrl: `http://127.0.0.1:${provider}/v1`,
        apiKeyEnv: "BENCH_KEY",
      },
    },
    models: [model("bench-0"), model("bench-5"), model("bench-1000")],
  });
  writeFileSync(path.join(BUNDLE, "catalog.json"), JSON.stringify(compileCatalog(config)));
  return {
    ...Object.fromEntries(Object.values(ENV).map((name) => [name, "bench"])),
    // No spans: the default.
    [ENV.traceEndpoint]: "",
    [ENV.providerSecretArn]: "arn:aws:secretsmanager:eu-central-1:123456789012:secret:bench",
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "secret",
    AWS_SESSION_TOKEN: "t".repeat(800),
    AWS_ENDPOINT_URL: `http://127.0.0.1:${aws}`,
    AWS_LAMBDA_FUNCTION_NAME: "bench",
  };
}

/** @param execArgv what Node itself is told, to take a profile. */
export function startOurs(backends: Backends, execArgv: string[] = []): Promise<Gateway> {
  const headers = { authorization: `Bearer ${KEY}` };
  return forked("WLRouter", "ours.ts", [BUNDLE], { env: ourEnvironment(backends), headers, execArgv });
}

// --- peers ----------------------------------------------------------------------------------------------------

const PEERS = path.join(tmpdir(), "wlrouter-bench-peers");
export const PORTKEY_VERSION = "1.15.2";

/** Outside the project's dependencies. Newer `@hono/node-server`s make every stream of Portkey's a 500. */
export function installPeers(): void {
  const server = path.join(PEERS, "node_modules/@portkey-ai/gateway/build/start-server.js");
  if (existsSync(server)) return;
  mkdirSync(PEERS, { recursive: true });
  const manifest = {
    private: true,
    dependencies: { "@portkey-ai/gateway": PORTKEY_VERSION },
    overrides: { "@hono/node-server": "1.13.8" },
  };
  writeFileSync(path.join(PEERS, "package.json"), JSON.stringify(manifest));
  const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"];
  const { status } = spawnSync("npm", args, { cwd: PEERS, stdio: "inherit" });
  if (status !== 0) throw new Error("the peers could not be installed");
}

export const startPortkey: StartGateway = async ({ provider }) => {
  const port = await freePort();
  const script = path.join(PEERS, "node_modules/@portkey-ai/gateway/build/start-server.js");
  const child = spawn(process.execPath, [script, `--port=${port}`, "--headless"], { stdio: "ignore" });
  await listening(port, child);
  return started(`Portkey ${PORTKEY_VERSION}`, child, port, {
    authorization: "Bearer sk-bench",
    "x-portkey-provider": "openai",
    "x-portkey-custom-host": `http://127.0.0.1:${provider}/v1`,
  });
};

/** Undefined where nginx is not installed. */
export const HAS_NGINX = !spawnSync("nginx", ["-v"]).error;

export const startNginx: StartGateway = async ({ provider }) => {
  const port = await freePort();
  const folder = mkdtempSync(path.join(tmpdir(), "wlrouter-bench-nginx-"));
  const file = path.join(folder, "nginx.conf");
  writeFileSync(
    file,
    `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 1024; }
http {
  access_log off;
  upstream provider { server 127.0.0.1:${provider}; keepalive 64; }
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://provider; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }
  }
}
`,
  );
  const child = spawn("nginx", ["-c", file, "-p", folder, "-e", `${folder}/error.log`], { stdio: "ignore" });
  await listening(port, child);
  return started("nginx", child, port);
};

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("the system gave no port");
  return address.port;
}

const POLLS = 300;

async function listening(port: number, child: ChildProcess): Promise<void> {
  for (let poll = 0; poll < POLLS; poll++) {
    if (child.exitCode !== null) throw new Error(`a peer ended with exit code ${child.exitCode}`);
    const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
    if (answer) return void (await answer.arrayBuffer());
    await sleep(100);
  }
  throw new Error("a peer did not listen within half a minute");
}
