import { createServer } from "node:net";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { body, failure, hang, json, reset, stream } from "../fakes/provider-server.ts";
import { startRouter } from "../fakes/router.ts";
import { chat, completion, usage } from "./completions.ts";
import { expectError, openWorld, type World } from "./world.ts";

const ACCOUNT_DATA =
  "sk-proj-TheOperatorsOwnKey1234567890 of organization org-acme123 (billing@acme.example)";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

/** What went wrong before the first byte is answered the same way, streamed or not. */
const BOTH = [{ stream: false }, { stream: true }];

describe.each(BOTH)("before the first byte, with %j", (mode) => {
  test("a provider's 400 is passed on, cleaned, and costs nothing", async () => {
    const client = await world.client();
    world.provider.next(
      failure(400, { message: `Too hot for ${ACCOUNT_DATA}`, param: "temperature", code: "bad_value" }),
    );
    const response = await client.post(chat(mode));
    const message = await expectError(response, {
      status: 400,
      code: "bad_value",
      type: "invalid_request_error",
      param: "temperature",
    });
    expect(message).toMatch(/^Too hot for (?!.*(sk-|acme))/);
    expect(await client.ended(response)).toMatchObject({
      amountPicoUsd: 0n,
      charge: { outcome: "failed", provider: "p1" },
    });
  });

  test("a prompt that is too long is context_length_exceeded", async () => {
    const client = await world.client();
    world.provider.next(failure(400, { message: "This model's maximum context length is 8 tokens." }));
    await expectError(await client.post(chat(mode)), { status: 400, code: "context_length_exceeded" });
  });

  test.each([
    [401, "provider_key_refused"],
    [402, "provider_credit_exhausted"],
    [403, "provider_access_denied"],
  ])("a provider's %i is the operator's to mend: 502, an alarm, and nothing shown", async (status, alarm) => {
    const client = await world.client();
    world.provider.next(failure(status, { message: ACCOUNT_DATA, code: "acme_account_broken" }));
    const response = await client.post(chat(mode));
    const message = await expectError(response, {
      status: 502,
      code: "upstream_error",
      type: "upstream_error",
    });
    expect(message).toBe("The provider cannot be used at the moment.");
    expect(await client.ended(response)).toMatchObject({ amountPicoUsd: 0n, charge: { outcome: "failed" } });
    expect(await world.line(response)).toMatchObject({ status: 502, alarm, outcome: "failed" });
  });

  test("a provider's 429 says when to come back, and nothing of the operator's limits", async () => {
    const client = await world.client();
    world.provider.next(failure(429, { message: `Limit of ${ACCOUNT_DATA}` }, { "retry-after": "7" }));
    const response = await client.post(chat(mode));
    const message = await expectError(response, {
      status: 429,
      code: "rate_limit_exceeded",
      type: "rate_limit_error",
    });
    expect(message).toBe("The provider's rate limit is reached.");
    expect(response.headers.get("retry-after")).toBe("7");
    expect(await client.ended(response)).toMatchObject({ amountPicoUsd: 0n, charge: { outcome: "failed" } });
  });

  test.each([
    ["a 500", failure(500, { message: ACCOUNT_DATA })],
    ["a 503", failure(503, { message: ACCOUNT_DATA })],
    ["a redirect", body("", { status: 302, headers: { location: "http://169.254.169.254/" } })],
    ["HTML", body("<html>", { headers: { "content-type": "application/json" } })],
    ["no completion", json({ hello: "world" })],
    ["an error with a 200", json({ error: { message: "Overloaded", type: "server_error" } })],
    ["a connection that is reset", reset],
  ])("%s becomes 502 and costs nothing", async (_, behavior) => {
    const client = await world.client();
    const before = world.upstreamCalls();
    world.provider.next(behavior);
    const response = await client.post(chat(mode));
    const message = await expectError(response, {
      status: 502,
      code: "upstream_error",
      type: "upstream_error",
    });
    expect(message).not.toMatch(/acme/i);
    expect(await client.ended(response)).toMatchObject({
      amountPicoUsd: 0n,
      writeOffPicoUsd: 0n,
      charge: { outcome: "failed", provider: "p1", estimated: false },
    });
    expect(world.upstreamCalls()).toBe(before + 1);
  });
});

