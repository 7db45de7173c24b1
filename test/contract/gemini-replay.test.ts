/** OpenAI's SDK against the running product, whose provider answers in Google's own form with what Google once did. */
import { APIError, OpenAI } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ProviderServer, replay, startProviderServer } from "../fakes/provider-server.ts";
import { isStream, type Recording } from "../fakes/recordings.ts";
import { type Router, startRouter } from "../fakes/router.ts";
import { geminiRecordings, type Told, toldBy } from "./gemini-recordings.ts";
import { openAiSchema, whyNoOpenAiSchema } from "./openai-schema.ts";
import { picoUsd } from "./recorded-exchange.ts";
import { expectToldInDocs } from "./replay-table.ts";

const all = geminiRecordings();
const answered = all.filter(({ status }) => status === 200);
const named = (recordings: readonly Recording[]) => recordings.map((it) => [it.file, it] as const);
const whyNoSchema = whyNoOpenAiSchema();

const PRICES = { inputUsdPerMillion: "0.40", outputUsdPerMillion: "1.60", cacheReadUsdPerMillion: "0.10" };
const MESSAGES = [{ role: "user" as const, content: "Hi" }];
const passed = new Set<string>();

let provider: ProviderServer;
let router: Router;
let client: OpenAI;
let schemas: { whole: (value: unknown) => string[]; chunk: (value: unknown) => string[] };

beforeAll(async () => {
  process.env["GEMINI_REPLAY_KEY"] = "google-key";
  provider = await startProviderServer();
  router = await startRouter({
    providerUrl: provider.baseUrl,
    creditUsd: "1000000",
    provider: { kind: "gemini", apiKeyEnv: "GEMINI_REPLAY_KEY" },
    model: {
      prices: PRICES,
      maxOutputTokens: 65_536,
      contextWindow: 1_048_576,
      routes: [{ provider: "p1", model: "gemini-3-flash-preview" }],
    },
  });
  client = new OpenAI({ baseURL: router.baseUrl, apiKey: router.key, maxRetries: 0 });
  schemas = whyNoSchema
    ? { whole: () => [], chunk: () => [] }
    : {
        whole: openAiSchema("CreateChatCompletionResponse"),
        chunk: openAiSchema("CreateChatCompletionStreamResponse"),
      };
});
afterAll(async () => {
  await router.close();
  await provider.close();
  Reflect.deleteProperty(process.env, "GEMINI_REPLAY_KEY");
});

/** A message as programs assemble it from chunks, by the SDK's own helper. */
async function streamed(): Promise<{
  id: string;
  message: OpenAI.ChatCompletion["choices"][number];
  usage: unknown;
  details: unknown[];
}> {
  const running = client.chat.completions.stream({
    model: "test/model",
    messages: MESSAGES,
    stream_options: { include_usage: true },
  });
  const details: unknown[] = [];
  let thoughts = "";
  running.on("chunk", (chunk) => {
    expect(schemas.chunk(JSON.parse(JSON.stringify(chunk)))).toEqual([]);
    const delta: Record<string, unknown> = { ...chunk.choices[0]?.delta };
    thoughts += String(delta["reasoning_content"] ?? "");
    if (Array.isArray(delta["reasoning_details"])) details.push(...delta["reasoning_details"]);
  });
  const whole = await running.finalChatCompletion();
  const [choice] = whole.choices;
  if (!choice) throw new Error("no choice");
  Object.assign(choice.message, { reasoning_content: thoughts });
  return { id: whole.id, message: choice, usage: whole.usage, details };
}

async function answeredBy(recording: Recording) {
  provider.always(replay(recording, { pieces: [1, 700, 13, 4096] }));
  const before = router.lines.length;
  if (isStream(recording)) {
    const { message, usage, details } = await streamed();
    return { choice: message, usage, details, line: await nextLine(before) };
  }
  const whole = await client.chat.completions.create({ model: "test/model", messages: MESSAGES });
  expect(schemas.whole(JSON.parse(JSON.stringify(whole)))).toEqual([]);
  const [choice] = whole.choices;
  if (!choice) throw new Error("no choice");
  const details: unknown = Reflect.get(choice.message, "reasoning_details");
  return {
    choice,
    usage: whole.usage,
    details: Array.isArray(details) ? details : [],
    line: await nextLine(before),
  };
}

