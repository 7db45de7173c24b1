import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CliWorld, startCliWorld } from "./cli-world.ts";

const ROOT = path.dirname(path.dirname(import.meta.dirname));

let world: CliWorld;
beforeAll(async () => {
  world = await startCliWorld();
});
afterAll(() => world.close());

/** The real thing, as a shell starts it. */
async function spawned(...argv: string[]) {
  const options = { cwd: ROOT, env: { ...process.env, ...world.env } };
  const command = promisify(execFile)("npm", ["run", "-s", "cli", "--", ...argv], options);
  return command.then(
    ({ stdout, stderr }) => ({ exitCode: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ exitCode: code, stdout, stderr }),
  );
}

test("npm run -s cli prints its answer and nothing else, and ends by itself", async () => {
  const created = await spawned("accounts", "create", "--name", "acme", "--credit", "25", "--json");
  expect(created).toMatchObject({ exitCode: 0, stderr: "" });
  expect(JSON.parse(created.stdout)).toMatchObject({ currency: "USD", available: "25.00" });
});

test("a failure is exit code 1, a misuse 2, both with one sentence on stderr", async () => {
  const failed = await spawned("accounts", "show", "acct_nobody");
  expect(failed).toMatchObject({
    exitCode: 1,
    stdout: "",
    stderr: expect.stringMatching(/^error: [^\n]+\n$/),
  });
  const misused = await spawned("accounts", "credit", "acct_nobody", "-5", "--reason", "x");
  expect(misused).toMatchObject({
    exitCode: 2,
    stdout: "",
    stderr: expect.stringMatching(/^error: [^\n]+\n$/),
  });
});
