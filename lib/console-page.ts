/** The console's page, built when it is missing or older than its sources: static files for whoever serves them. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  type Dirent,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import path from "node:path";

const ROOT = path.dirname(import.meta.dirname);
const SOURCES = path.join(ROOT, "lambda/console/web");
const BUILT = path.join(SOURCES, "dist");
const VITE = path.join(ROOT, "node_modules/vite/bin/vite.js");

/** Outside of the page's folder: the packages that are compiled into it, and what it shares with the API. */
const MORE_SOURCES = ["package-lock.json", "lambda/core/money.ts"];

/**
 * Builds the page unless that has been done for exactly these sources: milliseconds when it has, some seconds when not.
 * Its folder is named after what it was built from, so two processes that build at once do not disturb each other and
 * nobody ever reads half a page.
 * @param report told when there is something to wait for.
 * @returns the folder with `index.html` and all that it loads; it has no subfolders.
 * @throws Error with what the build printed.
 */
export async function builtConsolePage(report: (message: string) => void = () => {}): Promise<string> {
  const folder = path.join(BUILT, sourcesHash());
  if (existsSync(path.join(folder, "index.html"))) return folder;
  report("Building the console's page (once) …");
  mkdirSync(BUILT, { recursive: true });
  const older = readdirSync(BUILT);
  const fresh = mkdtempSync(path.join(BUILT, ".building-"));
  try {
    await build(fresh);
    putInPlace(fresh, folder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  for (const name of older) removeIfOld(path.join(BUILT, name));
  return folder;
}

/** Of names and contents, so a file that is added, renamed or deleted counts too. */
function sourcesHash(): string {
  const hash = createHash("sha256");
  const own = readdirSync(SOURCES, { withFileTypes: true }).flatMap((entry) => filesIn(SOURCES, entry));
  for (const file of [...own, ...MORE_SOURCES].sort()) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(path.join(ROOT, file)))
      .update("\0");
  }
  return hash.digest("hex").slice(0, 16);
}

/** Not what is built: other processes may be building, and what they build comes and goes. */
function filesIn(folder: string, entry: Dirent): string[] {
  const file = path.join(folder, entry.name);
  if (entry.isFile()) return [path.relative(ROOT, file)];
  if (!entry.isDirectory() || file === BUILT) return [];
  return readdirSync(file, { withFileTypes: true }).flatMap((inside) => filesIn(file, inside));
}

/** In a process of its own: Vite reads NODE_ENV, and under a test runner it would build React's development version. */
function build(outDir: string): Promise<void> {
  const child = spawn(process.execPath, [VITE, "build", "--outDir", outDir, "--logLevel", "warn"], {
    cwd: SOURCES,
    env: { ...process.env, NODE_ENV: "production" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`The console's page could not be built:\n${printed}`));
    });
  });
}

const KEEP_MS = 86_400_000;

/** A server that runs still reads its files from the build that it was started with. */
export function removeIfOld(folder: string): void {
  // What another process was building may be in its place by now.
  const modifiedMs = statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
  if (Date.now() - modifiedMs > KEEP_MS) rmSync(folder, { recursive: true, force: true });
}

function putInPlace(fresh: string, folder: string): void {
  try {
    renameSync(fresh, folder);
  } catch (error) {
    // Somebody else built the same sources meanwhile.
    if (!existsSync(path.join(folder, "index.html"))) throw error;
  }
}
