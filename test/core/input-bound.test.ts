import fc from "fast-check";
import { expect, test } from "vitest";
import { countText, inputBoundTokens, inputEstimateTokens } from "../../lambda/core/input-bound.ts";
import { testModel } from "./test-model.ts";

const model = testModel({ contextWindow: 100_000_000, maxImageTokens: 1_000 });

/** As clients send it: JSON.stringify, or every character beyond ASCII escaped, as Python's json does. */
const bodies = (fields: object) => {
  const compact = JSON.stringify(fields);
  const escaped = compact.replace(
    /[\u0080-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return [compact, escaped];
};

/** What no byte-level tokenizer exceeds, since none makes more tokens than bytes. */
const worstCaseTokens = (texts: readonly string[]) =>
  texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);

const rareHan = fc.integer({ min: 0x20000, max: 0x2a6df }).map((point) => String.fromCodePoint(point));
const anyText = fc.oneof(
  fc.string({ unit: "binary-ascii", maxLength: 400 }),
  fc.string({
    unit: fc.integer({ min: 0, max: 31 }).map((code) => String.fromCharCode(code)),
    maxLength: 400,
  }),
  fc.string({ unit: rareHan, maxLength: 200 }),
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.base64String({ maxLength: 800 }),
  fc.constantFrom(
    "a".repeat(100_000),
    "\u0000".repeat(5_000),
    "👩‍👩‍👧‍👦".repeat(500),
    "data:text/plain,hello",
    '"\\'.repeat(999),
  ),
);

test("The bound is never below the worst case of any byte-level tokenizer, however the body is written.", () => {
  fc.assert(
    fc.property(fc.array(anyText, { minLength: 1, maxLength: 5 }), (texts) => {
      const messages = texts.map((content) => ({ role: "user", content }));
      for (const body of bodies({ model: "demo/test", messages })) {
        const bound = inputBoundTokens({ bodyBytes: Buffer.byteLength(body), messages }, model);
        expect(bound).toBeGreaterThanOrEqual(worstCaseTokens(texts) + 20 * texts.length);
      }
    }),
    { numRuns: 1_000 },
  );
});

test("Neither tools nor a schema nor text beside an image escapes the bound.", () => {
  fc.assert(
    fc.property(anyText, anyText, anyText, (description, schema, beside) => {
      const image = { type: "image_url", image_url: { url: `data:image/png;base64,${"A".repeat(5_000)}` } };
      const messages = [{ role: "user", content: [{ type: "text", text: beside }, image] }];
      const tools = [{ type: "function", function: { name: "f", description } }];
      const responseFormat = { type: "json_schema", json_schema: { name: "s", schema: { const: schema } } };
      for (const body of bodies({ messages, tools, response_format: responseFormat })) {
        const parts = { bodyBytes: Buffer.byteLength(body), messages, tools, responseFormat };
        const bound = inputBoundTokens(parts, model);
        expect(bound).toBeGreaterThanOrEqual(worstCaseTokens([description, schema, beside]) + 1_000);
        // The picture itself counts by the model's maximum, not by its bytes.
        expect(bound).toBeLessThan(Buffer.byteLength(body) - 5_000 + 1_000 + 1_600);
      }
    }),
  );
});

test("The estimate is never above the bound, and the bound never above the context window.", () => {
  const small = testModel({ contextWindow: 500 });
  fc.assert(
    fc.property(fc.array(anyText, { minLength: 1, maxLength: 3 }), (texts) => {
      const messages = texts.map((content) => ({ content }));
      const parts = { bodyBytes: Buffer.byteLength(JSON.stringify({ messages })), messages };
      expect(inputEstimateTokens(parts, model)).toBeLessThanOrEqual(inputBoundTokens(parts, model));
      expect(inputBoundTokens(parts, small)).toBeLessThanOrEqual(500);
    }),
  );
});

test.each([
  [
    "an image at a model without a published maximum",
    { type: "image_url", image_url: { url: "https://example.com/a.png" } },
    testModel(),
  ],
  ["a file by its id", { type: "file", file: { file_id: "file-1" } }, model],
  ["spoken input", { type: "input_audio", input_audio: { data: "AAAA", format: "wav" } }, model],
  ["a part of a kind nobody knows", { type: "hologram", hologram: "x" }, model],
])("For %s the bound is the context window.", (_, part, of) => {
  const messages = [{ content: [part] }];
  expect(inputBoundTokens({ bodyBytes: 100, messages }, of)).toBe(of.contextWindow);
});

test("Nothing makes a text look smaller to the estimate than it is.", () => {
  const long = "word ".repeat(10_000);
  const estimateOf = (parts: {
    messages: { content?: unknown }[];
    tools?: unknown;
    responseFormat?: unknown;
  }) => inputEstimateTokens({ bodyBytes: 1_000_000, ...parts }, model);
  const honest = estimateOf({ messages: [{ content: long }] });
  expect(honest).toBeGreaterThan(20_000);
  const hidden = [
    { messages: [{ content: `data:${long}` }] },
    { messages: [{ content: [{ type: "text", text: `data:,${long}` }] }] },
    { messages: [{ content: [{ type: "text", text: long, image_url: "data:," }] }] },
    { messages: [{ content: "hi" }], tools: [{ type: "function", function: { image_url: `data:${long}` } }] },
    { messages: [{ content: "hi" }], tools: [{ [long]: 1 }] },
    { messages: [{ content: "hi" }], responseFormat: { type: "json_schema", schema: long } },
    { messages: [{ content: null, tool_calls: [{ function: { arguments: long } }] }] },
  ];
  for (const parts of hidden) expect(estimateOf(parts)).toBeGreaterThanOrEqual(honest - 1_000);
});

test("Characters are counted in every string and every name, whatever the nesting.", () => {
  expect(countText({ ab: ["cd", { é: "日本", n: 12, b: true, nothing: null }] })).toEqual({
    ascii: 23,
    other: 3,
  });
  expect(countText(undefined)).toEqual({ ascii: 0, other: 0 });
});
