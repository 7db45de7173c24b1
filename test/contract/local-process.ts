import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { WlrouterConfig } from "../../lib/config.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** `npm start` without npm: a process of its own on a data folder. */
export interface LocalProcess {
  /** From `<data>/local.json`. */
  readonly baseUrl: string;
  readonly dynamodbEndpoint: string;
  /** All that it has printed so far. */
  readonly stdout: Output;
  readonly stderr: Output;
  kill(signal: NodeJS.Signals): void;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

/** What a process that did not come up had to say. */
export interface FailedStart {
  readonly exitCode: number | string;
  readonly stderr: string;
}

/** A data folder, and the processes that run on it. */
export interface LocalFolder {
  readonly data: string;
  has(file: string): boolean;
  start(): Promise<LocalProcess>;
  /** For a start that must not succeed. */
  startInVain(): Promise<FailedStart>;
  /** Ends whatever still runs and deletes the folder. */
  remove(): Promise<void>;
}

/**
 * @param providerUrl where `test/model` is served; absent: the shipped configuration, without any provider's key
 * @param environment of the processes, such as a provider's key
 */
export function newLocalFolder(
  providerUrl?: string,
  environment: Readonly<Record<string, string>> = {},
): LocalFolder {
  const folder = mkdtempSync(path.join(tmpdir(), "wlrouter-local-"));
  const data = path.join(folder, "data");
  const config = path.join(folder, "wlrouter.json");
  if (providerUrl !== undefined) writeFileSync(config, JSON.stringify(configOf(providerUrl)));
  const children: ChildProcess[] = [];

  function launch() {
    const child = spawn(process.execPath, ["bin/local.ts"], {
      cwd: ROOT,
      // Nothing else of this shell's: it may have providers' keys.
      env: {
        ...environment,
        PATH: process.env["PATH"],
        PORT: "0",
        WLROUTER_DATA: data,
        ...(providerUrl === undefined ? {} : { WLROUTER_CONFIG: config }),
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    children.push(child);
    const ended = new Promise<number | string>((resolve) => {
      child.on("exit", (code, signal) => resolve(code ?? signal ?? "unknown"));
    });
    return { child, ended, stdout: outputOf(child.stdout), stderr: outputOf(child.stderr) };
  }

  return {
    data,
    has: (file) => existsSync(path.join(data, file)),
    async start() {
      const { child, ended, stdout, stderr } = launch();
      const early = ended.then((code) =>
        Promise.reject(new Error(`it ended with ${code}: ${stderr.text()}`)),
      );
      early.catch(() => {});
      // The last line of what it prints when it is ready.
      await Promise.race([early, stdout.has(/curl .*\n/)]);
      const { baseUrl, dynamodbEndpoint } = JSON.parse(readFileSync(path.join(data, "local.json"), "utf8"));
      return { baseUrl, dynamodbEndpoint, stdout, stderr, ended, kill: (signal) => void child.kill(signal) };
    },
    async startInVain() {
      const { ended, stderr } = launch();
      return { exitCode: await ended, stderr: stderr.text() };
    },
    async remove() {
      for (const child of children) child.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What a process prints on one of its two streams. */
export interface Output {
  text(): string;
  /** Resolves as soon as it has printed this. */
  has(pattern: RegExp): Promise<void>;
}

function outputOf(stream: Readable): Output {
  let text = "";
  stream.setEncoding("utf8");
  stream.on("data", (piece: string) => {
    text += piece;
  });
  return {
    text: () => text,
    has: (pattern) =>
      new Promise((resolve) => {
        const look = () => {
          if (!pattern.test(text)) return;
          stream.off("data", look);
          resolve();
        };
        stream.on("data", look);
        look();
      }),
  };
}

function configOf(baseUrl: string): WlrouterConfig {
  return {
    providers: { here: { kind: "openai-compatible", baseUrl } },
    models: [
      {
        id: "test/model",
        ownedBy: "test",
        contextWindow: 128_000,
        maxOutputTokens: 16_384,
        inputModalities: ["text"],
        outputModalities: ["text"],
        prices: { inputUsdPerMillion: "0.40", outputUsdPerMillion: "1.60" },
        routes: [{ provider: "here", model: "upstream-model" }],
      },
    ],
  };
}
