/**
 * `npm run bench:growth`: does our gateway's memory grow? The deployed bundle, 100,000 requests, every tenth a stream;
 * resident memory after a tenth of them and after all. Above 10% more it fails. `--requests N` for a look that proves less.
 */
import { rmSync } from "node:fs";
import { parseArgs } from "node:util";
import { BUNDLE, buildOurs, pin, startBackends, startOurs } from "./side-by-side/gateways.ts";
import { measure } from "./side-by-side/load.ts";

const { values: options } = parseArgs({ options: { requests: { type: "string", default: "100000" } } });
const tenth = Math.ceil(Number(options.requests) / 10);
const MOST_GROWTH = 1.1;

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
    console.log(
      `after ${part * tenth} requests: ${residentMb.toFixed(0)} MB, ${(residentMb / firstMb).toFixed(2)}`,
    );
    if (part === 10 && residentMb > firstMb * MOST_GROWTH) process.exitCode = 1;
  }
} finally {
  await gateway.stop();
  backends.stop();
  rmSync(BUNDLE, { recursive: true });
}
