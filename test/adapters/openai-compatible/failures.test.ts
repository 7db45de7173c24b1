import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connectUpstream } from "../../../lambda/adapters/http/upstream.ts";
import { createOpenAiCompatibleProvider } from "../../../lambda/adapters/openai-compatible/provider.ts";
import { GatewayError } from "../../../lambda/core/errors.ts";
import {
  type Behavior,
  body,
  failure,
  json,
  type ProviderServer,
  sse,
  startProviderServer,
  stream,
} from "../../fakes/provider-server.ts";
import { chatRequest, collect, failureIn, providerSettings } from "./chat-request.ts";

const SECRET = "sk-proj-TheOperatorsOwnKey1234567890";
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

async function failureOf(behavior: Behavior, fields: Record<string, unknown> = {}): Promise<GatewayError> {
  server.next(behavior);
  const provider = createOpenAiCompatibleProvider({
    connect: connectUpstream,
    settings: providerSettings({ baseUrl: server.baseUrl }),
    apiKey: { get: async () => SECRET, refresh: async () => SECRET },
  });
  const request = chatRequest(fields);
  const error = await failureIn(provider.chat(request).then((answer) => fields["stream"] && collect(answer)));
  if (!(error instanceof GatewayError)) throw error;
  return error;
}

describe("a status that is the client's to mend", () => {
  test.each([400, 404, 413, 415, 422, 451])("%i is passed on with type, code and field", async (status) => {
    const error = await failureOf(
      failure(status, { message: "No such file in org-abc123def", code: "bad_file", param: "messages[0]" }),
    );
    expect(error.code).toBe("upstream_rejected");
    expect(error.message).toBe("No such file in [redacted]");
    expect(error.details).toMatchObject({
      retryable: false,
      param: "messages[0]",
      upstream: { status, type: "invalid_request_error", code: "bad_file" },
    });
  });

  test("a body that is no error says nothing, and is not shown", async () => {
    const html = body("<html>nginx at 10.0.0.7</html>", {
      status: 413,
      headers: { "content-type": "text/html" },
    });
    expect(await failureOf(html)).toMatchObject({
      code: "upstream_rejected",
      message: "The provider rejected the request.",
      details: { param: null, upstream: { status: 413, type: "invalid_request_error", code: null } },
    });
  });

  test("a type or code that is no word is not passed on", async () => {
    const error = await failureOf(failure(400, { type: "refused for Acme Ltd", code: "Acme Ltd" }));
    expect(error.details.upstream).toEqual({ status: 400, type: "invalid_request_error", code: null });
  });

  test.each([
    [
      "OpenAI",
      { code: "context_length_exceeded", message: "Your input exceeds the context window of this model." },
    ],
    [
      "DeepSeek",
      { code: "invalid_request_error", message: "This model's maximum context length is 65536 tokens." },
    ],
  ])("%s's word for a prompt that is too long becomes context_length_exceeded", async (_, error) => {
    expect((await failureOf(failure(400, error))).details.upstream?.code).toBe("context_length_exceeded");
  });

  test.each([
    ["Mistral's detail", { detail: "No tokens left in this prompt" }],
    ["FastAPI's details", { detail: [{ loc: ["body"], msg: "No tokens left in this prompt" }] }],
    ["xAI's text", { code: "invalid-argument", error: "No tokens left in this prompt" }],
    ["Mistral's object", { object: "error", message: "No tokens left in this prompt", code: "1210" }],
  ])("%s is read", async (_, value) => {
    expect((await failureOf(json(value, { status: 422 }))).message).toBe("No tokens left in this prompt");
  });
});

