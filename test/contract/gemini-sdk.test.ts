/** What programs do with OpenAI's SDK, against a replayed Gemini: tools, images, structured answers and reasoning. */
import { OpenAI } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ProviderServer, replay, startProviderServer } from "../fakes/provider-server.ts";
import { type Router, startRouter } from "../fakes/router.ts";
import { geminiRecordings, toldBy } from "./gemini-recordings.ts";

const all = geminiRecordings();
const MODEL = "test/model";

let provider: ProviderServer;
let router: Router;
let client: OpenAI;

beforeAll(async () => {
  process.env["GEMINI_SDK_KEY"] = "google-key";
  provider = await startProviderServer();
  router = await startRouter({
    providerUrl: provider.baseUrl,
    creditUsd: "100",
    provider: { kind: "gemini", apiKeyEnv: "GEMINI_SDK_KEY" },
    model: { contextWindow: 1_048_576, routes: [{ provider: "p1", model: "gemini-3-flash-preview" }] },
  });
  client = new OpenAI({ baseURL: router.baseUrl, apiKey: router.key, maxRetries: 0 });
});
afterAll(async () => {
  await router.close();
  await provider.close();
  Reflect.deleteProperty(process.env, "GEMINI_SDK_KEY");
});

function recorded(file: string) {
  const recording = all.find((it) => it.file === file);
  if (!recording) throw new Error(`not recorded: ${file}`);
  return recording;
}

/** What Google was sent, the last call first. */
function sentToGoogle(callsAgo = 0): Record<string, unknown> {
  const call = provider.calls.at(-1 - callsAgo);
  if (typeof call?.json !== "object" || call.json === null) throw new Error("Google was not called");
  return { ...call.json };
}

describe.skipIf(all.length === 0)("OpenAI's SDK", () => {
  test("calls the provider with its key at the model's address, and with nothing of the client's", async () => {
    provider.next(replay(recorded("gemini/ai-sdk/google-text.json")));
    await client.chat.completions.create({ model: MODEL, messages: [{ role: "user", content: "Hi" }] });
    const call = provider.calls.at(-1);
    expect(call?.path).toBe("/v1/models/gemini-3-flash-preview:generateContent");
    expect(call?.headers).toMatchObject({ "x-goog-api-key": "google-key", "user-agent": "wlrouter" });
    expect(call?.headers).not.toHaveProperty("authorization");
  });

  const WEATHER = {
    name: "weather",
    description: "Of a place",
    parameters: { type: "object", properties: { location: { type: "string" } } },
  };
  const QUESTION = { role: "user" as const, content: "How is the weather in San Francisco?" };
  const replayTool = () =>
    provider.next(
      replay(recorded("gemini/ai-sdk/google-tool-call-gemini3.json")),
      replay(recorded("gemini/ai-sdk/google-text.json")),
    );
  /** What Google got of its own call, and of the result. */
  const expectLoop = (thoughtSignature: string | undefined) => {
    const functionCall = { name: "weather", args: { location: "San Francisco" } };
    expect(sentToGoogle()).toMatchObject({
      contents: [
        { role: "user", parts: [{ text: QUESTION.content }] },
        { role: "model", parts: [{ functionCall, thoughtSignature }] },
        { role: "user", parts: [{ functionResponse: { name: "weather", response: { sky: "clear" } } }] },
      ],
    });
  };

  test("sends a message back as it came: Google gets its call with the signature, and the result by name", async () => {
    replayTool();
    const tools = [{ type: "function" as const, function: WEATHER }];
    const first = await client.chat.completions.create({ model: MODEL, messages: [QUESTION], tools });
    const message = first.choices[0]?.message;
    if (!message?.tool_calls?.[0]) throw new Error("no call");
    const result = {
      role: "tool" as const,
      tool_call_id: message.tool_calls[0].id,
      content: '{"sky": "clear"}',
    };
    await client.chat.completions.create({ model: MODEL, messages: [QUESTION, message, result], tools });
    expectLoop(toldBy(recorded("gemini/ai-sdk/google-tool-call-gemini3.json")).signatures[0]);
  });

  test("runs tools by itself, which loses the signature: Google is told that there is none", async () => {
    replayTool();
    const asked: unknown[] = [];
    const weather = (args: unknown) => {
      asked.push(args);
      return '{"sky": "clear"}';
    };
    const running = client.chat.completions.runTools({
      model: MODEL,
      messages: [QUESTION],
      tools: [{ type: "function", function: { ...WEATHER, parse: JSON.parse, function: weather } }],
    });
    expect(await running.finalContent()).toBe(toldBy(recorded("gemini/ai-sdk/google-text.json")).text);
    expect(asked).toEqual([{ location: "San Francisco" }]);
    expectLoop("skip_thought_signature_validator");
  });
});

