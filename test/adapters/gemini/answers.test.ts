import { describe, expect, test } from "vitest";
import { jsonAnswer } from "../../../lambda/adapters/gemini/answer.ts";
import { readFault } from "../../../lambda/adapters/gemini/fault.ts";
import { createCredentials, projectOf } from "../../../lambda/adapters/gemini/google-credentials.ts";
import { PartialArguments } from "../../../lambda/adapters/gemini/partial-arguments.ts";
import type { GeminiRequest } from "../../../lambda/adapters/gemini/request.ts";
import { GeminiStream } from "../../../lambda/adapters/gemini/stream.ts";
import { readUsage } from "../../../lambda/adapters/gemini/usage.ts";
import { failureIn } from "../openai-compatible/chat-request.ts";

const SENT: GeminiRequest = { body: new Uint8Array(), hidesReasoning: false, dropped: [] };
const USAGE = { promptTokenCount: 8, candidatesTokenCount: 0, totalTokenCount: 8 };

function answerOf(json: object) {
  const body = {
    chunks: (async function* () {})(),
    readAll: async () => Buffer.from(JSON.stringify(json)),
    letGo() {},
    close() {},
  };
  return jsonAnswer({ status: 200, headers: {}, body }, SENT, 1_000);
}

function partsOf(...events: object[]) {
  const stream = new GeminiStream(SENT, 1_000);
  return events.flatMap((data) => [...stream.push({ name: undefined, data: { ...data } })]);
}

const candidate = (finishReason: string, ...parts: object[]) => ({
  candidates: [{ content: { role: "model", parts }, finishReason }],
  usageMetadata: USAGE,
});

describe("an answer that is none", () => {
  test("because the prompt was blocked is an empty one, filtered, and its prompt is counted", async () => {
    const blocked = {
      promptFeedback: { blockReason: "SAFETY" },
      usageMetadata: { promptTokenCount: 8, totalTokenCount: 8 },
    };
    expect(await answerOf(blocked)).toMatchObject({
      fields: { choices: [{ finish_reason: "content_filter", message: { content: "" } }] },
      usage: { inputTokens: 8, outputTokens: 0 },
    });
    expect(partsOf(blocked).map(({ type }) => type)).toEqual(["count", "events", "usage", "done"]);
  });

  test.each(["SAFETY", "RECITATION", "PROHIBITED_CONTENT"])("because of %s is filtered", async (reason) => {
    expect(await answerOf(candidate(reason, { text: "So" }))).toMatchObject({
      fields: { choices: [{ finish_reason: "content_filter", message: { content: "So" } }] },
    });
  });

  test("because its tool call could not be read fails, so that another route may answer", async () => {
    const error = await failureIn(answerOf(candidate("MALFORMED_FUNCTION_CALL")));
    expect(error).toMatchObject({ code: "upstream_error", retryable: true });
    expect(() => partsOf(candidate("MALFORMED_FUNCTION_CALL"))).toThrow(/could not read/);
    expect(await answerOf(candidate("MALFORMED_FUNCTION_CALL", { text: "I try" }))).toMatchObject({
      type: "json",
    });
  });

  test.each([{}, { error: { code: 500, message: "internal" } }, []])("in %o fails", async (json) => {
    expect(await failureIn(answerOf(json))).toMatchObject({ code: "upstream_error" });
  });
});

test("log probabilities come in OpenAI's form", async () => {
  const step = (token: string, logProbability: number) => ({ token, tokenId: 1, logProbability });
  const answer = {
    candidates: [
      {
        content: { parts: [{ text: "Hi" }] },
        finishReason: "STOP",
        logprobsResult: {
          chosenCandidates: [step("Hi", -0.25)],
          topCandidates: [{ candidates: [step("Hi", -0.25), step("Ho", -1.5)] }],
        },
      },
    ],
    usageMetadata: USAGE,
  };
  const hi = { token: "Hi", logprob: -0.25, bytes: [72, 105] };
  expect(await answerOf(answer)).toMatchObject({
    fields: {
      choices: [
        {
          logprobs: {
            content: [{ ...hi, top_logprobs: [hi, { token: "Ho", logprob: -1.5, bytes: [72, 111] }] }],
            refusal: null,
          },
        },
      ],
    },
  });
});

test("usage has what Google's tools read in the input, thoughts in the output, and audio apart", () => {
  const detail = (modality: string, tokenCount: number) => ({ modality, tokenCount });
  expect(
    readUsage({
      promptTokenCount: 100,
      cachedContentTokenCount: 40,
      toolUsePromptTokenCount: 7,
      candidatesTokenCount: 20,
      thoughtsTokenCount: 30,
      totalTokenCount: 157,
      promptTokensDetails: [detail("TEXT", 50), detail("AUDIO", 50)],
      cacheTokensDetails: [detail("TEXT", 30), detail("AUDIO", 10)],
      candidatesTokensDetails: [detail("TEXT", 5), detail("IMAGE", 15)],
    }),
  ).toEqual({
    inputTokens: 67,
    cacheReadTokens: 40,
    cacheWriteTokens: 0,
    outputTokens: 50,
    reasoningTokens: 30,
    audioInputTokens: 40,
    audioOutputTokens: 0,
    audioCacheReadTokens: 10,
    cacheWrite1hTokens: 0,
    imageOutputTokens: 15,
  });
  expect(readUsage({ trafficType: "ON_DEMAND" })).toBeUndefined();
  expect(readUsage(undefined)).toBeUndefined();
});

test("streamed arguments never reach an object's prototype, nor grow without bounds", () => {
  const partial = new PartialArguments();
  partial.add([
    { jsonPath: "$.__proto__.polluted", stringValue: "x" },
    { jsonPath: "$.a[999999999]", stringValue: "x" },
    { jsonPath: "no path", stringValue: "x" },
    { jsonPath: "$.a[1].b", stringValue: "o", willContinue: true },
    { jsonPath: "$.a[1].b", stringValue: "k" },
    { jsonPath: "$.n", nullValue: "NULL_VALUE" },
  ]);
  expect(partial.toJson()).toBe('{"a":[null,{"b":"ok"}],"n":null}');
  expect("polluted" in {}).toBe(false);
});

test("faults in every shape are read: an object, Vertex's list, none", () => {
  const error = { code: 429, message: "slow", details: [{ retryDelay: "34.4s" }] };
  expect(readFault({ error })).toMatchObject({ message: "slow", status: 429, retryAfterSeconds: 35 });
  expect(readFault([{ error }])).toMatchObject({ message: "slow" });
  expect(readFault("<html>")).toEqual({});
});

describe("credentials", () => {
  test("an API key and an access token go out as they are", async () => {
    const credentials = createCredentials();
    expect(await credentials("AIza-key")).toEqual({ "x-goog-api-key": "AIza-key" });
    expect(await credentials("ya29.token")).toEqual({ authorization: "Bearer ya29.token" });
    expect(projectOf("AIza-key")).toBeUndefined();
    expect(projectOf('{"project_id":"my-project"}')).toBe("my-project");
  });
});
