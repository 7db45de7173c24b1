import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

/** What other programs on this machine may know of the running server: `<data>/local.json`. */
export interface LocalServerFile {
  readonly baseUrl: string;
  readonly consoleUrl?: string | undefined;
  readonly dynamodbEndpoint: string;
  /** Readable without a signature. */
  readonly s3Endpoint: string;
  readonly reportsBucket: string;
  /** Of the stand-in of Stripe; absent where payments are Stripe's own. */
  readonly testPaymentsUrl?: string | undefined;
  readonly pid: number;
}

/** A data folder that this process alone uses. */
export interface DataFolder {
  readonly path: string;
  file(name: string): string;
  announce(server: LocalServerFile): void;
  release(): void;
}

const LOCK = "lock";
const ANNOUNCEMENT = "local.json";

/** Another process uses the folder: a message for the person who started this one. */
export class FolderInUseError extends Error {
  override readonly name = "FolderInUseError";
}

/** @throws FolderInUseError that names the process which uses the folder already. */
export function claimDataFolder(folder: string): DataFolder {
  mkdirSync(folder, { recursive: true });
  const file = (name: string) => path.join(folder, name);
  takeLock(file(LOCK), folder);
  return {
    path: folder,
    file,
    announce: (server) => writeFileSync(file(ANNOUNCEMENT), `${JSON.stringify(server, null, 2)}\n`),
    release: () => {
      rmSync(file(ANNOUNCEMENT), { force: true });
      rmSync(file(LOCK), { force: true });
    },
  };
}

function takeLock(lock: string, folder: string): void {
  const holder = existsSync(lock) ? Number(readFileSync(lock, "utf8")) : 0;
  if (holder && isRunning(holder)) {
    throw new FolderInUseError(
      `WLRouter is running on ${folder} already (process ${holder}). Stop it, or choose another folder with WLROUTER_DATA.`,
    );
  }
  // A lock whose process is gone was left by a crash. Writing it exclusively decides between two that start at once.
  rmSync(lock, { force: true });
  writeFileSync(lock, String(process.pid), { flag: "wx" });
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