describe.skipIf(all.length === 0)("OpenAI's SDK also", () => {
  test("shows an image", async () => {
    provider.next(replay(recorded("gemini/ai-sdk/google-text.json")));
    const url = "data:image/png;base64,iVBORw0KGgo=";
    await client.chat.completions.create({
      model: MODEL,
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "What is this?" },
            { type: "image_url", image_url: { url } },
          ],
        },
      ],
    });
    expect(sentToGoogle()["contents"]).toEqual([
      {
        role: "user",
        parts: [{ text: "What is this?" }, { inlineData: { mimeType: "image/png", data: "iVBORw0KGgo=" } }],
      },
    ]);
  });

  test("parses a structured answer", async () => {
    provider.next(replay(recorded("gemini/generateContent.json.reasoning.06.response.json")));
    const schema = {
      type: "object",
      properties: { result: { type: "number" } },
      required: ["result"],
      additionalProperties: false,
    };
    const answer = await client.chat.completions.parse({
      model: MODEL,
      messages: [{ role: "user", content: "What is the square root of 64?" }],
      response_format: { type: "json_schema", json_schema: { name: "answer", strict: true, schema } },
    });
    expect(answer.choices[0]?.message.parsed).toEqual({ result: 8 });
    expect(sentToGoogle()["generationConfig"]).toMatchObject({
      responseMimeType: "application/json",
      responseJsonSchema: schema,
    });
  });

  test("streams thoughts as reasoning_content, under the cap that it asked for", async () => {
    const recording = recorded("gemini/streamGenerateContent.stream.reasoning.05.response.sse");
    provider.next(replay(recording, { pieces: [50] }));
    const stream = await client.chat.completions.create({
      model: MODEL,
      messages: [{ role: "user", content: "Think." }],
      reasoning_effort: "high",
      max_completion_tokens: 5_000,
      stream: true,
    });
    let thoughts = "";
    let text = "";
    for await (const chunk of stream) {
      const delta = chunk.choices[0]?.delta;
      thoughts += delta && "reasoning_content" in delta ? delta.reasoning_content : "";
      text += delta?.content ?? "";
    }
    const told = toldBy(recording);
    expect(told.thoughts).not.toBe("");
    expect({ thoughts, text }).toEqual({ thoughts: told.thoughts, text: told.text });
    expect(sentToGoogle()["generationConfig"]).toEqual({
      maxOutputTokens: 5_000,
      thinkingConfig: { includeThoughts: true, thinkingLevel: "high" },
    });
    expect(provider.calls.at(-1)?.path).toBe(
      "/v1/models/gemini-3-flash-preview:streamGenerateContent?alt=sse",
    );
  });

  test("is told which field Google cannot express, before Google is called and at no cost", async () => {
    const calls = provider.calls.length;
    const asked = client.chat.completions.create({
      model: MODEL,
      messages: [{ role: "user", content: "Hi" }],
      logit_bias: { "5": 1 },
    });
    await expect(asked).rejects.toMatchObject({
      status: 400,
      code: "unsupported_parameter",
      param: "logit_bias",
    });
    expect(provider.calls.length).toBe(calls);
    expect(router.lines.at(-1)).toMatchObject({ outcome: "failed", costUsd: "0.00" });
  });
});
