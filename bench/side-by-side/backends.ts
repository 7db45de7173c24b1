/**
 * What stands behind every gateway of the side by side: a provider that answers at once (or a chunk every few
 * milliseconds), and something that answers as DynamoDB and Secrets Manager would, without keeping anything.
 * A process of its own: `node bench/side-by-side/backends.ts`, which prints its ports as one line of JSON.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { CHUNKS, KEY_ITEM, SLOW_CHUNKS } from "./exchange.ts";

const COMPLETION = JSON.stringify({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1_700_000_000,
  model: "bench",
  choices: [
    {
      index: 0,
      message: { role: "assistant", content: "The quick brown fox jumps over the lazy dog. ".repeat(4) },
      finish_reason: "stop",
    },
  ],
  usage: { prompt_tokens: 20, completion_tokens: 40, total_tokens: 60 },
  arrived_ms: 0,
});

/** When the request was here, which a gateway that leaves fields alone passes on to who sent it. */
const completionAt = (ms: number) => COMPLETION.replace('"arrived_ms":0', `"arrived_ms":${ms}`);

const chunk = (choices: object[], usage?: object) =>
  `data: ${JSON.stringify({ id: "chatcmpl-1", object: "chat.completion.chunk", created: 1_700_000_000, model: "bench", choices, usage: usage ?? null })}\n\n`;
const delta = (n: number) => chunk([{ index: 0, delta: { content: `word ${n} ` }, finish_reason: null }]);
const streamOf = (chunks: number) => [
  ...Array.from({ length: chunks - 2 }, (_, n) => delta(n)),
  chunk([{ index: 0, delta: {}, finish_reason: "stop" }]),
  chunk([], { prompt_tokens: 20, completion_tokens: 40, total_tokens: 60 }),
];
const STREAM = streamOf(CHUNKS);
const SLOW_STREAM = streamOf(SLOW_CHUNKS);
const SLOW_MS = 1_000;

function complete(request: IncomingMessage, response: ServerResponse): void {
  const arrivedMs = performance.timeOrigin + performance.now();
  let body = "";
  request.setEncoding("utf8").on("data", (piece: string) => {
    body += piece;
  });
  request.on("end", () => {
    if (!/"stream":\s*true/.test(body)) {
      response.writeHead(200, { "content-type": "application/json" }).end(completionAt(arrivedMs));
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    void stream(response, Number(/bench-(\d+)/.exec(body)?.[1] ?? 0));
  });
}

/** Each chunk is a write of its own, as a provider's is. */
async function stream(response: ServerResponse, pauseMs: number): Promise<void> {
  for (const event of pauseMs < SLOW_MS ? STREAM : SLOW_STREAM) {
    response.write(event);
    await new Promise<void>((resolve) =>
      pauseMs > 0 ? setTimeout(resolve, pauseMs) : setImmediate(resolve),
    );
  }
  response.end("data: [DONE]\n\n");
}

let calls = 0;

function answerAws(request: IncomingMessage, response: ServerResponse): void {
  if (request.method === "GET") return void response.end(JSON.stringify({ calls }));
  request.resume().on("end", () => {
    calls += 1;
    const operation = String(request.headers["x-amz-target"]).split(".").at(-1);
    const body =
      operation === "GetItem"
        ? JSON.stringify({ Item: KEY_ITEM })
        : operation === "GetSecretValue"
          ? JSON.stringify({ SecretString: JSON.stringify({ BENCH_KEY: "sk-bench" }) })
          : "{}";
    response
      .writeHead(200, { "content-type": "application/x-amz-json-1.0", "content-length": body.length })
      .end(body);
  });
}

async function portOf(server: Server): Promise<number> {
  server.keepAliveTimeout = 60_000;
  // Room for thousands who connect within one turn of the loop.
  server.listen({ port: 0, host: "127.0.0.1", backlog: 4_096 });
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

const ports = { provider: await portOf(createServer(complete)), aws: await portOf(createServer(answerAws)) };
console.log(JSON.stringify(ports));
