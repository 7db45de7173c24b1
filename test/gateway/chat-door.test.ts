/** The door that the deployed function opens for chats, beside the framework's: whoever knocks gets the same answer. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { streamHandler } from "../../lambda/adapters/lambda/stream-handler.ts";
import { createApi } from "../../lambda/gateway/api.ts";
import { CHAT_PATH, createChatDoor } from "../../lambda/gateway/chat-door.ts";
import type { Gateway } from "../../lambda/gateway/gateway.ts";
import { proxyEvent } from "../adapters/lambda/events.ts";
import { type Invocation, installStreamingGlobal, invoke } from "../adapters/lambda/fake-runtime.ts";
import { json, type ProviderServer, sse, startProviderServer, stream } from "../fakes/provider-server.ts";
import { type Router, startRouter } from "../fakes/router.ts";

const USAGE = { prompt_tokens: 20, completion_tokens: 10, total_tokens: 30 };
const COMPLETION = {
  id: "chatcmpl-1",
  object: "chat.completion",
  choices: [
    {
      index: 0,
      message: { role: "assistant", content: "Hi", refusal: null },
      logprobs: null,
      finish_reason: "stop",
    },
  ],
  usage: USAGE,
};
const chunk = (choices: object[], usage: object | null = null) => ({
  id: "c",
  object: "chat.completion.chunk",
  choices,
  usage,
});
const STREAM = sse(
  chunk([{ index: 0, delta: { content: "Hi" }, finish_reason: null }]),
  chunk([{ index: 0, delta: {}, finish_reason: "stop" }]),
  chunk([], USAGE),
  "[DONE]",
);
const CHAT = { model: "test/model", messages: [{ role: "user", content: "Grüße 🚲" }] };

let provider: ProviderServer;
let router: Router;
let doors: readonly [Handler, Handler];
beforeAll(async () => {
  installStreamingGlobal();
  provider = await startProviderServer();
  provider.always(json(COMPLETION));
  router = await startRouter({ providerUrl: provider.baseUrl });
  doors = doorsOf(router.gateway);
});
afterAll(async () => {
  await router.close();
  await provider.close();
});

type Handler = Parameters<typeof invoke>[0];

/** Through the framework, and through the door. */
function doorsOf(gateway: Gateway): readonly [Handler, Handler] {
  const api = createApi(gateway);
  const fetch: Parameters<typeof streamHandler>[0] = (request, context) =>
    api.fetch(request, { deadlineMs: context.deadlineMs }, context);
  const plainRoute = { method: "POST", path: CHAT_PATH, answer: createChatDoor(gateway) };
  return [streamHandler(fetch), streamHandler(fetch, { plainRoute })];
}

function eventOf(body: string | object | null, headers: Record<string, string> = {}, changes = {}) {
  const all = { "Content-Type": "application/json", Authorization: `Bearer ${router.key}`, ...headers };
  const text = typeof body === "object" && body !== null ? JSON.stringify(body) : body;
  const multiValueHeaders = Object.fromEntries(Object.entries(all).map(([name, value]) => [name, [value]]));
  return proxyEvent({ headers: all, multiValueHeaders, body: text, ...changes });
}

/** Less the ids, which are everybody's own. */
function comparable({ prelude, body, ended, contentType }: Invocation): object {
  const blank = (text: string) => text.replace(/req_[\w-]+/g, "req_…");
  return { prelude: JSON.parse(blank(JSON.stringify(prelude))), body: blank(body), ended, contentType };
}

/** @returns what both answered. */
async function bothAnswer(event: object, pair = doors): Promise<Invocation> {
  const framework = await invoke(pair[0], event);
  const plain = await invoke(pair[1], event);
  expect(comparable(plain)).toEqual(comparable(framework));
  expect(Object(plain.prelude["headers"])["x-request-id"]).toBeTruthy();
  return plain;
}

const TOO_LONG = "a".repeat(6 * 1024 * 1024 + 1);

test("a whole answer is the same, and charged the same", async () => {
  const before = await router.ledger.account(router.accountId);
  const answer = await bothAnswer(eventOf(CHAT));
  expect(JSON.parse(answer.body)).toMatchObject({ usage: { cost: expect.any(String) } });
  expect(Object(answer.prelude["headers"])["x-request-id"]).toMatch(/^req_/);
  const after = await router.ledger.account(router.accountId);
  const cost = 20n * 400_000n + 10n * 1_600_000n;
  expect((before?.postedPicoUsd ?? 0n) - (after?.postedPicoUsd ?? 0n)).toBe(2n * cost);
  expect(after?.holds.size).toBe(0);
});

