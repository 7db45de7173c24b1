/**
 * The stack, synthesized once for all test files and for as long as its sources stay as they are: the assembly waits in
 * the system's temporary folder, under the hash of everything that it is made of.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import type { SynthesisOptions } from "./synthesis.ts";

const ROOT = path.join(import.meta.dirname, "../..");
const SOURCES = [
  "lib",
  "lambda",
  "cdk.json",
  "wlrouter.config.ts",
  "package-lock.json",
  "test/lib/synthesis.ts",
];
const KEPT = path.join(tmpdir(), `wlrouter-synthesized-${process.getuid?.() ?? "user"}`);
const KEPT_MS = 24 * 3_600_000;

/** A dozen bundles on a busy machine. It ends what hangs, and measures nothing. */
export const SYNTHESIS_LIMIT_MS = 600_000;

// biome-ignore lint/suspicious/noExplicitAny: a template is JSON of any shape, and tests say what they expect of it.
export type Resource = Record<string, any>;

/** As much of CDK's `Template` as tests ask for, without the second that its import takes. */
export interface TemplateJson {
  toJSON(): Resource;
  findResources(type: string): Record<string, Resource>;
}

/** What cdk-nag found. */
export interface NagReport {
  readonly violations: readonly {
    readonly ruleName: string;
    readonly description: string;
    readonly violatingResources: readonly { readonly constructPath: string }[];
  }[];
}

export interface Synthesized {
  readonly template: TemplateJson;
  readonly folder: string;
  /** The gateway function's code, unpacked. */
  readonly assetFolder: string;
  /** The code of the function whose logical id begins so, unpacked. */
  assetOf(functionId: string): string;
  readonly catalogVersion: string;
  readonly nag: NagReport;
}

export async function synthesize(options: Partial<SynthesisOptions> = {}): Promise<Synthesized> {
  return read(await assemblyOf({ bundle: true, deployment: {}, ...options }));
}

/** A second run, whatever the first one left. @returns its folder, which is the caller's to remove. */
export async function synthesizeAgain(
  folder: string,
  options: Partial<SynthesisOptions> = {},
): Promise<Synthesized> {
  await run(folder, { bundle: true, deployment: {}, ...options });
  return read(folder);
}

async function assemblyOf(options: SynthesisOptions): Promise<string> {
  const folder = path.join(KEPT, keyOf(options));
  const lock = `${folder}.lock`;
  mkdirSync(KEPT, { recursive: true });
  removeOld();
  while (!existsSync(folder)) {
    if (!claim(lock)) {
      // Another test file is at it.
      await pause(200);
      continue;
    }
    try {
      const unfinished = `${folder}.${process.pid}`;
      await run(unfinished, options);
      renameSync(unfinished, folder);
    } finally {
      rmSync(lock, { recursive: true });
    }
  }
  return folder;
}

function keyOf(options: SynthesisOptions): string {
  const hash = createHash("sha256").update(JSON.stringify([ROOT, process.version, options]));
  for (const source of SOURCES) {
    for (const file of filesOf(path.join(ROOT, source))) hash.update(file).update(readFileSync(file));
  }
  return hash.digest("hex").slice(0, 24);
}

function filesOf(file: string): string[] {
  if (!statSync(file).isDirectory()) return [file];
  const inside = readdirSync(file, { recursive: true, withFileTypes: true });
  return inside
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}

/** A lock of a process that is no more is taken over. */
function claim(lock: string): boolean {
  try {
    mkdirSync(lock);
    mkdirSync(path.join(lock, String(process.pid)));
    return true;
  } catch {
    const [owner] = existsSync(lock) ? readdirSync(lock) : [];
    if (owner !== undefined && !isAlive(Number(owner))) rmSync(lock, { recursive: true, force: true });
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function removeOld(): void {
  for (const name of readdirSync(KEPT)) {
    const file = path.join(KEPT, name);
    const age = Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > KEPT_MS) rmSync(file, { recursive: true, force: true });
  }
}

async function run(folder: string, options: SynthesisOptions): Promise<void> {
  const program = path.join(import.meta.dirname, "synthesis.ts");
  // An operator deploys from a machine on which the gateway may have run before.
  const env = { ...process.env, OPENAI_API_KEY: CANARY };
  await promisify(execFile)(process.execPath, [program, folder, JSON.stringify(options)], { cwd: ROOT, env });
}

/** Stands for a provider's key in the environment of whoever deploys: it must be nowhere in what is deployed. */
export const CANARY = "sk-canary-that-must-not-be-deployed";

function read(folder: string): Synthesized {
  const json: Resource = JSON.parse(readFileSync(path.join(folder, "WLRouter.template.json"), "utf8"));
  const template: TemplateJson = {
    toJSON: () => json,
    findResources: (type) =>
      Object.fromEntries(
        Object.entries<Resource>(json["Resources"]).filter(([, resource]) => resource["Type"] === type),
      ),
  };
  const assetOf = (functionId: string): string => {
    const functions = Object.entries(template.findResources("AWS::Lambda::Function"));
    const [, code] = functions.find(([id]) => id.startsWith(functionId)) ?? [];
    const assetHash = path.basename(code?.["Properties"].Code.S3Key ?? "", ".zip");
    return path.join(folder, `asset.${assetHash}`);
  };
  return {
    template,
    folder,
    assetFolder: assetOf("Gateway"),
    assetOf,
    catalogVersion: readFileSync(path.join(folder, "catalog-version.txt"), "utf8"),
    nag: JSON.parse(readFileSync(path.join(folder, "nag.json"), "utf8")),
  };
}
