import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const ROOT = import.meta.dirname;
const files = readdirSync(path.join(ROOT, "test"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".test.ts"))
  .map((file) => `test/${file}`);
/** They set the environment, or load what reads it once and for all: a process of their own, which is over with them. */
const OWN_PROCESS = /process\.env\[[^\]]+\] =|\bprocess\.chdir\(|vi\.stubEnv\(|handler\.ts["']/;
const own = files.filter((file) => OWN_PROCESS.test(readFileSync(path.join(ROOT, file), "utf8")));

/** From 10 to 50 seconds each. One that began last would run alone, with the other worker idle. */
const LONGEST = [
  "ledger/chaos",
  "console-web/browser",
  "ledger/two-stores",
  "ledger/crash-points",
  "local/usage-flow",
  "ledger/model",
  "contract/crash",
  "ledger/ledger-properties",
  "lib/deployment",
  "translators/cuts",
  "console-web/operator",
];

class LongestFirst extends BaseSequencer {
  override async sort(all: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = (file: TestSpecification) =>
      LONGEST.some((name) => file.moduleId.endsWith(`/test/${name}.test.ts`));
    const others = await super.sort(all.filter((file) => !isLong(file)));
    return [...all.filter(isLong), ...others];
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    // Processes and not threads: tests start servers and load native modules.
    pool: "forks",
    // Tests start child processes of their own; more workers than this only make them wait for each other.
    maxWorkers: 2,
    // Generous, because a limit is there to end what hangs, not to measure: machines are slow and shared.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    projects: [
      { extends: true, test: { name: "own process", include: own, isolate: true } },
      // Loading the same modules for every file anew would be a third of the whole run.
      {
        extends: true,
        test: { name: "shared process", include: files.filter((f) => !own.includes(f)), isolate: false },
      },
    ],
  },
});
