import { once } from "node:events";
import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { connectUpstream } from "../../../lambda/adapters/http/upstream.ts";

const TIMEOUTS = { connectMs: 5_000, firstByteMs: 5_000, idleMs: 5_000 };
const MB = 1024 * 1024;

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
});

async function ask(listener: RequestListener, signal = new AbortController().signal) {
  server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const upstream = connectUpstream(`http://127.0.0.1:${port}/v1`, TIMEOUTS);
  return upstream({ path: "/x", headers: {}, body: Buffer.from("{}"), signal });
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
}

test("a provider waits for a reader that is slower than it is, and loses nothing", async () => {
  const total = 48 * MB;
  let written = 0;
  const answer = await ask(async (_, response) => {
    response.writeHead(200);
    while (written < total) {
      written += MB;
      if (!response.write(Buffer.alloc(MB))) await once(response, "drain");
    }
    response.end();
  });
  let read = 0;
  for await (const piece of answer.body.chunks) {
    // Long enough for all of it to come, if it could.
    if (read === 0) await turns(5_000);
    read += piece.length;
    // What the sockets' buffers hold, which is the system's to say.
    if (read === piece.length) expect(written).toBeLessThan(total / 2);
  }
  expect(read).toBe(total);
});

test("what comes in one go is one piece", async () => {
  const answer = await ask((_, response) => {
    response.writeHead(200);
    response.cork();
    for (const word of ["one ", "two ", "three"]) response.write(word);
    response.uncork();
    response.end();
  });
  const pieces: string[] = [];
  for await (const piece of answer.body.chunks) pieces.push(piece.toString());
  expect(pieces).toEqual(["one two three"]);
});

test("an interim answer is not the answer", async () => {
  const answer = await ask((_, response) => {
    response.writeEarlyHints({ link: "</x>; rel=preload" });
    response.writeHead(201, { "x-it": "is this one" }).end("body");
  });
  expect(answer).toMatchObject({ status: 201, headers: { "x-it": "is this one" } });
  expect(String(await answer.body.readAll(100))).toBe("body");
});

test("a signal that has aborted before sends nothing", async () => {
  let calls = 0;
  const asking = ask((_, response) => {
    calls += 1;
    response.end();
  }, AbortSignal.abort());
  await expect(asking).rejects.toMatchObject({ code: "upstream_timeout" });
  expect(calls).toBe(0);
});

test("an answer that is too long is given up, and its connection with it", async () => {
  const { promise: hungUp, resolve } = Promise.withResolvers<void>();
  const answer = await ask((_, response) => {
    response.on("close", resolve);
    response.write("x".repeat(200));
  });
  await expect(answer.body.readAll(100)).rejects.toMatchObject({
    message: expect.stringContaining("too long"),
  });
  await hungUp;
});

test("who listens to a signal that outlives the exchange stops listening", async () => {
  const { signal } = new AbortController();
  const removed: unknown[] = [];
  const remove = signal.removeEventListener.bind(signal);
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    removed.push(args[0]);
    remove(...args);
  };
  const answer = await ask((_, response) => void response.end("done"), signal);
  await answer.body.readAll(100);
  expect(removed).toEqual(["abort"]);
});

test("of many requests at once each has a connection, and all of these are used again", async () => {
  const MANY = 200;
  let connections = 0;
  const waiting: ServerResponse[] = [];
  server = createServer((_, response) => {
    waiting.push(response);
    if (waiting.length === MANY) for (const each of waiting.splice(0)) each.end("{}");
  }).listen(0, "127.0.0.1");
  server.on("connection", () => {
    connections += 1;
  });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const upstream = connectUpstream(`http://127.0.0.1:${port}`, TIMEOUTS);
  const { signal } = new AbortController();
  for (let round = 1; round <= 3; round++) {
    const requests = Array.from({ length: MANY }, async () => {
      const answer = await upstream({ path: "/x", headers: {}, body: Buffer.from("{}"), signal });
      return (await answer.body.readAll(10)).toString();
    });
    expect(new Set(await Promise.all(requests))).toEqual(new Set(["{}"]));
    expect(connections).toBe(MANY);
    // undici frees a connection a moment after its answer.
    await turns(5);
  }
});