async function nextLine(before: number) {
  for (;;) {
    const line = router.lines[before];
    if (line) return line;
    await new Promise(setImmediate);
  }
}

function expectTold(
  told: Told,
  choice: OpenAI.ChatCompletion["choices"][number],
  details: readonly unknown[],
): void {
  const { message } = choice;
  expect(message.content ?? "").toBe(told.text);
  expect(Reflect.get(message, "reasoning_content") ?? "").toBe(told.thoughts);
  const calls = (message.tool_calls ?? []).flatMap((call) => (call.type === "function" ? [call] : []));
  expect(
    calls.map((call) => ({
      name: call.function.name,
      args: JSON.stringify(JSON.parse(call.function.arguments)),
    })),
  ).toEqual(told.calls);
  expect(new Set(calls.map(({ id }) => id)).size).toBe(calls.length);
  expect(choice.finish_reason).toBe(told.finishReason);
  const ofCalls = calls.map(
    (call) => JSON.parse(JSON.stringify(call)).extra_content?.google.thought_signature,
  );
  const ofText = details.map((detail) => Reflect.get(Object(detail), "data"));
  const signatures = [...ofCalls, ...ofText].filter((signature) => signature !== undefined);
  expect(signatures.toSorted()).toEqual(told.signatures.toSorted());
}

describe.skipIf(all.length === 0)("recorded answers of Gemini, through OpenAI's SDK", () => {
  test.each(named(answered))("%s comes through whole, and is charged as it says", async (_, recording) => {
    const { choice, usage, details, line } = await answeredBy(recording);
    const told = toldBy(recording);
    expectTold(told, choice, details);
    expect(usage).toMatchObject({
      prompt_tokens: told.promptTokens,
      completion_tokens: told.outputTokens,
      total_tokens: told.promptTokens + told.outputTokens,
      prompt_tokens_details: { cached_tokens: told.cachedTokens },
      completion_tokens_details: { reasoning_tokens: told.reasoningTokens },
    });
    const cost =
      BigInt(told.promptTokens - told.cachedTokens) * 400_000n +
      BigInt(told.cachedTokens) * 100_000n +
      BigInt(told.outputTokens) * 1_600_000n;
    expect(picoUsd(line.costUsd)).toBe(cost);
    expect(line).toMatchObject({ outcome: "completed", provider: "p1" });
    expect(line.alarm).toBeUndefined();
    passed.add(recording.file);
  });

  test.each(named(all.filter(({ status }) => status !== 200)))(
    "%s is an error that tells nothing of the operator's; nothing is charged",
    async (_, recording) => {
      provider.always(replay(recording));
      const before = router.lines.length;
      const error = await client.chat.completions.create({ model: "test/model", messages: MESSAGES }).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (!(error instanceof APIError)) throw new Error("it was answered");
      const { message } = JSON.parse(recording.responseBytes.toString()).error;
      if (/API key not valid/.test(message))
        expect(error).toMatchObject({ status: 502, code: "upstream_error" });
      else if (recording.status === 429)
        expect(error).toMatchObject({ status: 429, code: "rate_limit_exceeded" });
      else expect(error).toMatchObject({ status: recording.status, error: { message } });
      if (/exceeds the maximum number of tokens/.test(message))
        expect(error.code).toBe("context_length_exceeded");
      expect(await nextLine(before)).toMatchObject({ outcome: "failed", costUsd: "0.00" });
      passed.add(recording.file);
    },
  );

  test.each([
    ["Gemini (AI Studio)", "gemini"],
    ["Vertex AI", "vertex"],
  ])("of %s docs/providers.md says what was replayed", (name, folder) => {
    const files = all.flatMap(({ file }) => (file.startsWith(`${folder}/`) ? [file] : []));
    expectToldInDocs({ name, folder, files, passed: files.filter((file) => passed.has(file)).length });
  });

  test("Google's own delay is passed on with a 429", async () => {
    const recording = all.find(({ file }) => file.includes("429-retry-info"));
    if (!recording) throw new Error("not recorded");
    provider.always(replay(recording));
    const error = await client.chat.completions.create({ model: "test/model", messages: MESSAGES }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof APIError)) throw new Error("it was answered");
    expect(error.headers?.get("retry-after")).toBe("35");
  });
});
