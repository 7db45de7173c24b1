// Installs what is missing, then runs a command on the project's own tools: `node bin/run.mjs vitest run`.
// Plain JavaScript on purpose: it must run on whatever Node the machine has, before anything is installed.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const modules = path.join(root, "node_modules");
const binFolder = path.join(modules, ".bin");
const lockFile = path.join(root, ".installing");
const windows = process.platform === "win32";

/**
 * Compares npm's list of what it installed with package-lock.json. npm writes its list last, so an install that was
 * interrupted, that left out the development packages or that served another commit is repeated.
 */
function isInstalled() {
  const nodeBinary = path.join(modules, "node", "bin", windows ? "node.exe" : "node");
  const installedList = path.join(modules, ".package-lock.json");
  if (!existsSync(nodeBinary) || !existsSync(installedList)) return false;
  const wanted = JSON.parse(readFileSync(path.join(root, "package-lock.json"), "utf8")).packages;
  const installed = JSON.parse(readFileSync(installedList, "utf8")).packages;
  // The name "" is the project itself; the optional packages are mostly other platforms' binaries.
  return Object.keys(wanted).every(
    (name) => name === "" || wanted[name].optional || installed[name]?.version === wanted[name].version,
  );
}

/** Returns npm's exit code. Two commands started at once must not install over each other: one waits for the other. */
async function install() {
  await takeLock();
  try {
    if (isInstalled()) return 0;
    console.error("Installing the packages named in package-lock.json (once) …");
    // NODE_ENV=production and ignore-scripts in somebody's .npmrc would leave out the tools or the pinned Node.
    const options = [
      "--include=dev",
      "--ignore-scripts=false",
      "--no-audit",
      "--no-fund",
      "--loglevel=error",
    ];
    // The output goes to stderr, as stdout belongs to the command, which may print JSON. And npm must not run on the
    // Node that it is about to replace, which `npm test` puts first in the path.
    const code = await run("npm", ["ci", ...options], {
      cwd: root,
      stdio: ["ignore", 2, 2],
      env: {
        ...process.env,
        PATH: searchPath()
          .filter((folder) => folder !== binFolder)
          .join(path.delimiter),
      },
    });
    if (code !== 0)
      console.error("npm ci failed. It needs the npm registry; see above, then run this again.");
    return code;
  } finally {
    rmSync(lockFile, { force: true });
  }
}

async function takeLock() {
  for (let told = false; !createLock(); await sleep(200)) {
    const holder = readLock();
    if (holder && !isAlive(holder)) removeStaleLock();
    else if (holder && !told) {
      console.error(
        `Process ${holder} is installing; waiting for it (or for somebody to delete ${lockFile}) …`,
      );
      told = true;
    }
  }
}

function createLock() {
  try {
    writeFileSync(lockFile, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

/** The process id of whoever holds the lock; 0 if nobody does, or if its file is just being written. */
function readLock() {
  try {
    return Number(readFileSync(lockFile, "utf8"));
  } catch {
    return 0;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** Only one may remove it, and only after a second look: else the slower of two would remove the quicker one's new lock. */
function removeStaleLock() {
  const guard = `${lockFile}-stale`;
  try {
    mkdirSync(guard);
  } catch {
    return;
  }
  const holder = readLock();
  if (holder && !isAlive(holder)) rmSync(lockFile);
  rmdirSync(guard);
}

function searchPath() {
  return (process.env.PATH ?? "").split(path.delimiter);
}

/** Runs a command to its own end, whatever signals arrive, and returns its exit code. */
function run(command, args, options) {
  const child = spawn(command, args, { ...options, shell: windows });
  const forward = (signal) => child.kill(signal);
  const onSignal = {
    // A terminal sends Ctrl-C to the child as well, and a second one may mean "now"; nobody else does.
    SIGINT: process.stdin.isTTY ? () => {} : forward,
    SIGTERM: forward,
    SIGHUP: forward,
  };
  for (const [signal, listener] of Object.entries(onSignal)) process.on(signal, listener);
  return new Promise((resolve) => {
    child.on("error", (error) => {
      console.error(`${command} could not be started: ${error.message}`);
      resolve(1);
    });
    child.on("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  }).finally(() => {
    for (const [signal, listener] of Object.entries(onSignal)) process.off(signal, listener);
  });
}

const [command, ...args] = process.argv.slice(2);
if (!isInstalled()) process.exitCode = await install();
if (!process.exitCode) {
  process.exitCode = await run(path.join(binFolder, command), args, {
    stdio: "inherit",
    env: { ...process.env, PATH: [binFolder, ...searchPath()].join(path.delimiter) },
  });
}
