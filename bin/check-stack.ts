// `npm run check:stack`: everything that a deployment is held against without AWS, one line for each, with its counts.

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** What is shown, and the test files that show it, by the beginnings of their paths. */
const CHECKS: readonly (readonly [string, readonly string[]])[] = [
  ["template: rules, schemas, cdk-nag, limits", ["test/lib/template.test.ts"]],
  ["architecture, and an unchanged tree", ["test/lib/wlrouter-stack.test.ts"]],
  [
    "data out: bus, lake, reports",
    ["test/lib/usage.test.ts", "test/lib/reports.test.ts", "test/lib/lake-queries.test.ts"],
  ],
  ["money in, and the console", ["test/lib/payments.test.ts", "test/lib/console.test.ts"]],
  ["options: domain, firewall, warm, trial", ["test/lib/deployment.test.ts"]],
  ["rights, by a simulator of IAM", ["test/lib/rights.test.ts"]],
  ["every function as deployed, each call, each right", ["test/deployed"]],
  ["alarms, runbook, dashboard", ["test/lib/operations.test.ts"]],
  [
    "the bundle as Lambda runs it",
    ["test/lib/bundle.test.ts", "test/lib/gateway-bundle.test.ts", "test/adapters/lambda"],
  ],
  [
    "logs, metrics, traces",
    ["test/adapters/cloudwatch", "test/gateway/log.test.ts", "test/gateway/trace.test.ts"],
  ],
  [
    "a charge is never lost",
    [
      "test/ledger/settle-owed.test.ts",
      "test/gateway/errors-store.test.ts",
      "test/gateway/billing-deadline.test.ts",
    ],
  ],
  ["the nightly audit", ["test/ledger/audit.test.ts"]],
  ["the guide, step by step, against the template", ["test/lib/deploy-guide.test.ts"]],
  ["packages, licences, secrets", ["test/house/supply-chain.test.ts"]],
];

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

async function runTests(): Promise<Report> {
  const folder = mkdtempSync(path.join(tmpdir(), "wlrouter-check-stack-"));
  const outputFile = path.join(folder, "report.json");
  const files = CHECKS.flatMap(([, places]) => places);
  const args = ["run", "--reporter=json", `--outputFile=${outputFile}`, ...files];
  const child = spawn("vitest", args, { stdio: "ignore", shell: process.platform === "win32" });
  await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  const report: Report = JSON.parse(readFileSync(outputFile, "utf8"));
  rmSync(folder, { recursive: true });
  return report;
}

function verdict(report: Report, name: string, places: readonly string[]): boolean {
  const files = report.testResults.filter((file) =>
    places.some((place) => path.relative(process.cwd(), file.name).startsWith(place)),
  );
  const tests = files.flatMap(({ assertionResults }) => assertionResults);
  const failed = tests.filter(({ status }) => status === "failed");
  // A file that cannot be loaded has no tests, and has failed.
  const good = failed.length === 0 && files.length > 0 && files.every(({ status }) => status === "passed");
  const count = `${tests.filter(({ status }) => status === "passed").length} of ${tests.length} tests`;
  console.log(`${good ? "ok    " : "failed"}  ${name.padEnd(52)}${count}`);
  for (const { fullName } of failed) console.log(`          ${fullName}`);
  return good;
}

const report = await runTests();
const verdicts = CHECKS.map(([name, places]) => verdict(report, name, places));
process.exitCode = verdicts.every(Boolean) ? 0 : 1;