test("a whole answer that breaks off becomes 502 and costs nothing", async () => {
  const client = await world.client();
  const headers = { "content-type": "application/json" };
  world.provider.next(stream(['{"choices":['], { headers, ending: "reset" }));
  const response = await client.post(chat());
  await expectError(response, { status: 502, code: "upstream_error" });
  expect(await client.ended(response)).toMatchObject({ amountPicoUsd: 0n, charge: { outcome: "failed" } });
});

test("OpenAI's SDK raises the code, and tries again only what may work then", async () => {
  const client = await world.client();
  const openai = new OpenAI({ baseURL: world.router.baseUrl, apiKey: client.key, maxRetries: 1 });
  const ask = () =>
    openai.chat.completions.create({ model: "test/model", messages: [{ role: "user", content: "Hello" }] });
  world.provider.next(failure(400, { code: "bad_value" }));
  await expect(ask()).rejects.toMatchObject({
    status: 400,
    code: "bad_value",
    requestID: expect.stringMatching(/^req_/),
  });
  world.provider.next(failure(429, {}, { "retry-after-ms": "1" }), completion("Hi", usage(1, 1)));
  expect((await ask()).choices[0]?.message.content).toBe("Hi");
});

describe.each(BOTH)("a provider that is not there, with %j", (mode) => {
  test("becomes 502 when the connection is refused, and costs nothing", async () => {
    const router = await startRouter({ providerUrl: `http://127.0.0.1:${await unusedPort()}/v1` });
    const response = await fetch(`${router.baseUrl}/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${router.key}` },
      body: JSON.stringify(chat(mode)),
    });
    await expectError(response, { status: 502, code: "upstream_error" });
    await router.close();
  });
});

describe("a provider that is silent", () => {
  let slow: World;
  beforeAll(async () => {
    slow = await openWorld({ provider: { timeouts: { firstByteMs: 50 } } });
    slow.provider.always(hang);
  });
  afterAll(() => slow.close());

  test.each(BOTH)(
    "leaves the outcome unknown: 504, suspense at zero, the hold noted, with %j",
    async (mode) => {
      const client = await slow.client();
      const asking = client.post(chat(mode));
      const calls = slow.provider.calls.length;
      await slow.provider.call(calls + 1);
      const [held] = (await slow.router.ledger.account(client.accountId))?.holds.values() ?? [];
      const response = await asking;
      await expectError(response, { status: 504, code: "upstream_timeout", type: "upstream_error" });
      const entry = await client.ended(response);
      expect(entry).toMatchObject({
        amountPicoUsd: 0n,
        writeOffPicoUsd: 0n,
        charge: { outcome: "suspense", provider: "p1", estimated: false },
      });
      expect(entry.charge?.possibleCostPicoUsd).toBe(BigInt(held?.split("|")[0] ?? 0));
    },
  );
});

describe("a provider without a key", () => {
  test.each(BOTH)("becomes 503, an alarm, and the hold is given back whole, with %j", async (mode) => {
    process.env["TEST_PROVIDER_KEY"] = "sk-1";
    const keyed = await openWorld({ provider: { apiKeyEnv: "TEST_PROVIDER_KEY" } });
    delete process.env["TEST_PROVIDER_KEY"];
    const client = await keyed.client();
    const response = await client.post(chat(mode));
    await expectError(response, { status: 503, code: "no_route_available", type: "server_error" });
    await client.expectUntouched();
    expect(keyed.upstreamCalls()).toBe(0);
    expect(keyed.router.lines.at(-1)).toMatchObject({ status: 503, alarm: "no_provider_key" });
    await keyed.close();
  });
});

async function unusedPort(): Promise<number> {
  const taken = createServer();
  await new Promise<void>((resolve) => void taken.listen(0, "127.0.0.1", resolve));
  const address = taken.address();
  await new Promise<void>((resolve) => void taken.close(() => resolve()));
  if (typeof address === "string" || address === null) throw new Error("no port");
  return address.port;
}
