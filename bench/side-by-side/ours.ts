/**
 * Our deployed bundle behind a plain HTTP server that plays API Gateway and Lambda's runtime: request to event, response
 * stream to response. `node bench/side-by-side/ours.ts <bundle folder>`; it prints its port.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import path from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { pathToFileURL } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

type Handler = (event: object, stream: ServerResponse, context: object) => Promise<void>;

Object.assign(globalThis, {
  awslambda: {
    streamifyResponse: (handler: Handler) => handler,
    HttpResponseStream: {
      from(response: ServerResponse, prelude: { statusCode: number; headers: Record<string, string> }) {
        return response.writeHead(prelude.statusCode, prelude.headers);
      },
    },
  },
});

const [folder = ""] = process.argv.slice(2);
const { handler }: { handler: Handler } = await import(pathToFileURL(path.join(folder, "index.mjs")).href);

function eventOf(request: IncomingMessage, body: string): object {
  const url = request.url ?? "/";
  return {
    httpMethod: request.method,
    path: url,
    resource: "/{proxy+}",
    pathParameters: { proxy: url.slice(1) },
    headers: request.headers,
    multiValueHeaders: null,
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    requestContext: { domainName: "bench.execute-api.eu-central-1.amazonaws.com" },
    body,
    isBase64Encoded: false,
  };
}

const loop = monitorEventLoopDelay({ resolution: 1 });

/** In milliseconds, since the last time it was asked. Watched from then on only: the watching itself takes time. */
function loopDelay(): object {
  loop.enable();
  const [p50Ms, p99Ms, maxMs] = [loop.percentile(50), loop.percentile(99), loop.max].map((ns) => ns / 1e6);
  loop.reset();
  return { p50Ms, p99Ms, maxMs };
}

/** Objects that are still referred to, in megabytes: what is left after a collection. */
function liveHeap(): object {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  return { megabytes: process.memoryUsage().heapUsed / 1024 / 1024 };
}

let invocations = 0;
const server = createServer((request, response) => {
  if (request.url === "/bench/loop-delay") return void response.end(JSON.stringify(loopDelay()));
  if (request.url === "/bench/live-heap") return void response.end(JSON.stringify(liveHeap()));
  const pieces: Buffer[] = [];
  request.on("data", (piece: Buffer) => pieces.push(piece));
  request.on("end", () => {
    const context = { awsRequestId: `bench-${++invocations}`, getRemainingTimeInMillis: () => 900_000 };
    void handler(eventOf(request, Buffer.concat(pieces).toString()), response, context);
  });
});
server.keepAliveTimeout = 60_000;
// Room for thousands who connect within one turn of the loop.
server.listen({ port: 0, host: "127.0.0.1", backlog: 4_096 }, () => {
  const address = server.address();
  process.send?.(typeof address === "object" ? address?.port : undefined);
});
// A profile is written at a proper exit only.
process.on("SIGTERM", () => process.exit());
