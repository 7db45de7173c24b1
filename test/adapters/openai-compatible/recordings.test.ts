import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectUpstream } from "../../../lambda/adapters/http/upstream.ts";
import { createOpenAiCompatibleProvider } from "../../../lambda/adapters/openai-compatible/provider.ts";
import { GatewayError } from "../../../lambda/core/errors.ts";
import type { Provider, StreamPart } from "../../../lambda/core/ports.ts";
import { isPlausible, totalInputTokens, type Usage } from "../../../lambda/core/usage.ts";
import { canonical } from "../../fakes/canonical.ts";
import { type ProviderServer, replay, startProviderServer } from "../../fakes/provider-server.ts";
import { aiSdkRecordings, chatRecordings, isStream, type Recording } from "../../fakes/recordings.ts";
import { chatRequest, collect, failureIn, providerSettings } from "./chat-request.ts";

const PROVIDERS = [
  "openai",
  "deepseek",
  "mistral",
  "groq",
  "xai",
  "openrouter",
  "cerebras",
  "zai",
  "alibaba",
  "moonshot",
  "perplexity",
];
const all = PROVIDERS.flatMap((name) => [...chatRecordings(name), ...aiSdkRecordings(name)]);
const reportsError = ({ responseBytes }: Recording) => /^data: .*"error":\{/m.test(responseBytes.toString());

let server: ProviderServer;
let provider: Provider;

beforeAll(async () => {
  server = await startProviderServer();
  provider = createOpenAiCompatibleProvider({
    connect: connectUpstream,
    settings: providerSettings({ baseUrl: server.baseUrl }),
    apiKey: { get: async () => "sk-operator", refresh: async () => "sk-operator" },
  });
});
afterAll(() => server.close());

/** By eye: OpenAI's newer answers need no mending, and there are some. */
const isSound = ({ responseBytes }: Recording) =>
  /"logprobs": ?null/.test(responseBytes.toString()) &&
  /"refusal": ?null/.test(responseBytes.toString()) &&
  !/"system_fingerprint": ?null|"tool_calls": ?null|on_demand/.test(responseBytes.toString());

async function chat(recording: Recording) {
  server.next(replay(recording));
  return provider.chat(chatRequest({ ...recording.request, stream: isStream(recording) }));
}

/** What the recording's own usage objects say, found without the adapter. */
function recordedUsage(recording: Recording): Record<string, unknown>[] {
  const chunks = isStream(recording) ? dataOf(recording.responseBytes) : [recording.responseBytes.toString()];
  return chunks
    .filter((data) => data !== "[DONE]")
    .map((data) => JSON.parse(data))
    .map((chunk) => chunk.usage ?? chunk.x_groq?.usage ?? chunk.choices?.[0]?.usage)
    .filter((usage) => usage);
}

function dataOf(bytes: Buffer): string[] {
  return [...bytes.toString().matchAll(/^data: (.*)$/gm)].map((match) => match[1] ?? "");
}

/** The events a client would get, the usage chunk written out again. */
function forwarded(parts: readonly StreamPart[]): unknown[] {
  const texts = parts.map((part) => {
    if (part.type === "events") return Buffer.from(part.bytes).toString();
    if (part.type === "usage") return `data: ${JSON.stringify(part.chunk)}\n\n`;
    return part.type === "done" ? "data: [DONE]\n\n" : "";
  });
  return dataOf(Buffer.from(texts.join(""))).map((data) =>
    data === "[DONE]" ? data : canonical(JSON.parse(data)),
  );
}

function expectSame(usage: Usage, recorded: Record<string, unknown> | undefined): void {
  const { prompt_tokens: prompt, completion_tokens: completion, total_tokens: total } = recorded ?? {};
  expect(isPlausible(usage)).toBe(true);
  expect(totalInputTokens(usage)).toBe(prompt);
  // Everything but the prompt is output, wherever a provider counts its reasoning.
  expect(usage.outputTokens).toBe(Number(total) - Number(prompt));
  expect(usage.outputTokens).toBeGreaterThanOrEqual(Number(completion));
}

describe.skipIf(all.length === 0)("recorded exchanges", () => {
  test.each(all.filter((it) => !isStream(it) && it.status === 200).map((it) => [it.file, it] as const))(
    "%s comes through, byte for byte where nothing needs mending, with its usage",
    async (_, recording) => {
      const answer = await chat(recording);
      if (answer.type !== "json") throw new Error("not JSON");
      const body = Buffer.from(answer.body);
      const mended = JSON.parse(body.toString());
      expect(mended).toEqual(answer.fields);
      expect(canonical(mended)).toEqual(canonical(JSON.parse(recording.responseBytes.toString())));
      if (isSound(recording)) expect(body).toEqual(recording.responseBytes);
      const recorded = recordedUsage(recording).at(-1);
      if (recorded === undefined) expect(answer.usage).toBeUndefined();
      else if (answer.usage === undefined) throw new Error("usage was not read");
      else expectSame(answer.usage, recorded);
    },
  );

  test.each(all.filter((it) => isStream(it) && !reportsError(it)).map((it) => [it.file, it] as const))(
    "%s streams event for event, with its usage",
    async (_, recording) => {
      const parts = await collect(await chat(recording));
      expect(parts.at(-1)).toEqual({ type: "done" });
      const events = dataOf(recording.responseBytes);
      expect(forwarded(parts)).toEqual(
        events.map((data) => (data === "[DONE]" ? data : canonical(JSON.parse(data)))),
      );
      const usages = parts.flatMap((part) => (part.type === "usage" && part.usage ? [part.usage] : []));
      const recorded = recordedUsage(recording);
      expect(usages).toHaveLength(recorded.length);
      for (const [at, usage] of usages.entries()) expectSame(usage, recorded[at]);
    },
  );

  test.each(all.filter((it) => isStream(it) && reportsError(it)).map((it) => [it.file, it] as const))(
    "%s breaks with the provider's error, after the usage it states",
    async (_, recording) => {
      const answer = await chat(recording);
      if (answer.type !== "stream") throw new Error("not a stream");
      const parts: StreamPart[] = [];
      const reading = async () => {
        for await (const part of answer.parts) parts.push(part);
      };
      expect(await failureIn(reading())).toMatchObject({ code: "upstream_error" });
      expect(parts.filter((part) => part.type === "usage")).toHaveLength(recordedUsage(recording).length);
      expect(parts.some((part) => part.type === "done")).toBe(false);
    },
  );

  test.each(all.filter((it) => it.status !== 200).map((it) => [it.file, it] as const))(
    "%s becomes an error without the provider's account in it",
    async (_, recording) => {
      const error = await failureIn(chat(recording));
      if (!(error instanceof GatewayError)) throw error;
      expect(error.message).not.toMatch(/user_|openrouter\.ai|platform\.openai|api key/i);
      if (error.code === "upstream_rejected") {
        expect(error.details.upstream?.status).toBe(recording.status);
        expect(recording.responseBytes.toString()).toContain(error.message.slice(0, 40));
        expect(error.message).not.toContain("[redacted]");
      } else {
        expect(error.retryable).toBe(true);
        expect([401, 404, 429]).toContain(recording.status);
      }
    },
  );
});