describe("a failure that is the operator's to mend", () => {
  test.each([
    [401, {}, "provider_key_refused"],
    [402, {}, "provider_credit_exhausted"],
    [403, {}, "provider_access_denied"],
    [429, { code: "insufficient_quota" }, "provider_credit_exhausted"],
    [400, { message: `Incorrect API key provided: ${SECRET}` }, "provider_key_refused"],
    [404, { code: "model_not_found", message: "The model `x` does not exist" }, "provider_model_not_found"],
  ])("%i %j raises an alarm and shows nothing of the provider's text", async (status, error, alarm) => {
    expect(await failureOf(failure(status, { message: `${SECRET} of Acme Ltd`, ...error }))).toMatchObject({
      code: "upstream_error",
      message: "The provider cannot be used at the moment.",
      details: { retryable: true, alarm },
    });
  });

  test("so does a redirect, which is not followed", async () => {
    const elsewhere = body("", { status: 307, headers: { location: `${server.baseUrl}/elsewhere` } });
    expect((await failureOf(elsewhere)).details).toEqual({
      retryable: true,
      alarm: "provider_redirected",
      reason: "307",
    });
    expect(server.calls).toHaveLength(1);
  });

  test("so does a 404 that is no API's", async () => {
    expect((await failureOf(body("Not found", { status: 404 }))).details.alarm).toBe(
      "provider_model_not_found",
    );
  });
});

describe("a failure of the provider's", () => {
  test.each([408, 409, 425, 500, 502, 503, 529])("%i may work on another route", async (status) => {
    const error = await failureOf(failure(status, { message: "See Acme Ltd" }, { "retry-after": "7" }));
    expect(error).toMatchObject({
      code: "upstream_error",
      details: { retryable: true, retryAfterSeconds: 7 },
    });
    expect(error.message).not.toContain("Acme");
  });

  test.each([
    [{ "retry-after": "3" }, 3],
    [{ "retry-after": "0.2" }, 1],
    [{ "retry-after": new Date(Date.now() - 60_000).toUTCString() }, 0],
    [{ "retry-after": "Thu, 01 Jan 2099 00:00:00 GMT" }, 86_400],
    [{ "retry-after-ms": "1500", "retry-after": "9" }, 2],
    [{ "x-ratelimit-reset": "12" }, 12],
    [{ "x-ratelimit-reset": "4070908800000" }, 86_400],
    [{ "x-ratelimit-reset": "4070908800" }, 86_400],
    [{ "retry-after": "soon" }, undefined],
    [{}, undefined],
  ])("a 429 with %j says when to come back", async (headers, seconds) => {
    const error = await failureOf(
      failure(429, { message: "Limit 30000 in organization Acme on tpm" }, headers),
    );
    expect(error.code).toBe("rate_limit_exceeded");
    expect(error.message).not.toContain("Acme");
    expect(error.details).toEqual({
      retryable: true,
      ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }),
    });
  });

  test.each([
    ["not JSON", body("<html>", { headers: { "content-type": "text/html" } })],
    ["no completion", json({ hello: 1 })],
    ["an array", json([])],
    ["a stream that nobody asked for", stream(CHUNKS)],
    ["an error", json({ error: { message: "Upstream is down", type: "server_error" } })],
  ])("a 200 with %s is an error", async (_, behavior) => {
    expect(await failureOf(behavior)).toMatchObject({ code: "upstream_error", details: { retryable: true } });
  });

  test("a 200 with an error that has a status of its own counts as that status", async () => {
    expect((await failureOf(json({ error: { message: "Slow down", code: 429 } }))).code).toBe(
      "rate_limit_exceeded",
    );
    const rejected = await failureOf(json({ error: { message: "Bad image", code: 400 } }));
    expect(rejected).toMatchObject({ code: "upstream_rejected", details: { upstream: { status: 400 } } });
  });

  test.each([
    ["a completion", json({ choices: [] })],
    ["an error", json({ error: "no streams today" })],
    ["HTML", body("<html></html>\n\n", { headers: { "content-type": "text/html" } })],
  ])("%s in place of a stream is an error", async (_, behavior) => {
    expect(await failureOf(behavior, { stream: true })).toMatchObject({
      code: "upstream_error",
      retryable: true,
    });
  });

  test("an answer over 32 MiB is refused", async () => {
    const huge = JSON.stringify({ choices: ["A".repeat(33 * 1024 * 1024)] });
    expect(await failureOf(body(huge))).toMatchObject({ code: "upstream_error" });
  });
});
