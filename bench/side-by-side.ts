/**
 * `npm run bench`: our deployed bundle side by side with other gateways. A mock provider and a canned DynamoDB on one core,
 * each gateway in turn on the other, rounds interleaved, so that a machine that is busy with other things is busy for all
 * of them. Writes bench/results.md. `--rounds N` (5), `--quick` for a look that proves nothing.
 */
import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { localDynamoClient } from "../lambda/adapters/aws-json/services.ts";
import {
  BUNDLE,
  buildOurs,
  type Gateway,
  HAS_NGINX,
  installPeers,
  pin,
  type StartGateway,
  startBackends,
  startHonoUndici,
  startNginx,
  startOurs,
  startPortkey,
  startRawNode,
} from "./side-by-side/gateways.ts";
import { type Load, type Measured, measure, type Target } from "./side-by-side/load.ts";
import { type Rows, report } from "./side-by-side/report.ts";

const { values: options } = parseArgs({
  options: { rounds: { type: "string", default: "5" }, quick: { type: "boolean", default: false } },
});
const scale = options.quick ? 0.1 : 1;
const LOADS: Readonly<Record<string, Load>> = {
  whole: { requests: 3_000 * scale, atOnce: 32, pauseMs: undefined },
  stream: { requests: 1_000 * scale, atOnce: 16, pauseMs: 0 },
  paced: { requests: 200 * scale, atOnce: 16, pauseMs: 5 },
  single: { requests: 300 * scale, atOnce: 1, pauseMs: undefined },
};
const WRITES = 1_000;
const WARM_UP: Load = { requests: 5_000 * scale, atOnce: 16, pauseMs: undefined };

/** Of one signed write, one after another. */
async function writeTimes(): Promise<number[]> {
  const client = localDynamoClient(`http://127.0.0.1:${backends.ports.aws}`);
  const times: number[] = [];
  for (let n = 0; n < WRITES; n++) {
    const startedAt = performance.now();
    await client.call("UpdateItem", JSON.stringify({ TableName: "bench", Key: {} }));
    times.push(performance.now() - startedAt);
  }
  await client.close();
  return times.slice(WRITES / 2);
}

const say = (text: string) => console.error(text);

say("Building the gateway's bundle and installing the peers …");
buildOurs();
installPeers();
pin(process.pid, 0);
const backends = await startBackends();

const starts: StartGateway[] = [(ports) => startOurs(ports), startPortkey, startRawNode, startHonoUndici];
if (HAS_NGINX) starts.push(startNginx);
const gateways: Gateway[] = [];
const rows: Rows = new Map();

try {
  for (const start of starts) gateways.push(await start(backends.ports));
  const direct: Target = { port: backends.ports.provider, pid: backends.pid, headers: {} };
  const targets: (Target & { name: string })[] = [...gateways, { ...direct, name: "no gateway" }];
  for (const target of targets) {
    await measure(target, WARM_UP);
    await measure(target, { ...WARM_UP, requests: WARM_UP.requests / 5, pauseMs: 0 });
  }
  for (let round = 1; round <= Number(options.rounds); round++) {
    for (const target of targets) {
      const seen: Record<string, Measured> = {};
      for (const [name, load] of Object.entries(LOADS)) seen[name] = await measure(target, load);
      const all = rows.get(target.name) ?? [];
      rows.set(target.name, [...all, seen]);
      const cpu = (name: string) => seen[name]?.cpuMsPerRequest.toFixed(3);
      say(
        `round ${round}: ${target.name.padEnd(16)} ${cpu("whole")} ms CPU a request, ${cpu("stream")} ms a stream`,
      );
    }
  }
  const text = report(rows, LOADS, await writeTimes());
  console.log(text);
  if (!options.quick) writeFileSync(path.join(import.meta.dirname, "results.md"), text);
} finally {
  await Promise.all(gateways.map((gateway) => gateway.stop()));
  backends.stop();
  rmSync(BUNDLE, { recursive: true });
}
