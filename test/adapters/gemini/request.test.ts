import { describe, expect, test } from "vitest";
import { geminiRequest } from "../../../lambda/adapters/gemini/request.ts";
import { GatewayError } from "../../../lambda/core/errors.ts";
import { chatRequest } from "../openai-compatible/chat-request.ts";

const FLASH = "gemini-2.5-flash";
const NEWER = "gemini-3-flash-preview";
const WEATHER = {
  type: "function",
  function: {
    name: "weather",
    description: "of a city",
    parameters: { type: "object", properties: { city: { type: "string" } } },
  },
};

interface Where {
  readonly model?: string;
  readonly isVertex?: boolean;
  readonly capTokens?: number;
}

function sent(
  fields: Record<string, unknown>,
  { model = FLASH, isVertex = false, capTokens = 1_000 }: Where = {},
) {
  const request = chatRequest(fields, { model, outputCapTokens: capTokens });
  const { body, ...rest } = geminiRequest(request, isVertex);
  return { ...rest, body: JSON.parse(Buffer.from(body).toString()) };
}

function refusalOf(fields: Record<string, unknown>, where: Where = {}): GatewayError {
  try {
    sent(fields, where);
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error("it was sent");
}

const config = (fields: Record<string, unknown>, where?: Where) => sent(fields, where).body.generationConfig;
const user = (...content: object[]) => ({ messages: [{ role: "user", content }] });
const inUser = (part: object, where?: Where) => sent(user(part), where).body.contents[0].parts;

describe("a conversation", () => {
  test("has its instructions apart, and tool calls and their results by name", () => {
    const messages = [
      { role: "system", content: "Be brief." },
      { role: "developer", content: "In English." },
      { role: "user", content: "Berlin and Rome?" },
      {
        role: "assistant",
        content: "I look.",
        tool_calls: [
          { id: "call_a", type: "function", function: { name: "weather", arguments: '{"city":"Berlin"}' } },
          { id: "call_b", type: "function", function: { name: "weather", arguments: '{"city":"Rome"}' } },
        ],
      },
      { role: "tool", tool_call_id: "call_a", content: '{"sky":"grey"}' },
      { role: "tool", tool_call_id: "call_b", content: "blue" },
    ];
    const { body } = sent({ messages, tools: [WEATHER] });
    expect(body.systemInstruction).toEqual({ parts: [{ text: "Be brief." }, { text: "In English." }] });
    expect(body.contents).toEqual([
      { role: "user", parts: [{ text: "Berlin and Rome?" }] },
      {
        role: "model",
        parts: [
          { text: "I look." },
          { functionCall: { id: "call_a", name: "weather", args: { city: "Berlin" } } },
          { functionCall: { id: "call_b", name: "weather", args: { city: "Rome" } } },
        ],
      },
      {
        role: "user",
        parts: [
          { functionResponse: { id: "call_a", name: "weather", response: { sky: "grey" } } },
          { functionResponse: { id: "call_b", name: "weather", response: { output: "blue" } } },
        ],
      },
    ]);
    expect(body.tools).toEqual([
      {
        functionDeclarations: [
          { name: "weather", description: "of a city", parametersJsonSchema: WEATHER.function.parameters },
        ],
      },
    ]);
  });

  test("gives signatures back where they came from, and Google's word for none to a call that has none", () => {
    const call = (id: string, signature?: string) => ({
      id,
      type: "function",
      function: { name: "weather", arguments: "{}" },
      ...(signature && { extra_content: { google: { thought_signature: signature } } }),
    });
    const ours = "call_0123456789abcdef01234567";
    const turn = (message: object) => {
      const messages = [
        { role: "user", content: "?" },
        { role: "assistant", ...message },
      ];
      return sent({ messages }, { model: NEWER }).body.contents[1].parts;
    };
    expect(turn({ tool_calls: [call(ours, "S1"), call("theirs")] })).toEqual([
      { functionCall: { name: "weather", args: {} }, thoughtSignature: "S1" },
      { functionCall: { id: "theirs", name: "weather", args: {} } },
    ]);
    expect(turn({ tool_calls: [call(ours)] })).toMatchObject([
      { thoughtSignature: "skip_thought_signature_validator" },
    ]);
    const reasoning_details = [{ type: "reasoning.encrypted", data: "S2", format: "google-gemini-v1" }];
    expect(turn({ content: "Hi", reasoning_details })).toEqual([{ text: "Hi", thoughtSignature: "S2" }]);
    const foreign = [{ type: "reasoning.encrypted", data: "S3", format: "anthropic-claude-v1" }];
    expect(turn({ content: "Hi", reasoning_details: foreign })).toEqual([{ text: "Hi" }]);
  });

  test("holds images, PDFs and sound", () => {
    const image = { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } };
    expect(inUser(image)).toEqual([{ inlineData: { mimeType: "image/png", data: "AAAA" } }]);
    const pdf = { type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,AAAA" } };
    expect(inUser(pdf)).toEqual([{ inlineData: { mimeType: "application/pdf", data: "AAAA" } }]);
    const sound = { type: "input_audio", input_audio: { data: "AAAA", format: "mp3" } };
    expect(inUser(sound)).toEqual([{ inlineData: { mimeType: "audio/mp3", data: "AAAA" } }]);
    const byUrl = { type: "image_url", image_url: { url: "https://example.com/a.jpg?x=1" } };
    expect(inUser(byUrl, { isVertex: true })).toEqual([
      { fileData: { mimeType: "image/jpeg", fileUri: "https://example.com/a.jpg?x=1" } },
    ]);
    expect(refusalOf(user(byUrl)).message).toMatch(/Google cannot take image by URL/);
    const untyped = { type: "image_url", image_url: { url: "https://example.com/a" } };
    expect(refusalOf(user(untyped), { isVertex: true })).toMatchObject({ code: "invalid_value" });
  });
});

describe("the configuration", () => {
  test("has the cap, and every setting under Google's name", () => {
    const fields = {
      max_tokens: 5_000,
      temperature: 0.5,
      top_p: 0.9,
      top_k: 40,
      stop: ["a", "b"],
      seed: 7,
      frequency_penalty: 0.1,
      presence_penalty: 0.2,
      logprobs: true,
      top_logprobs: 3,
    };
    expect(config(fields)).toEqual({
      maxOutputTokens: 1_000,
      temperature: 0.5,
      topP: 0.9,
      topK: 40,
      stopSequences: ["a", "b"],
      seed: 7,
      frequencyPenalty: 0.1,
      presencePenalty: 0.2,
      responseLogprobs: true,
      logprobs: 3,
    });
  });

  test("has a schema for the answer; beside tools only where the model takes both", () => {
    const schema = { type: "object", properties: { a: { type: "string" } }, additionalProperties: false };
    const response_format = { type: "json_schema", json_schema: { name: "answer", strict: true, schema } };
    expect(config({ response_format })).toMatchObject({
      responseMimeType: "application/json",
      responseJsonSchema: schema,
    });
    expect(config({ response_format: { type: "json_object" } })).toMatchObject({
      responseMimeType: "application/json",
    });
    expect(refusalOf({ response_format, tools: [WEATHER] })).toMatchObject({
      code: "unsupported_parameter",
      details: { param: "response_format" },
    });
    expect(config({ response_format, tools: [WEATHER] }, { model: NEWER })).toMatchObject({
      responseJsonSchema: schema,
    });
  });

  test.each([
    ["none", { mode: "NONE" }],
    ["auto", { mode: "AUTO" }],
    ["required", { mode: "ANY" }],
    [
      { type: "function", function: { name: "weather" } },
      { mode: "ANY", allowedFunctionNames: ["weather"] },
    ],
  ])("chooses tools: %o", (tool_choice, functionCallingConfig) => {
    expect(sent({ tools: [WEATHER], tool_choice }).body.toolConfig).toEqual({ functionCallingConfig });
  });

  test("keeps strict tools to their schema", () => {
    const strict = { ...WEATHER, function: { ...WEATHER.function, strict: true } };
    expect(sent({ tools: [strict] }).body.toolConfig).toEqual({
      functionCallingConfig: { mode: "VALIDATED" },
    });
    expect(sent({ tools: [WEATHER] }).body).not.toHaveProperty("toolConfig");
  });
});

describe("reasoning", () => {
  test.each<[string, Record<string, unknown>, Where, object | undefined]>([
    [
      "a share of the cap",
      { reasoning_effort: "medium" },
      {},
      { includeThoughts: true, thinkingBudget: 500 },
    ],
    [
      "never all of the cap",
      { reasoning: { max_tokens: 9_000 } },
      {},
      { includeThoughts: true, thinkingBudget: 999 },
    ],
    [
      "at most what the model takes",
      { reasoning_effort: "max" },
      { capTokens: 60_000 },
      { includeThoughts: true, thinkingBudget: 24_576 },
    ],
    [
      "at least what the model needs",
      { reasoning_effort: "low" },
      { model: "gemini-2.5-flash-lite" },
      { includeThoughts: true, thinkingBudget: 512 },
    ],
    ["off", { reasoning_effort: "none" }, {}, { thinkingBudget: 0 }],
    [
      "hidden",
      { reasoning: { effort: "high", exclude: true } },
      {},
      { includeThoughts: false, thinkingBudget: 800 },
    ],
    [
      "a level",
      { reasoning_effort: "high" },
      { model: NEWER },
      { includeThoughts: true, thinkingLevel: "high" },
    ],
    [
      "the next lower level",
      { reasoning_effort: "medium" },
      { model: "gemini-3-pro-preview" },
      { includeThoughts: true, thinkingLevel: "low" },
    ],
    ["close to nothing", { reasoning_effort: "none" }, { model: NEWER }, { thinkingLevel: "minimal" }],
    ["the model's own", {}, {}, undefined],
  ])("is %s", (_, fields, where, thinkingConfig) => {
    const { capTokens = 1_000 } = where;
    const sentConfig = config(fields, where);
    expect(sentConfig.thinkingConfig).toEqual(thinkingConfig);
    expect(sentConfig.maxOutputTokens).toBe(capTokens);
  });

  test.each<[string, Record<string, unknown>, Where, string]>([
    ["cannot be turned off", { reasoning_effort: "none" }, { model: "gemini-2.5-pro" }, "always thinks"],
    [
      "needs more than the cap",
      { reasoning_effort: "low" },
      { model: "gemini-2.5-pro", capTokens: 100 },
      "at least 128",
    ],
    [
      "is unknown to older models",
      { reasoning_effort: "low" },
      { model: "gemini-2.0-flash" },
      "does not reason",
    ],
  ])("that %s is refused", (_, fields, where, why) => {
    expect(refusalOf(fields, where).message).toContain(why);
    const { dropped, body } = sent({ ...fields, drop_unsupported: true }, where);
    expect(dropped).toEqual(["reasoning_effort"]);
    expect(body.generationConfig).not.toHaveProperty("thinkingConfig");
  });
});

test.each([
  ["n", 2],
  ["logit_bias", { 5: 1 }],
  ["parallel_tool_calls", false],
  ["prediction", { type: "content", content: "x" }],
  ["stop", ["a", "b", "c", "d", "e", "f"]],
  ["made_up", 1],
])("%s cannot be expressed: a 400 that names it, or dropped and listed", (name, value) => {
  const error = refusalOf({ [name]: value });
  expect(error).toMatchObject({ code: "unsupported_parameter", details: { param: name } });
  expect(error.message).toContain("Google");
  expect(sent({ [name]: value, drop_unsupported: true }).dropped).toEqual([name]);
});
