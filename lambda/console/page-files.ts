import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";

export interface PageFile {
  readonly contentType: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Absent where it would not be smaller. */
  readonly gzipped: Uint8Array<ArrayBuffer> | undefined;
  /** Its name changes with its content. */
  readonly isImmutable: boolean;
}

/** The built page: every file by its path within the folder, `assets/index-1a2b3c.js`. */
export type PageFiles = (name: string) => PageFile | undefined;

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".webp": "image/webp",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
};
const COMPRESSIBLE = new Set([".html", ".js", ".css", ".json", ".svg", ".txt"]);

/**
 * Serves what is in the folder when this is called, and nothing else: a name is looked up, never made a path. A file is
 * read and compressed when it is first asked for.
 */
export function pageFilesIn(folder: string): PageFiles {
  const names = new Set(listFiles(folder));
  const read = new Map<string, PageFile>();
  return (name) => {
    if (!names.has(name)) return undefined;
    const known = read.get(name) ?? readPageFile(folder, name);
    read.set(name, known);
    return known;
  };
}

function listFiles(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll("\\", "/"));
  } catch {
    return [];
  }
}

function readPageFile(folder: string, name: string): PageFile {
  const bytes = new Uint8Array(readFileSync(path.join(folder, name)));
  const extension = path.extname(name);
  const gzipped = COMPRESSIBLE.has(extension) ? new Uint8Array(gzipSync(bytes)) : undefined;
  return {
    contentType: CONTENT_TYPES[extension] ?? "application/octet-stream",
    bytes,
    gzipped: gzipped && gzipped.byteLength < bytes.byteLength ? gzipped : undefined,
    // Vite puts a hash of the content at the end of every name but the page's own.
    isImmutable: /-[\w-]{8}\.\w+$/.test(name),
  };
}
