// `npm run check`: everything that can be said about the sources without running them, one line for each.

import { spawn } from "node:child_process";

interface Check {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

const CHECKS: readonly Check[] = [
  { name: "format and lint", command: ["biome", "ci", "--error-on-warnings", "--colors=off", "."] },
  { name: "types", command: ["tsc", "--project", "."] },
  { name: "types of the page", command: ["tsc", "--project", "lambda/console/web"] },
  { name: "import directions", command: ["depcruise", "--config", ".dependency-cruiser.mjs", "."] },
  { name: "unused code", command: ["knip", "--no-progress"] },
];

interface Finished {
  readonly passed: boolean;
  readonly output: string;
}

function run([tool, ...args]: Check["command"]): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(tool, args, {
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32",
    });
    const output: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => output.push(chunk));
    child.on("error", reject);
    child.on("close", (code) => resolve({ passed: code === 0, output: Buffer.concat(output).toString() }));
  });
}

/** Prints the verdict as soon as it is known. Only verdicts start a line with `ok` or `failed`: `.ci/run` counts them. */
async function check({ name, command }: Check): Promise<boolean> {
  const startedAtMs = performance.now();
  const { passed, output } = await run(command);
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
  console.log(`${passed ? "ok    " : "failed"}  ${name.padEnd(20)}${seconds} s`);
  if (!passed) console.log(`\n${output.trimEnd().replace(/^/gm, "    ")}\n`);
  return passed;
}

// All at once: each tool spends part of its time on one core only, so together they end sooner than in turn.
const verdicts = await Promise.all(CHECKS.map(check));
process.exitCode = verdicts.every(Boolean) ? 0 : 1;
