import OpenAI, { APIError } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Behavior, body, sse, stream } from "../fakes/provider-server.ts";
import { chat, chunk, streamed, usage, usageChunk } from "./completions.ts";
import { type Client, expectError, openWorld, requestIdOf, type World } from "./world.ts";

let world: World;
let silent: World;
beforeAll(async () => {
  world = await openWorld();
  silent = await openWorld({ provider: { timeouts: { idleMs: 50 } } });
});
afterAll(() => Promise.all([world.close(), silent.close()]));

const HELLO = [chunk("Hel"), chunk("lo")];
const SAID = sse(...HELLO).join("");

/** What a stream said before its error event, and the error. Fails when it looks like a clean end. */
async function readBroken(response: Response): Promise<{ said: string; error: object }> {
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  const text = await response.text();
  expect(text).not.toContain("[DONE]");
  const at = text.lastIndexOf("data: ");
  const { error } = JSON.parse(text.slice(at + "data: ".length));
  expect(text.endsWith("\n\n")).toBe(true);
  expect(error).toMatchObject({ param: null, request_id: requestIdOf(response) });
  return { said: text.slice(0, at), error };
}

async function raisedBy(client: Client): Promise<unknown> {
  const openai = new OpenAI({ baseURL: world.router.baseUrl, apiKey: client.key, maxRetries: 0 });
  const events = await openai.chat.completions.create({
    model: "test/model",
    messages: [{ role: "user", content: "Hello" }],
    stream: true,
  });
  try {
    await Array.fromAsync(events);
    return undefined;
  } catch (error) {
    return error;
  }
}

const BREAKS: [string, Behavior][] = [
  ["stops without [DONE]", streamed(HELLO)],
  ["stops in the middle of an event", stream([SAID, 'data: {"choices":[{"del'])],
  ["turns into HTML", stream([SAID, "<html>Bad gateway</html>\n\n"])],
  ["sends an event that is no JSON", streamed([...HELLO, "{oops}"])],
  ["sends an event that is no object", streamed([...HELLO, "[1,2]"])],
  ["reports an error", streamed([...HELLO, { error: { message: "Overloaded", type: "server_error" } }])],
  [
    "reports an error by the event's name",
    stream([SAID, 'event: error\ndata: {"message":"Overloaded"}\n\n']),
  ],
];

describe("after some output, a stream that", () => {
  test.each(BREAKS)("%s ends with an error event", async (_, behavior) => {
    const client = await world.client();
    world.provider.next(behavior);
    const response = await client.post(chat({ stream: true }));
    const { said, error } = await readBroken(response);
    expect(said).toBe(SAID);
    expect(error).toMatchObject({ code: "upstream_error", type: "upstream_error" });
    expect((await client.ended(response)).charge).toMatchObject({ outcome: "broken", provider: "p1" });
    const line = await world.line(response);
    expect(line).toMatchObject({ status: 200, code: "upstream_error", outcome: "broken" });
  });

  test.each(BREAKS)("%s raises an APIError in OpenAI's SDK", async (_, behavior) => {
    world.provider.next(behavior);
    const error = await raisedBy(await world.client());
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ code: "upstream_error", type: "upstream_error" });
  });

  test("is reset ends with an error event", async () => {
    const client = await world.client();
    const received = Promise.withResolvers<void>();
    // A reset throws away what the other side has not read yet, so it waits for the client.
    const pace = (index: number) => (index < 1 ? Promise.resolve() : received.promise);
    world.provider.next(stream([SAID, ": going\n\n"], { pace, ending: "reset" }));
    const response = await client.post(chat({ stream: true }));
    const [mine, whole] = response.body?.tee() ?? [];
    await mine?.getReader().read();
    received.resolve();
    const { said, error } = await readBroken(new Response(whole, response));
    expect(said).toBe(SAID);
    expect(error).toMatchObject({ code: "upstream_error" });
    expect((await client.ended(response)).charge).toMatchObject({ outcome: "broken", estimated: true });
  });

  test("falls silent ends with upstream_timeout", async () => {
    const client = await silent.client();
    silent.provider.next(streamed(HELLO, { ending: "hang" }));
    const response = await client.post(chat({ stream: true }));
    const { said, error } = await readBroken(response);
    expect(said).toBe(SAID);
    expect(error).toMatchObject({ code: "upstream_timeout" });
    expect((await client.ended(response)).charge).toMatchObject({ outcome: "broken", estimated: true });
  });

  test("reports that the operator's key is spent shows nothing of it, and raises an alarm", async () => {
    const client = await world.client();
    const fault = { error: { message: "org-acme123 has no credit", code: "insufficient_quota" } };
    world.provider.next(streamed([...HELLO, fault]));
    const response = await client.post(chat({ stream: true }));
    expect((await readBroken(response)).error).toMatchObject({
      code: "upstream_error",
      message: "The provider cannot be used at the moment.",
    });
    await client.ended(response);
    const line = await world.line(response);
    expect(line).toMatchObject({ alarm: "provider_credit_exhausted" });
  });
});

describe("before any output, a stream that", () => {
  test.each<[string, Behavior]>([
    ["is empty", streamed([])],
    ["is HTML", body("<html></html>\n\n", { headers: { "content-type": "text/html" } })],
    ["is noise", stream([Buffer.from([0, 1, 2, 255, 10, 10, 13, 10])])],
    ["is one error", streamed([{ error: { message: "Overloaded" } }])],
    ["is comments only", stream([": hello\n\n", ": is anybody there\n\n"])],
    ["is reset", stream([": hello\n\n"], { ending: "reset" })],
  ])("%s is an error like any other, with a status, and costs nothing", async (_, behavior) => {
    const client = await world.client();
    world.provider.next(behavior);
    const response = await client.post(chat({ stream: true }));
    await expectError(response, { status: 502, code: "upstream_error" });
    expect(await client.ended(response)).toMatchObject({
      amountPicoUsd: 0n,
      charge: { outcome: "failed", estimated: false },
    });
  });
});

test("an error of the client's own, told inside a stream, is not charged", async () => {
  const client = await world.client();
  world.provider.next(streamed([{ error: { message: "Bad image", code: 400, type: "bad_image" } }]));
  const response = await client.post(chat({ stream: true }));
  await expectError(response, { status: 502, code: "upstream_error" });
  expect((await client.ended(response)).amountPicoUsd).toBe(0n);
});

test("a clean end has [DONE], and nothing behind it", async () => {
  const client = await world.client();
  world.provider.next(streamed([...HELLO, usageChunk(usage(10, 2)), "[DONE]", { error: "too late" }]));
  const response = await client.post(chat({ stream: true }));
  expect(await response.text()).toBe(`${SAID}data: [DONE]\n\n`);
  expect((await client.ended(response)).charge).toMatchObject({ outcome: "completed" });
});