test("a stream is the same, its usage included", async () => {
  const body = { ...CHAT, stream: true, stream_options: { include_usage: true } };
  provider.next(stream(STREAM), stream(STREAM));
  const answer = await bothAnswer(eventOf(body));
  expect(answer.body).toMatch(/"cost":.*data: \[DONE\]\n\n$/s);
});

describe("what is refused is refused alike:", () => {
  const refusals: [string, number, () => object][] = [
    ["no key", 401, () => eventOf(CHAT, { Authorization: "" })],
    ["a key that is none", 401, () => eventOf(CHAT, { Authorization: "Bearer x" })],
    ["an empty body", 400, () => eventOf(null)],
    ["no JSON", 400, () => eventOf("{")],
    ["half a character", 400, () => eventOf("/w==", {}, { isBase64Encoded: true })],
    ["too much", 413, () => eventOf(TOO_LONG)],
    ["an unknown model", 404, () => eventOf({ ...CHAT, model: "none" })],
    ["a tag that is too long", 400, () => eventOf(CHAT, { "X-WLRouter-Tag": "x".repeat(65) })],
    ["a header that HTTP forbids", 400, () => eventOf(CHAT, { "X-WLRouter-Tag": "a\nb" })],
    ["a header of other characters", 400, () => eventOf(CHAT, { "X-WLRouter-Tag": "日本" })],
    ["another method", 405, () => eventOf(CHAT, {}, { httpMethod: "PUT" })],
  ];
  test.each(refusals)("%s", async (_, status, event) => {
    expect((await bothAnswer(event())).prelude["statusCode"]).toBe(status);
  });
});

test("a body in base64, headers in any case and headers that came twice are read alike", async () => {
  const base64 = Buffer.from(JSON.stringify(CHAT)).toString("base64");
  const answers = [
    await bothAnswer(eventOf(base64, {}, { isBase64Encoded: true })),
    await bothAnswer(eventOf(CHAT, { "Idempotency-Key": "" })),
    await bothAnswer(eventOf(CHAT, { "x-wlrouter-tag": " \u00a0sp\u0001ced\t " })),
    await bothAnswer(
      eventOf(
        CHAT,
        {},
        { multiValueHeaders: { AUTHORIZATION: [`Bearer ${router.key}`], Accept: ["a", "b"] } },
      ),
    ),
    await bothAnswer(eventOf(CHAT, {}, { multiValueHeaders: null })),
    await bothAnswer(eventOf(CHAT, {}, { path: "/base/v1/chat/completions" })),
  ];
  expect(answers.map(({ prelude }) => prelude["statusCode"])).toEqual([200, 400, 200, 200, 200, 200]);
  const twice = { multiValueHeaders: { Authorization: [`Bearer ${router.key}`, "Bearer x"] } };
  expect((await bothAnswer(eventOf(CHAT, {}, twice))).prelude["statusCode"]).toBe(401);
});

test("pages of every origin are told the same, whatever origins are allowed", async () => {
  const corsOrigins = ["https://a.example", "https://b.example"];
  const { gateway } = router;
  const pair = doorsOf({ ...gateway, catalog: { ...gateway.catalog, corsOrigins } });
  for (const origin of ["https://a.example", "https://b.example", "https://c.example", ""]) {
    const answer = await bothAnswer(eventOf(CHAT, { Origin: origin }), pair);
    const allowed = Object(answer.prelude["headers"])["access-control-allow-origin"];
    expect(allowed).toBe(corsOrigins.includes(origin) ? origin : undefined);
    await bothAnswer(eventOf("{", { Origin: origin }), pair);
    await bothAnswer(eventOf(CHAT, { Origin: origin }));
  }
});

test("any body at all is answered alike", async () => {
  const body = fc.oneof(
    fc.string({ unit: "binary", maxLength: 60 }),
    fc.json({ maxDepth: 3 }),
    fc.record({ model: fc.constantFrom("test/model", "x"), messages: fc.jsonValue({ maxDepth: 2 }) }),
  );
  await fc.assert(
    fc.asyncProperty(body, async (text) => {
      await bothAnswer(eventOf(text));
    }),
    { numRuns: 50 },
  );
});
