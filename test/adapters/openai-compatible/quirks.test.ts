import { describe, expect, test } from "vitest";
import {
  completionEdits,
  createChunkMender,
  mendUsage,
} from "../../../lambda/adapters/openai-compatible/quirks.ts";

const SOUND = {
  id: "c",
  object: "chat.completion",
  choices: [
    {
      index: 0,
      message: { role: "assistant", content: "Hi", refusal: null },
      finish_reason: "stop",
      logprobs: null,
    },
  ],
};

function callChunk(call: object) {
  const choice = { index: 0, delta: { tool_calls: [call] }, finish_reason: null };
  return { id: "c", object: "chat.completion.chunk", choices: [choice] };
}

describe("what is sound stays the very object it was", () => {
  test("a completion", () => {
    expect(completionEdits(SOUND)).toEqual({});
  });

  test("a chunk", () => {
    const chunk = callChunk({
      index: 0,
      id: "call_1",
      type: "function",
      function: { name: "f", arguments: "" },
    });
    expect(createChunkMender()(chunk)).toBe(chunk);
  });

  test("usage", () => {
    const usage = {
      prompt_tokens: 9,
      completion_tokens: 5,
      total_tokens: 14,
      prompt_tokens_details: { cached_tokens: 4 },
      completion_tokens_details: { reasoning_tokens: 3 },
    };
    expect(mendUsage(usage)).toBe(usage);
    expect(mendUsage(null)).toBe(null);
    expect(mendUsage("much")).toBe("much");
  });
});

test("a tool call without an id gets one, its own and the same for all its chunks", () => {
  const mend = createChunkMender();
  const idsOf = (chunk: Record<string, unknown>) =>
    JSON.stringify(chunk).match(/"id":"call_[0-9a-f]{24}"/g) ?? [];
  const first = mend(callChunk({ index: 0, id: "", function: { name: "f", arguments: "" } }));
  const more = mend(callChunk({ index: 0, id: "", function: { arguments: "{}" } }));
  const second = mend(callChunk({ index: 1, function: { name: "g", arguments: "{}" } }));
  expect(idsOf(first)).toHaveLength(1);
  expect(JSON.stringify(more)).not.toContain('"id":""');
  expect(idsOf(more)).toHaveLength(0);
  expect(idsOf(second)).toHaveLength(1);
  expect(idsOf(second)).not.toEqual(idsOf(first));
});

test("a whole call without an id or a type gets both", () => {
  const call = { function: { name: "f", arguments: "{}" } };
  const choices = [
    { ...SOUND.choices[0], message: { role: "assistant", content: null, tool_calls: [call] } },
  ];
  expect(completionEdits({ ...SOUND, choices })).toMatchObject({
    choices: [
      { message: { tool_calls: [{ ...call, type: "function", id: expect.stringMatching(/^call_/) }] } },
    ],
  });
});

test("usage beside the last choice, or in a member of Groq's, is put where OpenAI has it", () => {
  const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
  const chunk = { id: "c", object: "chat.completion.chunk" };
  const inChoice = { ...chunk, choices: [{ index: 0, delta: {}, finish_reason: "stop", usage }] };
  expect(createChunkMender()(inChoice)).toEqual({ ...inChoice, usage });
  const inGroq = { ...chunk, choices: [], x_groq: { usage } };
  expect(createChunkMender()(inGroq)).toEqual({ ...inGroq, usage });
});

test("reasoning counted beside the completion is counted inside it, and the cache's share where OpenAI has it", () => {
  const xai = {
    prompt_tokens: 12,
    completion_tokens: 1,
    total_tokens: 241,
    completion_tokens_details: { reasoning_tokens: 228 },
  };
  expect(mendUsage(xai)).toEqual({ ...xai, completion_tokens: 229 });
  const deepseek = { prompt_tokens: 12, completion_tokens: 1, total_tokens: 13, prompt_cache_hit_tokens: 8 };
  expect(mendUsage(deepseek)).toEqual({ ...deepseek, prompt_tokens_details: { cached_tokens: 8 } });
});
