import { createServer } from "node:net";
import { Pool } from "undici";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connectUpstream } from "../../../lambda/adapters/http/upstream.ts";
import { createOpenAiCompatibleProvider } from "../../../lambda/adapters/openai-compatible/provider.ts";
import type { OpenAiCompatibleSettings } from "../../../lambda/core/catalog.ts";
import { GatewayError } from "../../../lambda/core/errors.ts";
import type { Provider, StreamPart } from "../../../lambda/core/ports.ts";
import {
  type Behavior,
  failure,
  hang,
  json,
  type ProviderServer,
  reset,
  sse,
  startProviderServer,
  stream,
} from "../../fakes/provider-server.ts";
import { chatRequest, collect, failureIn, providerSettings } from "./chat-request.ts";

const CHUNK = {
  id: "c",
  object: "chat.completion.chunk",
  choices: [{ index: 0, delta: { content: "Hi" }, finish_reason: null }],
};
const CHUNKS = sse(CHUNK, CHUNK);

let server: ProviderServer;
beforeEach(async () => {
  server = await startProviderServer();
});
afterEach(() => server.close());

function connect(
  timeouts: Partial<OpenAiCompatibleSettings["timeouts"]> = {},
  baseUrl = server.baseUrl,
  dispatcher?: Pool,
): Provider {
  const { timeouts: generous } = providerSettings();
  return createOpenAiCompatibleProvider({
    settings: providerSettings({ baseUrl, timeouts: { ...generous, ...timeouts } }),
    apiKey: { get: async () => "key", refresh: async () => "key" },
    connect: (url, its) => connectUpstream(url, its, dispatcher),
  });
}

describe("a connection", () => {
  test("that is refused may work on another route", async () => {
    const port = await unusedPort();
    const error = await failureIn(connect({}, `http://127.0.0.1:${port}/v1`).chat(chatRequest()));
    expect(error).toMatchObject({ code: "upstream_error", retryable: true });
  });

  test("that is reset before the answer may work on another route", async () => {
    server.next(reset);
    const error = await failureIn(connect().chat(chatRequest()));
    expect(error).toMatchObject({ code: "upstream_error", retryable: true });
    expect(server.calls).toHaveLength(1);
  });

  test("that is silent before the answer leaves the outcome unknown", async () => {
    server.next(hang);
    const error = await failureIn(connect({ firstByteMs: 50 }).chat(chatRequest()));
    expect(error).toMatchObject({ code: "upstream_timeout", retryable: false });
  });

  test("that is reset in a whole answer loses an answer that was made", async () => {
    const broken = stream(['{"choices":['], {
      headers: { "content-type": "application/json" },
      ending: "reset",
    });
    server.next(broken);
    const error = await failureIn(connect().chat(chatRequest()));
    expect(error).toMatchObject({ code: "upstream_error", retryable: false });
  });

  test("that is reset in a stream breaks it after what came", async () => {
    server.next(stream(CHUNKS, { pace: afterFirst(() => seen.promise), ending: "reset" }));
    const seen = Promise.withResolvers<void>();
    const { parts, error } = await readWhile(connect(), () => seen.resolve());
    expect(
      Buffer.concat(parts.map((part) => (part.type === "events" ? part.bytes : Buffer.alloc(0)))).toString(),
    ).toBe(CHUNKS.join(""));
    expect(error).toMatchObject({ code: "upstream_error" });
  });

  test("that falls silent in a stream times out", async () => {
    server.next(stream(CHUNKS, { ending: "hang" }));
    const { parts, error } = await readWhile(connect({ idleMs: 50 }), () => {});
    expect(parts.length).toBeGreaterThan(0);
    expect(error).toMatchObject({ code: "upstream_timeout", retryable: false });
  });

  test("carries one exchange after another, though a stream's last bytes come after its [DONE]", async () => {
    const pool = new Pool(new URL(server.baseUrl).origin, { connections: 1 });
    const provider = connect({}, server.baseUrl, pool);
    for (let round = 0; round < 3; round += 1) {
      const isRead = Promise.withResolvers<void>();
      const lateEnd: Behavior = async (response) => {
        response.writeHead(200, { "content-type": "text/event-stream" }).write(sse(CHUNK, "[DONE]").join(""));
        await isRead.promise;
        response.end();
      };
      server.next(lateEnd, json({ choices: [] }), failure(429));
      await collect(await provider.chat(chatRequest({ stream: true })));
      isRead.resolve();
      await provider.chat(chatRequest());
      await failureIn(provider.chat(chatRequest()));
    }
    expect([server.calls.length, server.connections]).toEqual([9, 1]);
    await pool.close();
  });

  test("that ends a stream without [DONE] ends the parts", async () => {
    server.next(stream(CHUNKS));
    const { parts, error } = await readWhile(connect(), () => {});
    expect(error).toBeUndefined();
    expect(parts.some((part) => part.type === "done")).toBe(false);
  });
});

describe("an abort", () => {
  test("before the answer hangs up, with the reason of whoever aborted", async () => {
    server.next(hang);
    const controller = new AbortController();
    const reason = new GatewayError("upstream_timeout", "use stream: true");
    const failing = failureIn(connect().chat(chatRequest({}, { signal: controller.signal })));
    const call = await server.call(1);
    controller.abort(reason);
    expect(await failing).toBe(reason);
    expect(await call.ended).toBe("broken");
  });

  test("in a stream hangs up", async () => {
    server.next(stream(CHUNKS, { ending: "hang" }));
    const controller = new AbortController();
    const request = chatRequest({ stream: true }, { signal: controller.signal });
    const { error } = await readWhile(connect(), () => controller.abort(), request);
    expect(error).toMatchObject({ code: "upstream_timeout" });
    expect(await (await server.call(1)).ended).toBe("broken");
  });

  test("of the reader alone hangs up too", async () => {
    server.next(stream(CHUNKS, { ending: "hang" }));
    const answer = await connect().chat(chatRequest({ stream: true }));
    if (answer.type !== "stream") throw new Error("not a stream");
    for await (const _ of answer.parts) break;
    expect(await (await server.call(1)).ended).toBe("broken");
  });
});

async function readWhile(provider: Provider, onPart: () => void, request = chatRequest({ stream: true })) {
  const parts: StreamPart[] = [];
  const answer = await provider.chat(request);
  if (answer.type !== "stream") throw new Error("not a stream");
  try {
    for await (const part of answer.parts) {
      parts.push(part);
      onPart();
    }
    return { parts, error: undefined };
  } catch (error) {
    return { parts, error };
  }
}

/** The first piece at once, the others when told. */
function afterFirst(wait: () => Promise<void>): (index: number) => Promise<void> {
  return (index) => (index === 0 ? Promise.resolve() : wait());
}

async function unusedPort(): Promise<number> {
  const taken = createServer();
  await new Promise<void>((resolve) => void taken.listen(0, "127.0.0.1", resolve));
  const address = taken.address();
  await new Promise<void>((resolve) => void taken.close(() => resolve()));
  if (typeof address === "string" || address === null) throw new Error("no port");
  return address.port;
}
