/**
 * `npm run bench:streams`: many open streams in one process of our gateway, each with a chunk a second: resident memory a
 * stream, and how long its event loop keeps anybody waiting. `--streams N` (10,000). Every stream needs two file handles
 * in the gateway; a shell with fewer is told so.
 */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { Agent, type IncomingMessage, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { requestBody, SLOW_CHUNKS } from "./side-by-side/exchange.ts";
import { BUNDLE, buildOurs, pin, startBackends, startOurs } from "./side-by-side/gateways.ts";
import { cpuMs, residentMb } from "./side-by-side/load.ts";

const { values: options } = parseArgs({ options: { streams: { type: "string", default: "10000" } } });
const streams = Number(options.streams);
/** All are open before the first of them ends. */
const RAMP_SECONDS = 60;
const WATCHED_SECONDS = 10;
const PAUSE_MS = 1_000;
/** After that the first of them end. */
const MOST_LATE_MS = 45_000;
const SPARE_HANDLES = 200;

interface LoopDelay {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

const handles = Number(spawnSync("sh", ["-c", "ulimit -n"]).stdout.toString()) || Number.POSITIVE_INFINITY;
if (handles < 2 * streams + SPARE_HANDLES) {
  console.error(
    `${streams} streams need ${2 * streams + SPARE_HANDLES} open files: ulimit -n says ${handles}.`,
  );
  process.exit(1);
}

buildOurs();
pin(process.pid, 0);
const backends = await startBackends();
const gateway = await startOurs(backends.ports);
const agent = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY });
const seen = { open: 0, pieces: 0, whole: 0, broken: 0 };

function answered(response: IncomingMessage, ended: (isWhole: boolean) => void): void {
  seen.open += 1;
  let last = "";
  response.setEncoding("utf8").on("data", (text: string) => {
    seen.pieces += 1;
    last = text;
  });
  response.on("close", () => {
    seen.open -= 1;
    ended(response.statusCode === 200 && last.endsWith("data: [DONE]\n\n"));
  });
}

function openStream(pauseMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const ended = (isWhole: boolean) => {
    seen[isWhole ? "whole" : "broken"] += 1;
    resolve();
  };
  const headers = { "content-type": "application/json", ...gateway.headers };
  const { port } = gateway;
  request({ host: "127.0.0.1", port, method: "POST", path: "/v1/chat/completions", headers, agent })
    .on("response", (response) => answered(response, ended))
    .on("error", () => ended(false))
    .end(requestBody(pauseMs));
  return promise;
}

/** Since the last time it was asked. */
async function loopDelay(): Promise<LoopDelay> {
  const answer = await fetch(`http://127.0.0.1:${gateway.port}/bench/loop-delay`);
  return (await answer.json()) as LoopDelay;
}

try {
  await openStream(0);
  const emptyMb = residentMb(gateway.pid);
  const all: Promise<void>[] = [];
  for (let step = 0; step < RAMP_SECONDS * 10; step++) {
    while (all.length < (streams * (step + 1)) / (RAMP_SECONDS * 10)) all.push(openStream(PAUSE_MS));
    await sleep(100);
    if (step % 100 === 0) console.error(`${all.length} asked for, ${seen.open} open`);
  }
  const lateAt = performance.now() + MOST_LATE_MS;
  while (seen.open < streams && performance.now() < lateAt) await sleep(100);
  if (seen.open < streams)
    throw new Error(`only ${seen.open} of ${streams} streams are open: the machine is too slow`);
  await loopDelay();
  const [cpuBefore, piecesBefore, beganAt] = [cpuMs(gateway.pid), seen.pieces, performance.now()];
  await sleep(WATCHED_SECONDS * 1_000);
  const seconds = (performance.now() - beganAt) / 1_000;
  const pieces = (seen.pieces - piecesBefore) / seconds;
  const core = (cpuMs(gateway.pid) - cpuBefore) / (seconds * 10);
  const { p50Ms, p99Ms, maxMs } = await loopDelay();
  const openMb = residentMb(gateway.pid);
  const open = seen.open;
  await Promise.all(all);
  console.log(`${open} streams open, ${pieces.toFixed(0)} chunks/s, ${core.toFixed(0)}% of one core`);
  console.log(
    `resident: ${emptyMb.toFixed(0)} MB with none, ${openMb.toFixed(0)} MB with all: ${((1024 * (openMb - emptyMb)) / open).toFixed(1)} kB a stream`,
  );
  console.log(
    `event loop delay ms: p50 ${p50Ms.toFixed(1)}, p99 ${p99Ms.toFixed(1)}, max ${maxMs.toFixed(1)}`,
  );
  console.log(`ended whole, of ${SLOW_CHUNKS} chunks: ${seen.whole}; broken: ${seen.broken}`);
  if (seen.broken > 0) process.exitCode = 1;
} finally {
  await gateway.stop();
  backends.stop();
  rmSync(BUNDLE, { recursive: true });
}
