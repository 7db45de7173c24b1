// Installs what is missing, then runs a command on the project's own tools: `node bin/run.mjs vitest run`.
// Plain JavaScript on purpose: it must run on whatever Node the machine has, before anything is installed.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const stampFile = path.join(root, "node_modules", ".wlrouter-lock-sha256");
const lockHash = createHash("sha256")
  .update(readFileSync(path.join(root, "package-lock.json")))
  .digest("hex");

// The stamp is written last, so an install that was interrupted is repeated.
if (!existsSync(stampFile) || readFileSync(stampFile, "utf8") !== lockHash) {
  console.error("Installing the packages named in package-lock.json (once) …");
  // The bootstrap's output goes to stderr: stdout belongs to the command, which may print JSON.
  const install = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (install.status !== 0) {
    console.error("npm ci failed. It needs the npm registry; see the messages above, then run this again.");
    process.exit(install.status ?? 1);
  }
  writeFileSync(stampFile, lockHash);
}

const [command, ...args] = process.argv.slice(2);
const binFolder = path.join(root, "node_modules", ".bin");
const child = spawn(path.join(binFolder, command), args, {
  stdio: "inherit",
  env: { ...process.env, PATH: `${binFolder}${path.delimiter}${process.env.PATH}` },
  shell: process.platform === "win32",
});
// The terminal sends Ctrl-C to the whole group; the child decides when it is done.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.on("error", (error) => {
  console.error(`${command} could not be started: ${error.message}`);
  process.exit(1);
});
child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
