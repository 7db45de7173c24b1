/**
 * `npm run bench:growth`: does our gateway's memory grow? The deployed bundle, 100,000 requests, every tenth a stream;
 * resident memory after a tenth of them and after all. Above 10% more it fails. `--requests N` for a look that proves less.
 * `--heap` collects garbage after each part and tells what objects are left: growth of them would be a leak of ours.
 */
import { rmSync } from "node:fs";
import { parseArgs } from "node:util";
import { BUNDLE, buildOurs, pin, startBackends, startOurs } from "./side-by-side/gateways.ts";
import { measure } from "./side-by-side/load.ts";

const { values: options } = parseArgs({
  options: { requests: { type: "string", default: "100000" }, heap: { type: "boolean", default: false } },
});
const tenth = Math.ceil(Number(options.requests) / 10);
const MOST_GROWTH = 1.1;

async function liveHeap(port: number): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/bench/live-heap`);
  const { megabytes } = (await answer.json()) as { megabytes: number };
  return `, objects ${megabytes.toFixed(1)} MB`;
}

buildOurs();
pin(process.pid, 0);
const backends = await startBackends();
const gateway = await startOurs(backends.ports);
try {
  let firstMb = 0;
  for (let part = 1; part <= 10; part++) {
    await measure(gateway, { requests: Math.ceil(tenth * 0.9), atOnce: 32, pauseMs: undefined });
    const { residentMb } = await measure(gateway, {
      requests: Math.ceil(tenth * 0.1),
      atOnce: 16,
      pauseMs: 0,
    });
    firstMb ||= residentMb;
    const objects = options.heap ? await liveHeap(gateway.port) : "";
    console.log(
      `after ${part * tenth} requests: ${residentMb.toFixed(0)} MB, ${(residentMb / firstMb).toFixed(2)}${objects}`,
    );
    if (part === 10 && residentMb > firstMb * MOST_GROWTH) process.exitCode = 1;
  }
} finally {
  await gateway.stop();
  backends.stop();
  rmSync(BUNDLE, { recursive: true });
}
