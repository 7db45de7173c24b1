import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Recording } from "./recordings.ts";

/**
 * A provider on 127.0.0.1 that does as it is told, over real sockets:
 *
 *     const provider = await startProviderServer();
 *     provider.next(failure(500), replay(recording));       // the first call, the second call
 *     provider.always(replay(recording));                  // every call after those
 *     … call provider.baseUrl …
 *     expect(provider.calls[0]?.json).toEqual({ … });
 *     await provider.close();
 */
export interface ProviderServer {
  /** `http://127.0.0.1:PORT/v1`, for a provider's `baseUrl`. */
  readonly baseUrl: string;
  /** What has arrived, in order. A benchmark may empty it (`calls.length = 0`). */
  readonly calls: ReceivedCall[];
  /** How many connections have been opened to it in all. */
  readonly connections: number;
  /** Queues what the next calls get, one each. */
  next(...behaviors: Behavior[]): void;
  /** What a call gets when nothing is queued for it. Until this is said: a 500 that says so. */
  always(behavior: Behavior): void;
  /** The n-th call (from 1), as soon as its body has arrived. */
  call(n: number): Promise<ReceivedCall>;
  /** Ends every connection, whatever is going on. */
  close(): Promise<void>;
}

export interface ReceivedCall {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The body parsed; undefined when it is not JSON. */
  readonly json: unknown;
  /** Settles when the exchange is over: did the caller take the whole answer, or did either side hang up before? */
  readonly ended: Promise<"finished" | "broken">;
}

/** What a call gets. Any function will do; the ones below are the usual. */
export type Behavior = (response: ServerResponse, call: ReceivedCall) => void | Promise<void>;

export async function startProviderServer(): Promise<ProviderServer> {
  const calls: ReceivedCall[] = [];
  const queued: Behavior[] = [];
  const waiting: { n: number; resolve: (call: ReceivedCall) => void }[] = [];
  let count = 0;
  let connections = 0;
  let fallback: Behavior = json({ error: { message: "nothing is queued for this call" } }, { status: 500 });

  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const call = received(request.method, request.url, request.headers, Buffer.concat(pieces), response);
      calls.push(call);
      count += 1;
      for (const it of waiting.filter(({ n }) => n === count)) it.resolve(call);
      const behavior = queued.shift() ?? fallback;
      // A caller that hangs up is part of many scripts.
      Promise.resolve(behavior(response, call)).catch(() => response.destroy());
    });
  });
  server.on("connection", () => {
    connections += 1;
  });
  const port = await listen(server);

  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    calls,
    get connections() {
      return connections;
    },
    next: (...behaviors) => void queued.push(...behaviors),
    always: (behavior) => {
      fallback = behavior;
    },
    call: (n) => {
      const call = calls[n - 1];
      return call ? Promise.resolve(call) : new Promise((resolve) => void waiting.push({ n, resolve }));
    },
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}

// --- behaviors ------------------------------------------------------------------------------------------------

export interface AnswerOptions {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A recorded exchange as it was: status, content type, body. `pieces` cuts the body: see `stream`. */
export function replay(recording: Recording, options: StreamOptions = {}): Behavior {
  const headers = { "content-type": recording.contentType, ...options.headers };
  return stream([recording.responseBytes], { status: recording.status, ...options, headers });
}

/** A whole answer. */
export function json(value: unknown, { status = 200, headers = {} }: AnswerOptions = {}): Behavior {
  return body(JSON.stringify(value), { status, headers: { "content-type": "application/json", ...headers } });
}

/** Any body; text/plain unless the headers say otherwise. */
export function body(
  content: string | Uint8Array,
  { status = 200, headers = {} }: AnswerOptions = {},
): Behavior {
  return (response) => {
    response.writeHead(status, { "content-type": "text/plain", ...headers }).end(content);
  };
}

/** An OpenAI error with this status. */
export function failure(
  status: number,
  error: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {},
): Behavior {
  const all = {
    message: `status ${status}`,
    type: "invalid_request_error",
    param: null,
    code: null,
    ...error,
  };
  return json({ error: all }, { status, headers });
}

export interface StreamOptions extends AnswerOptions {
  /** Cuts the body into pieces of these sizes, the last repeated; each is written by itself. Absent: as given. */
  readonly pieces?: readonly number[];
  /** Awaited before each piece is written: tests release pieces one by one, without sleeping. */
  readonly pace?: (index: number) => Promise<void>;
  /** What follows the last piece: a clean end (the default), a connection reset, or nothing, ever. */
  readonly ending?: "end" | "reset" | "hang";
}

/** SSE, piece by piece. Strings are sent as they are: `sse(…)` makes events of values. */
export function stream(content: readonly (string | Uint8Array)[], options: StreamOptions = {}): Behavior {
  const { status = 200, headers = {}, pieces, pace, ending = "end" } = options;
  return async (response) => {
    response.writeHead(status, { "content-type": "text/event-stream; charset=utf-8", ...headers });
    response.flushHeaders();
    let index = 0;
    for (const piece of cut(content, pieces)) {
      await pace?.(index);
      await write(response, piece);
      index += 1;
    }
    if (ending === "end") response.end();
    if (ending === "reset") response.socket?.resetAndDestroy();
  };
}

/** Events in OpenAI's framing, one string each: objects as JSON, strings (`[DONE]`) as they are. */
export function sse(...events: (object | string)[]): string[] {
  return events.map((event) => `data: ${typeof event === "string" ? event : JSON.stringify(event)}\n\n`);
}

/** Reads the request and never answers. */
export const hang: Behavior = () => {};

/** Reads the request and resets the connection. */
export const reset: Behavior = (response) => {
  response.socket?.resetAndDestroy();
};

// --- inside ---------------------------------------------------------------------------------------------------

function received(
  method: string | undefined,
  path: string | undefined,
  headers: IncomingHttpHeaders,
  bytes: Buffer,
  response: ServerResponse,
): ReceivedCall {
  const ended = new Promise<"finished" | "broken">((resolve) => {
    response.on("finish", () => resolve("finished"));
    response.on("close", () => resolve("broken"));
  });
  return { method: method ?? "", path: path ?? "", headers, body: bytes, json: parse(bytes), ended };
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}

function* cut(
  content: readonly (string | Uint8Array)[],
  sizes: readonly number[] | undefined,
): Generator<Uint8Array> {
  if (sizes === undefined) {
    yield* content.map((piece) => Buffer.from(piece));
    return;
  }
  const all = Buffer.concat(content.map((piece) => Buffer.from(piece)));
  for (let at = 0, index = 0; at < all.length; index += 1) {
    const size = sizes[Math.min(index, sizes.length - 1)] ?? all.length;
    yield all.subarray(at, at + size);
    at += size;
  }
}

/** Resolves when the piece has been handed to the system, so that pieces do not melt into one. */
function write(response: ServerResponse, piece: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    response.write(piece, (error) => (error ? reject(error) : resolve()));
  });
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address === "string" || address === null) throw new Error("the server has no port");
  return (address satisfies AddressInfo).port;
}
