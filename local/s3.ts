import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createReadStream, mkdirSync } from "node:fs";
import { mkdir, rename, stat, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { listObjects } from "./s3-list.ts";

/** The one bucket of a local server: usage and reports, as in `s3://wlrouter/reports/…`. */
export const LOCAL_BUCKET = "wlrouter";

/** S3 on one machine: files in a folder behind the part of S3's protocol that WLRouter and readers of it need. */
export interface LocalS3 {
  readonly endpoint: string;
  close(): Promise<void>;
}

/**
 * Serves `<folder>/<bucket>/<key>` on a port of this machine only. Any program here may read, without a signature.
 * Only signed requests write; a signature is not checked, but no web page can put one on what a browser sends.
 */
export async function startS3(folder: string): Promise<LocalS3> {
  mkdirSync(path.join(folder, LOCAL_BUCKET), { recursive: true });
  const server = createServer((request, response) => {
    answer(folder, request, response).catch((error: unknown) => fail(response, error));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** What S3 answers to a request it does not carry out. */
class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

async function answer(folder: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://127.0.0.1");
  // A web page whose name was made to mean this machine still says its own name here.
  const host = (request.headers.host ?? "").replace(/:\d+$/, "");
  if (host !== "127.0.0.1" && host !== "localhost") {
    throw new Refusal(403, "AccessDenied", "This server answers to 127.0.0.1 only.");
  }
  const [, bucket = "", ...segments] = url.pathname.split("/").map(decodeURIComponent);
  if (bucket !== LOCAL_BUCKET) throw new Refusal(404, "NoSuchBucket", `The bucket is ${LOCAL_BUCKET}.`);
  const bucketFolder = path.join(folder, LOCAL_BUCKET);
  const isOfBucket = segments.join("") === "";
  if (request.method === "GET" && isOfBucket) {
    response
      .setHeader("content-type", "application/xml")
      .end(await listObjects(bucketFolder, url.searchParams));
    return;
  }
  const file = path.join(bucketFolder, ...segments.map(safeSegment));
  if (request.method === "PUT" && !isOfBucket) return put(folder, file, request, response);
  if (request.method === "GET" || request.method === "HEAD") return get(file, request, response);
  throw new Refusal(
    405,
    "MethodNotAllowed",
    "This server knows GET, HEAD and PUT of objects, and their list.",
  );
}

/** @throws Refusal for what would lead out of the folder. */
function safeSegment(segment: string): string {
  if (segment === "" || segment === "." || segment === ".." || /[/\\\0]/.test(segment)) {
    throw new Refusal(400, "InvalidArgument", "A key is made of names with slashes between them.");
  }
  return segment;
}

async function put(
  folder: string,
  file: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (!request.headers.authorization) throw new Refusal(403, "AccessDenied", "Sign what you write.");
  if (request.headers["content-encoding"]?.includes("aws-chunked")) {
    throw new Refusal(501, "NotImplemented", "Send the object whole, not in signed chunks.");
  }
  const partial = path.join(folder, `.${randomUUID()}`);
  await writeFile(partial, await buffer(request));
  await mkdir(path.dirname(file), { recursive: true });
  // An object is there whole or not at all, whatever happens.
  await rename(partial, file);
  response.end();
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".csv": "text/csv; charset=utf-8",
  ".json": "application/json",
};

async function get(file: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) throw new Refusal(404, "NoSuchKey", "The specified key does not exist.");
  const range = rangeOf(request.headers.range, found.size);
  const end = Math.max(range.end, range.start - 1);
  response.writeHead(range.isPart ? 206 : 200, {
    "content-type": CONTENT_TYPES[path.extname(file)] ?? "application/octet-stream",
    "content-length": end - range.start + 1,
    "last-modified": found.mtime.toUTCString(),
    etag: `"${found.size.toString(16)}-${Math.floor(found.mtimeMs).toString(16)}"`,
    "accept-ranges": "bytes",
    ...dispositionOf(request),
    ...(range.isPart ? { "content-range": `bytes ${range.start}-${end}/${found.size}` } : {}),
  });
  if (request.method === "HEAD" || found.size === 0) {
    response.end();
    return;
  }
  await pipeline(createReadStream(file, { start: range.start, end }), response);
}

/** A presigned link says what the file is saved as. */
function dispositionOf(request: IncomingMessage): Record<string, string> {
  const wanted = new URL(request.url ?? "/", "http://127.0.0.1").searchParams.get(
    "response-content-disposition",
  );
  return wanted && /^[\x20-\x7e]+$/.test(wanted) ? { "content-disposition": wanted } : {};
}

interface ByteRange {
  readonly start: number;
  /** Inclusive. */
  readonly end: number;
  readonly isPart: boolean;
}

/** One range (`bytes=0-99`, `bytes=100-`, `bytes=-8`): readers of Parquet begin at the end. */
function rangeOf(header: string | undefined, sizeBytes: number): ByteRange {
  const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  const last = sizeBytes - 1;
  if (from === "" && to === "") return { start: 0, end: last, isPart: false };
  if (from === "") return { start: Math.max(0, sizeBytes - Number(to)), end: last, isPart: true };
  if (Number(from) > last) throw new Refusal(416, "InvalidRange", "The range lies behind the object's end.");
  return { start: Number(from), end: to === "" ? last : Math.min(Number(to), last), isPart: true };
}

function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { status, code, message } =
    error instanceof Refusal
      ? error
      : error instanceof URIError
        ? new Refusal(400, "InvalidURI", "The address is not well encoded.")
        : new Refusal(500, "InternalError", "The file could not be read or written.");
  response
    .writeHead(status, { "content-type": "application/xml" })
    .end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`);
}
