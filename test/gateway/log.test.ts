import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { body, failure, json, reset, sse, stream } from "../fakes/provider-server.ts";
import { chat, chunk, completion, streamed, usage, usageChunk } from "./completions.ts";
import { type Client, openWorld, requestIdOf, type World } from "./world.ts";

/** Words that must not be found anywhere but where they were sent. */
const PROMPT = "canary-prompt-5b1e";
const COMPLETION = "canary-completion-77c0";
const PROVIDER_KEY = "sk-canary-provider-key-9f3d";

let world: World;
let client: Client;
beforeAll(async () => {
  process.env["TEST_CANARY_KEY"] = PROVIDER_KEY;
  world = await openWorld({ provider: { apiKeyEnv: "TEST_CANARY_KEY" } });
  client = await world.client();
});
afterAll(async () => {
  delete process.env["TEST_CANARY_KEY"];
  await world.close();
});

const ASKED = chat({
  messages: [{ role: "user", content: PROMPT }],
  user: PROMPT,
  metadata: { note: PROMPT },
});
/** A provider that says everything it knows. */
const TELLTALE = { message: `Invalid key ${PROVIDER_KEY}`, code: "invalid_api_key" };
const ECHO = chunk(COMPLETION);

function expectSilent(text: string, words: readonly string[]): void {
  for (const word of words) expect(text).not.toContain(word);
}

function secrets(): string[] {
  return [PROMPT, COMPLETION, PROVIDER_KEY, client.key, client.key.slice(-8)];
}

describe("nothing that was said or that opens a door is in the log", () => {
  test("after every kind of request, however it ended", async () => {
    world.provider.next(
      completion(COMPLETION, usage(10, 2)),
      completion(COMPLETION),
      completion(COMPLETION, usage(-1, 2)),
      streamed([ECHO, usageChunk(usage(10, 2)), "[DONE]"]),
      streamed([ECHO, { error: TELLTALE }]),
      streamed([ECHO]),
      stream([sse(ECHO).join(""), `<html>${COMPLETION}`]),
      failure(400, { message: `Cannot say "${COMPLETION}"` }),
      failure(401, TELLTALE),
      failure(500, TELLTALE),
      body(`${COMPLETION} ${PROVIDER_KEY}`),
      json({ choices: COMPLETION, error: TELLTALE }),
      reset,
    );
    const shapes = [false, false, false, true, true, true, true, false, false, false, false, false, false];
    for (const asStream of shapes) {
      const response = await client.post({ ...ASKED, stream: asStream });
      await response.text();
      await client.ended(requestIdOf(response));
    }
    const bodies = [
      `{"a": ${PROMPT}}`,
      { ...ASKED, model: PROMPT },
      { ...ASKED, api_key: PROMPT },
      { ...ASKED, n: PROMPT },
    ];
    for (const refused of bodies) await client.post(refused);
    await client.get(`/${PROMPT}`);
    await client.get(`/requests/${PROMPT}`);
    await client.post(ASKED, { headers: { authorization: `Bearer ${client.key}x` } });
    expect(world.router.lines.length).toBe(shapes.length + bodies.length + 3);
    expectSilent(JSON.stringify(world.router.lines), secrets());
  });
});

describe("an error shows", () => {
  test.each([
    ["a provider that refuses its key", failure(401, TELLTALE)],
    ["a provider that fails", failure(500, { message: `${PROVIDER_KEY} ${COMPLETION}` })],
    ["a provider that limits", failure(429, { message: `${PROVIDER_KEY} ${COMPLETION}` })],
    ["a provider that talks HTML", body(`${PROVIDER_KEY} ${COMPLETION}`, { status: 502 })],
    ["a provider that is confused", body(`${PROVIDER_KEY} ${COMPLETION}`)],
  ])("nothing of %s", async (_, behavior) => {
    for (const asStream of [false, true]) {
      world.provider.next(behavior);
      const response = await client.post({ ...ASKED, stream: asStream });
      expectSilent(await response.text(), secrets());
      await client.ended(response);
    }
  });

  test("no key in what a provider says of a request", async () => {
    world.provider.next(failure(400, { message: `Not with ${PROVIDER_KEY}` }));
    const response = await client.post(ASKED);
    expectSilent(await response.text(), [PROVIDER_KEY, client.key]);
    await client.ended(response);
  });

  test("no prompt of a body that is refused", async () => {
    for (const refused of [
      `{"a": ${PROMPT}}`,
      `"${PROMPT}`,
      { ...ASKED, n: PROMPT },
      { ...ASKED, stop: 1 },
    ]) {
      expectSilent(await (await client.post(refused)).text(), secrets());
    }
  });
});

describe("a line", () => {
  test("tells all of a request that has ended, and nothing else", async () => {
    world.provider.next(
      streamed([ECHO, usageChunk(usage(10, 2, { prompt_tokens_details: { cached_tokens: 4 } })), "[DONE]"]),
    );
    const response = await client.post({ ...ASKED, stream: true });
    await response.text();
    const entry = await client.ended(response);
    const line = await world.line(response);
    expect(JSON.parse(JSON.stringify(line))).toEqual({
      at: expect.stringMatching(/^\d{4}-.*Z$/),
      requestId: entry.entryId,
      status: 200,
      accountId: client.accountId,
      keyId: client.keyId,
      model: "test/model",
      provider: "p1",
      outcome: "completed",
      inputTokens: 10,
      outputTokens: 2,
      costUsd: "0.000006",
      latencyMs: expect.any(Number),
      timeToFirstTokenMs: expect.any(Number),
      overheadMs: expect.any(Number),
    });
  });

  test("of a refused request tells whose it was and why", async () => {
    const response = await client.post({ ...ASKED, n: 0 });
    const line = await world.line(response);
    expect(JSON.parse(JSON.stringify(line))).toEqual({
      at: expect.stringMatching(/^\d{4}-.*Z$/),
      requestId: requestIdOf(response),
      status: 400,
      code: "invalid_value",
      outcome: "refused",
      accountId: client.accountId,
      keyId: client.keyId,
      latencyMs: expect.any(Number),
    });
  });

  test("is written once a request", async () => {
    const ids = world.router.lines.map(({ requestId }) => requestId);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
