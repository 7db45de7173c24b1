/**
 * `npm run chaos -- --requests 1000000 [--seed N] [--minutes M] [--workers W]`: the chaos bank of
 * test/ledger/chaos.test.ts at length, in generations that each have a store of their own, so that memory stays small.
 * Progress goes to stderr; the last line of stdout is one JSON object. Exit code 1 when money was lost, wrong or double,
 * or an invariant was violated. One seed makes the same requests and the same faults; how concurrent calls are
 * interleaved is the machine's.
 */
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { type GenerationOptions, runGeneration } from "../test/ledger/chaos/generation.ts";
import { mixSeed } from "../test/ledger/chaos/request-plan.ts";
import { addTally, countProblems, emptyTally, type Tally } from "../test/ledger/chaos/tally.ts";

const GENERATION_REQUESTS = 5_000;
const SHOWN_PROBLEMS = 20;

if (isMainThread) process.exitCode = await main();
else
  parentPort?.on("message", async (options: GenerationOptions) => {
    parentPort?.postMessage(await runGeneration(options));
  });

async function main(): Promise<0 | 1> {
  const { requests, seed, minutes, workers } = readArguments();
  const startedAtMs = performance.now();
  const elapsedSeconds = () => (performance.now() - startedAtMs) / 1_000;
  const generations = Array.from({ length: Math.ceil(requests / GENERATION_REQUESTS) }, (_, index) => ({
    seed: mixSeed(seed, index),
    requests: Math.min(GENERATION_REQUESTS, requests - index * GENERATION_REQUESTS),
  }));
  const sum = emptyTally();
  await Promise.all(
    Array.from({ length: Math.min(workers, generations.length) }, async () => {
      const worker = new Worker(new URL(import.meta.url));
      while (elapsedSeconds() < minutes * 60) {
        const generation = generations.shift();
        if (!generation) break;
        const tally = await runIn(worker, generation);
        addTally(sum, tally);
        console.error(progress(sum, elapsedSeconds()));
        // At once: a run of hours may be ended before its report.
        for (const problem of tally.problems.slice(0, SHOWN_PROBLEMS)) console.error(shown(problem));
      }
      await worker.terminate();
    }),
  );
  return report(sum, seed, elapsedSeconds());
}

/** @throws Error what the worker threw. */
async function runIn(worker: Worker, generation: GenerationOptions): Promise<Tally> {
  worker.postMessage(generation);
  const [tally]: Tally[] = await once(worker, "message");
  if (!tally) throw new Error("a generation ended without a tally");
  return tally;
}

function progress(sum: Tally, seconds: number): string {
  const rate = (sum.requests / seconds).toFixed(0);
  return `${sum.requests} requests, ${sum.faulted} with faults, ${sum.problems.length} problems, ${rate} a second`;
}

function shown({ kind, seed, text }: Tally["problems"][number]): string {
  return `${kind} (generation of seed ${seed}): ${text}`;
}

function report(sum: Tally, seed: number, seconds: number): 0 | 1 {
  const { problems, faults, ...counts } = sum;
  for (const problem of problems.slice(0, SHOWN_PROBLEMS)) console.error(shown(problem));
  const { requests, ...ends } = counts;
  const line = { requests, faults, ...ends, ...countProblems(sum), seed, seconds: Math.round(seconds) };
  console.log(JSON.stringify(line));
  return problems.length === 0 ? 0 : 1;
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      requests: { type: "string", default: "20000" },
      seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 32)) },
      minutes: { type: "string", default: "Infinity" },
      workers: { type: "string", default: String(availableParallelism()) },
    },
  });
  const numberOf = (name: keyof typeof values, isAllowed: (value: number) => boolean): number => {
    const value = Number(values[name]);
    if (values[name].trim() !== "" && isAllowed(value)) return value;
    console.error(`--${name} ${values[name]} is not a number that can be used here`);
    process.exit(2);
  };
  const isCount = (value: number) => Number.isSafeInteger(value) && value >= 1;
  return {
    requests: numberOf("requests", isCount),
    seed: numberOf("seed", (value) => Number.isSafeInteger(value) && value >= 0),
    minutes: numberOf("minutes", (value) => value > 0),
    workers: numberOf("workers", isCount),
  };
}
