import { afterEach, beforeEach, expect, test } from "vitest";
import { connectUpstream } from "../../../lambda/adapters/http/upstream.ts";
import { createOpenAiCompatibleProvider } from "../../../lambda/adapters/openai-compatible/provider.ts";
import type { OpenAiCompatibleSettings } from "../../../lambda/core/catalog.ts";
import {
  failure,
  json,
  type ProviderServer,
  sse,
  startProviderServer,
  stream,
} from "../../fakes/provider-server.ts";
import { chatRequest, failureIn, providerSettings } from "./chat-request.ts";

const MESSAGE = { role: "assistant", content: "Hi", refusal: null };
const COMPLETION = {
  id: "c",
  object: "chat.completion",
  choices: [{ index: 0, message: MESSAGE, finish_reason: "stop", logprobs: null }],
};
const CHUNK = {
  id: "c",
  object: "chat.completion.chunk",
  choices: [{ index: 0, delta: { content: "Hi" }, finish_reason: null }],
};

let server: ProviderServer;
beforeEach(async () => {
  server = await startProviderServer();
});
afterEach(() => server.close());

/** A provider whose key is kept somewhere: the first of `keys` until it is refreshed, then the next. */
function connect(keys: (string | undefined)[], path = "", changes: Partial<OpenAiCompatibleSettings> = {}) {
  let reads = 0;
  const apiKey = { get: async () => keys[reads], refresh: async () => keys[++reads] };
  const settings = providerSettings({ ...changes, baseUrl: server.baseUrl + path });
  return {
    provider: createOpenAiCompatibleProvider({ connect: connectUpstream, settings, apiKey }),
    refreshes: () => reads,
  };
}

function keysSent(): (string | undefined)[] {
  return server.calls.map((call) => call.headers.authorization);
}

test("a call goes to the base URL with the key, and nothing of the client's but its body", async () => {
  server.next(json(COMPLETION));
  const { provider } = connect(["first"], "/?api-version=2026-01-01");
  expect(await provider.chat(chatRequest({ temperature: 1 }))).toEqual({
    type: "json",
    body: Buffer.from(JSON.stringify(COMPLETION)),
    fields: COMPLETION,
    usage: undefined,
  });
  const [call] = server.calls;
  expect([call?.method, call?.path]).toEqual(["POST", "/v1/chat/completions?api-version=2026-01-01"]);
  expect(call?.headers).toEqual({
    host: expect.any(String),
    connection: "keep-alive",
    "content-type": "application/json",
    "content-length": String(call?.body.length),
    accept: "application/json",
    "user-agent": "wlrouter",
    authorization: "Bearer first",
  });
  expect(call?.json).toEqual({
    model: "upstream-name",
    messages: [{ role: "user", content: "Hi" }],
    temperature: 1,
    max_completion_tokens: 100,
  });
});

test("Azure is called at the model's deployment, with its version and its header for the key", async () => {
  server.next(json(COMPLETION));
  const { provider } = connect(["first"], "", {
    chatPath: "/openai/deployments/{model}/chat/completions",
    query: { "api-version": "2024-10-21" },
    apiKeyHeader: "api-key",
  });
  await provider.chat(chatRequest({}, { model: "gpt 4.1/eu" }));
  const [call] = server.calls;
  expect(call?.path).toBe("/v1/openai/deployments/gpt%204.1%2Feu/chat/completions?api-version=2024-10-21");
  expect(call?.headers).toMatchObject({ "api-key": "first" });
  expect(call?.headers).not.toHaveProperty("authorization");
});

test("a provider without a key gets no authorization", async () => {
  server.next(json(COMPLETION));
  await connect([undefined]).provider.chat(chatRequest());
  expect(server.calls[0]?.headers).not.toHaveProperty("authorization");
});

test.each([
  ["401", failure(401)],
  ["xAI's 400", json({ code: "invalid-argument", error: "Incorrect API key provided." }, { status: 400 })],
])("a key refused with %s is read again and a new one tried once", async (_, refusal) => {
  server.next(refusal, json(COMPLETION));
  const { provider } = connect(["old", "new"]);
  expect(await provider.chat(chatRequest())).toMatchObject({ type: "json" });
  expect(keysSent()).toEqual(["Bearer old", "Bearer new"]);
});

test("the same key is not tried twice", async () => {
  server.always(failure(401));
  const { provider, refreshes } = connect(["same", "same"]);
  expect(await failureIn(provider.chat(chatRequest()))).toMatchObject({
    details: { alarm: "provider_key_refused" },
  });
  expect([keysSent(), refreshes()]).toEqual([["Bearer same"], 1]);
});

test("a new key that is refused too is not read a third time", async () => {
  server.always(failure(401));
  const { provider, refreshes } = connect(["old", "new", "newer"]);
  expect(await failureIn(provider.chat(chatRequest()))).toMatchObject({
    code: "upstream_error",
    retryable: true,
  });
  expect([keysSent(), refreshes()]).toEqual([["Bearer old", "Bearer new"], 1]);
});

test.each([402, 403, 429])("%i says nothing about the key, which is not read again", async (status) => {
  server.next(failure(status));
  const { provider, refreshes } = connect(["key", "new"]);
  await failureIn(provider.chat(chatRequest()));
  expect(refreshes()).toBe(0);
});

test("events arrive while the provider is still speaking", async () => {
  const told = Promise.withResolvers<void>();
  const [first = "", ...rest] = sse(CHUNK, CHUNK, "[DONE]");
  server.next(stream([first, ...rest], { pace: async (index) => (index === 0 ? undefined : told.promise) }));
  const answer = await connect(["key"]).provider.chat(chatRequest({ stream: true }));
  if (answer.type !== "stream") throw new Error("not a stream");
  const types: string[] = [];
  for await (const part of answer.parts) {
    types.push(part.type);
    told.resolve();
  }
  expect(types[0]).toBe("events");
  expect(types.at(-1)).toBe("done");
});
