// bin/run.mjs in a small project of its own, with an `npm` that installs from nowhere: it writes down how it was
// called and lays out what the real one would.

import { type ChildProcess, spawn } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const RUN = path.resolve(import.meta.dirname, "../../bin/run.mjs");
const LOCK = {
  packages: {
    "": {},
    "node_modules/node": { version: "24.1.0" },
    "node_modules/mac": { version: "1.0.0", optional: true },
  },
};

// Takes long enough for a second start to find the first one at work, and leaves a mark if two ever overlap.
const NPM = `#!${process.execPath}
const fs = require("node:fs");
console.log("added some packages");
fs.appendFileSync("calls", JSON.stringify(process.argv.slice(2)) + "\\n");
if (process.env.FAIL) process.exit(7);
fs.mkdirSync("at-work");
fs.rmSync("node_modules", { recursive: true, force: true });
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
fs.mkdirSync("node_modules/.bin", { recursive: true });
fs.mkdirSync("node_modules/node/bin", { recursive: true });
fs.symlinkSync(process.execPath, "node_modules/node/bin/node");
fs.symlinkSync("../node/bin/node", "node_modules/.bin/node");
fs.writeFileSync("node_modules/.package-lock.json", JSON.stringify({ packages: { "node_modules/node": { version: "24.1.0" } } }));
fs.rmdirSync("at-work");
`;

let project: string;

beforeEach(() => {
  project = mkdtempSync(path.join(tmpdir(), "wlrouter-run-"));
  mkdirSync(path.join(project, "bin"));
  cpSync(RUN, path.join(project, "bin/run.mjs"));
  writeFileSync(path.join(project, "package-lock.json"), JSON.stringify(LOCK));
  mkdirSync(path.join(project, "fake"));
  writeFileSync(path.join(project, "fake/npm"), NPM);
  chmodSync(path.join(project, "fake/npm"), 0o755);
});

afterEach(() => rmSync(project, { recursive: true }));

function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  return spawn(process.execPath, [path.join(project, "bin/run.mjs"), ...args], {
    env: { ...process.env, PATH: `${project}/fake:${process.env["PATH"]}`, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
}

async function end(child: ChildProcess): Promise<Ended> {
  let stdout = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    stdout += chunk;
  });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, stdout })));
}

const run = (args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ended> => end(start(args, env));

function npmCalls(): string[][] {
  const lines = readFileSync(path.join(project, "calls"), "utf8").trim().split("\n");
  return lines.map((line) => JSON.parse(line));
}

const SAY_HI = ["node", "-e", "console.log('hi')"];

test("a fresh clone installs once, development packages included, and its stdout is the command's alone", async () => {
  const env = { NODE_ENV: "production" };
  expect(await run(SAY_HI, env)).toEqual({ code: 0, stdout: "hi\n" });
  expect(await run(SAY_HI, env)).toEqual({ code: 0, stdout: "hi\n" });
  expect(npmCalls()).toHaveLength(1);
  expect(npmCalls()[0]).toEqual(expect.arrayContaining(["ci", "--include=dev", "--ignore-scripts=false"]));
});

test("commands started at once on a fresh clone install once between them", async () => {
  const ended = await Promise.all([run(SAY_HI), run(SAY_HI), run(SAY_HI)]);
  expect(ended.map(({ code, stdout }) => [code, stdout])).toEqual(Array(3).fill([0, "hi\n"]));
  expect(npmCalls()).toHaveLength(1);
});

test("a lock that a dead process left is taken over, by one of those who find it", async () => {
  const dead = start(["-e", ""], { FAIL: "1" });
  await end(dead);
  rmSync(path.join(project, "calls"));
  writeFileSync(path.join(project, ".installing"), String(dead.pid));
  const ended = await Promise.all([run(SAY_HI), run(SAY_HI), run(SAY_HI)]);
  expect(ended.map(({ code }) => code)).toEqual([0, 0, 0]);
  expect(npmCalls()).toHaveLength(1);
});

test("another package-lock.json installs again", async () => {
  await run(SAY_HI);
  const newer = { packages: { ...LOCK.packages, "node_modules/node": { version: "24.2.0" } } };
  writeFileSync(path.join(project, "package-lock.json"), JSON.stringify(newer));
  await run(SAY_HI);
  expect(npmCalls()).toHaveLength(2);
});

test("a failed install runs nothing, gives npm's exit code and leaves no lock", async () => {
  expect(await run(SAY_HI, { FAIL: "1" })).toEqual({ code: 7, stdout: "" });
  expect(existsSync(path.join(project, ".installing"))).toBe(false);
  expect(await run(SAY_HI)).toEqual({ code: 0, stdout: "hi\n" });
});

test("the command's exit code is the answer", async () => {
  expect(await run(["node", "-e", "process.exit(3)"])).toMatchObject({ code: 3 });
});

test.each(["SIGINT", "SIGTERM"] as const)(
  "on %s it waits for a command that ends its work first",
  async (signal) => {
    const drains = `
    process.on("${signal}", () => setTimeout(() => { console.log("drained"); process.exit(0); }, 200));
    setInterval(() => {}, 1000);
    console.log("ready");`;
    const child = start(["node", "-e", drains]);
    const ended = end(child);
    child.stdout?.once("data", () => child.kill(signal));
    expect(await ended).toEqual({ code: 0, stdout: "ready\ndrained\n" });
  },
);
