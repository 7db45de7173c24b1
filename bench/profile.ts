/**
 * `npm run bench:profile`: where our gateway's time goes under load: the functions of the deployed bundle, by self time.
 * `--stream` for streams of 50 chunks; `--requests N` (4,000, streams 1,000).
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { BUNDLE, buildOurs, pin, startBackends, startOurs } from "./side-by-side/gateways.ts";
import { measure } from "./side-by-side/load.ts";

const { values: options } = parseArgs({
  options: { stream: { type: "boolean", default: false }, requests: { type: "string" } },
});
const requests = Number(options.requests ?? (options.stream ? 1_000 : 4_000));
const TOP = 15;

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Microseconds by function and file. */
function selfTimes({ nodes, samples, timeDeltas }: Profile): Map<string, number> {
  const names = new Map(
    nodes.map(({ id, callFrame: { functionName, url } }) => [
      id,
      `${functionName || "(anonymous)"} ${path.basename(url)}`,
    ]),
  );
  const times = new Map<string, number>();
  samples.forEach((id, i) => {
    const name = names.get(id) ?? "?";
    times.set(name, (times.get(name) ?? 0) + (timeDeltas[i] ?? 0));
  });
  return times;
}

const folder = mkdtempSync(path.join(tmpdir(), "wlrouter-profile-"));
buildOurs({ minify: false });
pin(process.pid, 0);
const backends = await startBackends();
const gateway = await startOurs(backends.ports, ["--cpu-prof", `--cpu-prof-dir=${folder}`]);
try {
  const pauseMs = options.stream ? 0 : undefined;
  await measure(gateway, { requests, atOnce: options.stream ? 16 : 32, pauseMs });
} finally {
  await gateway.stop();
  backends.stop();
}
const [file = ""] = readdirSync(folder);
const times = selfTimes(JSON.parse(readFileSync(path.join(folder, file), "utf8")));
times.delete("(idle) ");
const total = [...times.values()].reduce((sum, us) => sum + us, 0);
console.log(`${(total / 1000 / requests).toFixed(3)} ms a request under the profiler\n`);
console.log("| | of the time | ms a request |\n|---|---|---|");
for (const [name, us] of [...times].toSorted((a, b) => b[1] - a[1]).slice(0, TOP)) {
  console.log(`| ${name} | ${((100 * us) / total).toFixed(1)}% | ${(us / 1000 / requests).toFixed(4)} |`);
}
rmSync(folder, { recursive: true });
rmSync(BUNDLE, { recursive: true });
