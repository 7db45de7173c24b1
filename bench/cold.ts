/**
 * `npm run bench:cold`: the deployed bundle's cold start: a fresh Node under a minimal Lambda Runtime API, from the process's
 * start to the client's whole first answer, beside an empty handler and hono alone; V8's compile cache off and on; and
 * who contributes what to the bundle. `--starts N` (20) of each, in turns, so that a busy machine is busy for all.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { buildSync } from "esbuild";
import { bundleRoom, filesOfColdStart } from "../lib/bundle.ts";
import { contributors } from "./cold-start/contributors.ts";
import type { ColdStart } from "./cold-start/runtime.ts";
import { startRuntimeApi } from "./cold-start/runtime-api.ts";
import { BUNDLE, ourEnvironment, pin, startBackends } from "./side-by-side/gateways.ts";
import { quantile } from "./side-by-side/load.ts";

const { values: options } = parseArgs({ options: { starts: { type: "string", default: "20" } } });
const HERE = path.join(import.meta.dirname, "cold-start");
const folder = mkdtempSync(path.join(tmpdir(), "wlrouter-cold-"));

interface Variant {
  readonly name: string;
  readonly bundle: string;
  readonly cache: boolean;
}

function built(name: string): string {
  const outfile = path.join(folder, `${name}.mjs`);
  const entryPoints = [path.join(HERE, `${name}.ts`)];
  buildSync({ entryPoints, outfile, bundle: true, minify: true, platform: "node", format: "esm" });
  return outfile;
}

const metafile = bundleRoom("gateway", BUNDLE);
const runtime = built("runtime");
const ours = path.join(BUNDLE, "index.mjs");
const honoAlone = built("hono-alone");
const VARIANTS: readonly Variant[] = [
  { name: "empty handler", bundle: built("empty"), cache: false },
  { name: "hono alone", bundle: honoAlone, cache: false },
  { name: "hono alone, compile cache", bundle: honoAlone, cache: true },
  { name: "WLRouter", bundle: ours, cache: false },
  { name: "WLRouter, compile cache", bundle: ours, cache: true },
];

pin(process.pid, 0);
const backends = await startBackends();
const api = await startRuntimeApi();
const environment = { ...process.env, ...ourEnvironment(backends.ports) };

async function start({ name, bundle, cache }: Variant): Promise<ColdStart> {
  const caches = path.join(folder, "compiled");
  mkdirSync(caches, { recursive: true });
  const env = cache
    ? { ...environment, NODE_COMPILE_CACHE: caches }
    : { ...environment, NODE_DISABLE_COMPILE_CACHE: "1" };
  const child = spawn(process.execPath, [runtime, bundle, `${api.port}`], {
    env,
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (child.pid !== undefined) pin(child.pid, 1);
  const exit = once(child, "exit");
  const ended = exit.then(() => Promise.reject(new Error(`${name} ended without an answer`)));
  const { answer, times } = await Promise.race([api.coldStart(), ended]);
  ended.catch(() => {});
  await exit;
  if (!answer.includes('"usage"')) throw new Error(`${name} answered ${answer.slice(0, 300)}`);
  return times;
}

const seen = new Map<string, ColdStart[]>(VARIANTS.map(({ name }) => [name, []]));
try {
  // Fills the disk's cache, and V8's where it is asked for.
  for (const variant of VARIANTS) await start(variant);
  for (let round = 1; round <= Number(options.starts); round++) {
    for (const variant of VARIANTS) seen.get(variant.name)?.push(await start(variant));
    console.error(`round ${round} of ${options.starts}`);
  }
} finally {
  api.close();
  backends.stop();
  rmSync(folder, { recursive: true });
  rmSync(BUNDLE, { recursive: true });
}

const median = (starts: readonly ColdStart[], of: (start: ColdStart) => number) =>
  quantile(starts.map(of), 0.5);
const total = (name: string) => median(seen.get(name) ?? [], ({ answeredMs }) => answeredMs);
const cpu = (name: string) => median(seen.get(name) ?? [], ({ answeredCpuMs }) => answeredCpuMs);

console.log(`Node ${process.version}, ${options.starts} starts of each, medians in milliseconds\n`);
console.log(
  "| | import | first answer | whole start | fastest, slowest | to hono alone | CPU in all | to hono alone |",
);
console.log("|---|---|---|---|---|---|---|---|");
for (const [name, starts] of seen) {
  const totals = starts.map(({ answeredMs }) => answeredMs);
  const cells = [
    median(starts, (s) => s.importedMs - s.bootedMs).toFixed(0),
    median(starts, (s) => s.answeredMs - s.importedMs).toFixed(0),
    total(name).toFixed(0),
    `${quantile(totals, 0).toFixed(0)}, ${quantile(totals, 1).toFixed(0)}`,
    (total(name) / total("hono alone")).toFixed(2),
    cpu(name).toFixed(0),
    (cpu(name) / cpu("hono alone")).toFixed(2),
  ];
  console.log(`| ${name} | ${cells.join(" | ")} |`);
}
const bytes = filesOfColdStart(metafile).reduce((sum, file) => sum + file.bytes, 0);
console.log(`\n${(bytes / 1000).toFixed(0)} kB are read at a start:\n\n| | kB | |\n|---|---|---|`);
for (const [name, size] of contributors(metafile)) {
  console.log(`| ${name} | ${(size / 1000).toFixed(1)} | ${((100 * size) / bytes).toFixed(0)}% |`);
}
