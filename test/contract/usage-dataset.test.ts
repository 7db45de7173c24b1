import { afterAll, describe, expect, test } from "vitest";
import { readUsage as readAnthropicUsage } from "../../lambda/adapters/anthropic/usage.ts";
import { readUsage as readBedrockUsage } from "../../lambda/adapters/bedrock/usage.ts";
import { readUsage as readCohereUsage } from "../../lambda/adapters/cohere/usage.ts";
import { readUsage as readGeminiUsage } from "../../lambda/adapters/gemini/usage.ts";
import { readUsage } from "../../lambda/adapters/openai-compatible/usage.ts";
import type { ReportedUsage } from "../../lambda/core/ports.ts";
import { costOf } from "../../lambda/core/prices.ts";
import { isPlausible, totalInputTokens, type Usage } from "../../lambda/core/usage.ts";
import { type DatasetRow, datasetRows, type Expected, picoUsdOf, priceNow } from "./usage-dataset.ts";

type Reader = (body: DatasetRow["body"]) => ReportedUsage;

const anthropic: Reader = ({ usage }) => readAnthropicUsage(usage);
const bedrock: Reader = ({ usage }) => readBedrockUsage(usage);
const cohere: Reader = ({ usage }) => readCohereUsage(usage);
const gemini: Reader = ({ usageMetadata }) => readGeminiUsage(usageMetadata);
const openAi: Reader = ({ usage }) => readUsage(usage);

/** The dataset's names for the forms of usage that a provider of ours answers in, and the adapter's own reader. */
const READERS: Readonly<Record<string, Reader>> = {
  "anthropic/default": anthropic,
  "aws/anthropic": anthropic,
  "google/anthropic": anthropic,
  "aws/default": bedrock,
  "google/default": gemini,
  "cohere/default": cohere,
  "openai/chat": openAi,
  "openrouter/chat": openAi,
  "google/chat": openAi,
  "groq/default": openAi,
  "mistral/default": openAi,
  "deepseek/chat": openAi,
  "x-ai/chat": openAi,
  "x-ai/default": openAi,
};

const rows = datasetRows();
const isPriced = ({ input_price, output_price }: Expected) =>
  input_price !== undefined || output_price !== undefined;
const formOf = ({ provider_id, api_flavor }: Expected) => `${provider_id}/${api_flavor}`;

/** OpenAI's Responses API, which no adapter of ours speaks, has fields of the same names. */
const isResponses = ({ body }: DatasetRow) => JSON.stringify(body).includes('"input_tokens_details"');

/** Every reading of a row that has a price and that an adapter of ours makes. */
const cases = rows.flatMap((row, index) =>
  row.expected
    .filter((expected) => isPriced(expected) && formOf(expected) in READERS && !isResponses(row))
    .map((expected) => ({ row, expected, name: `row ${index + 1}, ${formOf(expected)}, ${row.model}` })),
);

function readBy(expected: Expected, row: DatasetRow): Usage {
  const usage = READERS[formOf(expected)]?.(row.body);
  if (!usage) throw new Error("the adapter's reader found no usage");
  return usage;
}

/** Our kinds, in the dataset's words: totals, and the parts that have tokens. */
function inTheirWords(usage: Usage) {
  const parts = {
    cache_read_tokens: usage.cacheReadTokens,
    cache_write_tokens: usage.cacheWriteTokens,
    output_reasoning_tokens: usage.reasoningTokens,
    input_audio_tokens: usage.audioInputTokens + usage.audioCacheReadTokens,
    cache_audio_read_tokens: usage.audioCacheReadTokens,
    output_image_tokens: usage.imageOutputTokens,
  };
  return {
    input_tokens: totalInputTokens(usage),
    output_tokens: usage.outputTokens,
    ...Object.fromEntries(Object.entries(parts).filter(([, count]) => count > 0)),
  };
}

describe.skipIf(rows.length === 0)("620 usage objects of real answers", () => {
  const counts: Record<string, { priced: number; asThen: number; asNow: number }> = {};
  const count = (form: string) => {
    counts[form] ??= { priced: 0, asThen: 0, asNow: 0 };
    return counts[form];
  };

  test("are all read as what a provider can mean, and cost to the picodollar what the dataset says", () => {
    const problems: unknown[] = [];
    for (const { row, expected, name } of cases) {
      const usage = readBy(expected, row);
      const now = priceNow(row, expected);
      const costPicoUsd = costOf(usage, now.prices);
      const then = picoUsdOf(expected.input_price) + picoUsdOf(expected.output_price);
      const line = count(formOf(expected));
      line.priced += 1;
      // A price that has changed since is told from a usage that was read wrongly by what it comes to now.
      if (costPicoUsd === then) line.asThen += 1;
      else if (now.picoUsd !== then && costPicoUsd === now.picoUsd) line.asNow += 1;
      else
        problems.push({
          name,
          costPicoUsd,
          then,
          now: now.picoUsd,
          ours: inTheirWords(usage),
          theirs: expected.usage,
          body: JSON.stringify(row.body),
        });
      if (!isPlausible(usage)) problems.push({ name, usage });
    }
    expect(problems).toEqual([]);
    expect(cases.length).toBeGreaterThan(100);
  });

  test.each([
    ["Bedrock", "aws/default", 108],
    ["Cohere", "cohere/default", 6],
  ])("of %s, which have no model and so no price, are read to the token", (_, form, count) => {
    const unpriced = rows.flatMap((row) =>
      row.expected.filter((it) => formOf(it) === form).map((expected) => ({ row, expected })),
    );
    for (const { row, expected } of unpriced) {
      const { input_tokens, output_tokens } = inTheirWords(readBy(expected, row));
      expect({ input_tokens, output_tokens }).toEqual({
        input_tokens: expected.usage["input_tokens"],
        output_tokens: expected.usage["output_tokens"],
      });
    }
    expect(unpriced.length).toBe(count);
  });

  afterAll(() => console.table(counts));
});
