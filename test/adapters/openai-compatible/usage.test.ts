import { expect, test } from "vitest";
import { readUsage } from "../../../lambda/adapters/openai-compatible/usage.ts";
import { NO_USAGE } from "../../../lambda/core/usage.ts";

test("cache reads and writes come out of the prompt, so that kinds are disjoint", () => {
  const usage = {
    prompt_tokens: 2572,
    completion_tokens: 100,
    total_tokens: 2672,
    prompt_tokens_details: { cached_tokens: 2240, cache_write_tokens: 329, audio_tokens: 0 },
  };
  expect(readUsage(usage)).toEqual({
    ...NO_USAGE,
    inputTokens: 3,
    cacheReadTokens: 2240,
    cacheWriteTokens: 329,
    outputTokens: 100,
  });
});

test.each([
  ["DeepSeek", { prompt_cache_hit_tokens: 512, prompt_cache_miss_tokens: 51 }],
  ["Moonshot", { cached_tokens: 512 }],
  ["DeepSeek with both", { prompt_cache_hit_tokens: 512, prompt_tokens_details: { cached_tokens: 512 } }],
])("cache reads are found where %s states them", (_, where) => {
  const usage = readUsage({ prompt_tokens: 563, completion_tokens: 116, total_tokens: 679, ...where });
  expect(usage).toMatchObject({ inputTokens: 51, cacheReadTokens: 512, outputTokens: 116 });
});

test("xAI's reasoning, counted beside the completion, becomes a part of output", () => {
  const usage = {
    prompt_tokens: 12,
    completion_tokens: 1,
    total_tokens: 303,
    prompt_tokens_details: { cached_tokens: 11 },
    completion_tokens_details: { reasoning_tokens: 290 },
  };
  expect(readUsage(usage)).toMatchObject({ inputTokens: 1, outputTokens: 291, reasoningTokens: 290 });
});

test("reasoning that is a part of the completion is not counted twice", () => {
  const usage = {
    prompt_tokens: 162,
    completion_tokens: 219,
    total_tokens: 381,
    completion_tokens_details: { reasoning_tokens: 192 },
  };
  expect(readUsage(usage)).toMatchObject({ outputTokens: 219, reasoningTokens: 192 });
});

test("audio of both sides is read, cached audio as a cache read", () => {
  const usage = {
    prompt_tokens: 81,
    completion_tokens: 18,
    prompt_tokens_details: { audio_tokens: 69, cached_tokens: 64 },
    completion_tokens_details: { audio_tokens: 12 },
  };
  expect(readUsage(usage)).toMatchObject({ inputTokens: 17, audioInputTokens: 17, audioOutputTokens: 12 });
});

test("tokens stated as both written to the cache and read from it are reads", () => {
  const details = { cached_tokens: 2161, cache_write_tokens: 2161 };
  expect(
    readUsage({ prompt_tokens: 2168, completion_tokens: 1, prompt_tokens_details: details }),
  ).toMatchObject({
    inputTokens: 7,
    cacheReadTokens: 2161,
    cacheWriteTokens: 0,
  });
});

test("an explicit zero is usage", () => {
  expect(readUsage({ prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 })).toEqual(NO_USAGE);
});

test("counts that cannot be are passed on for the gateway to judge", () => {
  const usage = readUsage({
    prompt_tokens: -5,
    completion_tokens: 1.5,
    prompt_tokens_details: { cached_tokens: 7 },
  });
  expect(usage).toMatchObject({ inputTokens: -12, outputTokens: 1.5 });
});

test.each([
  [null],
  [undefined],
  ["12"],
  [[]],
  [{}],
  [{ prompt_tokens: 5 }],
  [{ prompt_tokens: "5", completion_tokens: 5 }],
  [{ input_tokens: 5, output_tokens: 5 }],
])("%j is no usage", (value) => {
  expect(readUsage(value)).toBeUndefined();
});
