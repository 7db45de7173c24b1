/** What is sent upstream for what seldom is asked: each line is a request's fields and what they become. */
import { expect, test } from "vitest";
import { anthropicRequest } from "../../lambda/adapters/anthropic/request.ts";
import { bedrockRequest } from "../../lambda/adapters/bedrock/request.ts";
import { logprobsOf } from "../../lambda/adapters/cohere/logprobs.ts";
import { cohereRequest } from "../../lambda/adapters/cohere/request.ts";
import type { ProviderRequest } from "../../lambda/core/ports.ts";
import type { Json } from "./wire.ts";

const CLAUDE = "claude-sonnet-4-5";
const NOVA = "us.amazon.nova-2-lite-v1:0";
const BYTES = "QUJD";

const asked = (...content: object[]) => ({ messages: [{ role: "user", content }] });
const tool = (name: string) => ({ type: "function", function: { name } });
const ALLOWED = (mode: string, ...names: string[]) => ({
  ...asked({ type: "text", text: "Hi" }),
  tools: ["a", "b", "c"].map(tool),
  tool_choice: { type: "allowed_tools", allowed_tools: { mode, tools: names.map(tool) } },
});
const PDF = asked({
  type: "file",
  file: { filename: "The report.pdf", file_data: `data:application/pdf;base64,${BYTES}` },
});
const AUDIO = asked({ type: "input_audio", input_audio: { data: BYTES, format: "mp3" } });
const HOUR = { type: "ephemeral", ttl: "1h" };
const CACHED = {
  messages: [
    { role: "system", content: "Rules.", cache_control: { type: "ephemeral" } },
    { role: "user", content: [{ type: "text", text: "Hi", cache_control: HOUR }] },
  ],
};

function sent(
  send: (request: ProviderRequest) => { body: Uint8Array },
  model: string,
  fields: Json,
): unknown {
  const { signal } = new AbortController();
  const request = { model, body: new Uint8Array(), fields, outputCapTokens: 100, stream: false, signal };
  return JSON.parse(Buffer.from(send(request).body).toString());
}

test.each<[string, Json, object]>([
  [
    "a PDF",
    PDF,
    {
      messages: [
        {
          content: [
            {
              type: "document",
              title: "The report.pdf",
              source: { type: "base64", media_type: "application/pdf", data: BYTES },
            },
          ],
        },
      ],
    },
  ],
  [
    "cache marks",
    CACHED,
    {
      system: [{ type: "text", text: "Rules.", cache_control: { type: "ephemeral" } }],
      messages: [{ content: [{ type: "text", text: "Hi", cache_control: HOUR }] }],
    },
  ],
  ["top_k", { ...asked({ type: "text", text: "Hi" }), top_k: 7 }, { top_k: 7 }],
  [
    "one of the allowed tools",
    ALLOWED("required", "b"),
    { tools: [{ name: "b" }], tool_choice: { type: "tool", name: "b" } },
  ],
  [
    "some allowed tools",
    ALLOWED("auto", "a", "c"),
    { tools: [{ name: "a" }, { name: "c" }], tool_choice: { type: "auto" } },
  ],
])("Anthropic is sent %s", (_, fields, body) => {
  expect(sent(anthropicRequest, CLAUDE, fields)).toMatchObject(body);
});

test.each<[string, Json, object]>([
  [
    "a PDF",
    PDF,
    {
      messages: [
        { content: [{ document: { format: "pdf", name: "The-report-1", source: { bytes: BYTES } } }] },
      ],
    },
  ],
  ["audio", AUDIO, { messages: [{ content: [{ audio: { format: "mp3", source: { bytes: BYTES } } }] }] }],
  [
    "cache marks",
    CACHED,
    {
      system: [{ text: "Rules." }, { cachePoint: { type: "default" } }],
      messages: [{ content: [{ text: "Hi" }, { cachePoint: { type: "default", ttl: "1h" } }] }],
    },
  ],
  [
    "top_k",
    { ...asked({ type: "text", text: "Hi" }), top_k: 7 },
    { additionalModelRequestFields: { inferenceConfig: { topK: 7 } } },
  ],
  [
    "one of the allowed tools",
    ALLOWED("required", "b"),
    { toolConfig: { tools: [{ toolSpec: { name: "b" } }], toolChoice: { tool: { name: "b" } } } },
  ],
  [
    "some allowed tools",
    ALLOWED("auto", "a", "c"),
    {
      toolConfig: {
        tools: [{ toolSpec: { name: "a" } }, { toolSpec: { name: "c" } }],
        toolChoice: { auto: {} },
      },
    },
  ],
])("Amazon Bedrock is sent %s", (_, fields, body) => {
  expect(sent(bedrockRequest, NOVA, fields)).toMatchObject(body);
});

test.each<[string, Json, object]>([
  [
    "an image as it came",
    asked({ type: "image_url", image_url: { url: `data:image/png;base64,${BYTES}` } }),
    {
      messages: [
        {
          role: "user",
          content: [{ type: "image_url", image_url: { url: `data:image/png;base64,${BYTES}` } }],
        },
      ],
    },
  ],
  [
    "an earlier turn with its plan, its thoughts, calls and results",
    {
      messages: [
        { role: "system", content: "Rules." },
        { role: "user", content: "Hi" },
        {
          role: "assistant",
          content: null,
          reasoning_details: [
            { type: "reasoning.text", text: "Hm", format: "cohere-command-v1", index: 0 },
            { type: "reasoning.text", text: "m.", format: "cohere-command-v1", index: 0 },
            { type: "reasoning.text", text: "Not its own.", format: "anthropic-claude-v1", signature: "s" },
            { type: "reasoning.summary", summary: "I will ", format: "cohere-command-v1" },
            { type: "reasoning.summary", summary: "call.", format: "cohere-command-v1" },
          ],
          tool_calls: ["a", "b"].map((id) => ({
            id,
            type: "function",
            function: { name: id, arguments: '{"n":1}' },
          })),
        },
        { role: "tool", tool_call_id: "a", content: "1" },
        { role: "tool", tool_call_id: "b", content: "" },
        { role: "user", content: "And?" },
      ],
    },
    {
      messages: [
        { role: "system", content: [{ type: "text", text: "Rules." }] },
        { role: "user", content: [{ type: "text", text: "Hi" }] },
        {
          role: "assistant",
          content: [{ type: "thinking", thinking: "Hmm." }],
          tool_plan: "I will call.",
          tool_calls: [
            { id: "a", type: "function", function: { name: "a", arguments: '{"n":1}' } },
            { id: "b", type: "function", function: { name: "b", arguments: '{"n":1}' } },
          ],
        },
        { role: "tool", tool_call_id: "a", content: "1" },
        { role: "tool", tool_call_id: "b", content: "(no output)" },
        { role: "user", content: [{ type: "text", text: "And?" }] },
      ],
    },
  ],
  [
    "sampling in its own words",
    {
      ...asked({ type: "text", text: "Hi" }),
      ...{ temperature: 0.5, top_p: 1, top_k: 7, seed: 3, stop: ["x"], logprobs: true },
      ...{ frequency_penalty: 0.2, presence_penalty: 0.3 },
    },
    {
      ...{ temperature: 0.5, p: 0.99, k: 7, seed: 3, stop_sequences: ["x"], logprobs: true },
      ...{ frequency_penalty: 0.2, presence_penalty: 0.3, max_tokens: 100 },
    },
  ],
  [
    "a schema",
    {
      ...asked({ type: "text", text: "Hi" }),
      response_format: { type: "json_schema", json_schema: { name: "x", schema: { type: "object" } } },
    },
    { response_format: { type: "json_object", json_schema: { type: "object" } } },
  ],
  [
    "a budget under the cap",
    { ...asked({ type: "text", text: "Hi" }), reasoning_effort: "medium" },
    { max_tokens: 100, thinking: { type: "enabled", token_budget: 50 } },
  ],
  [
    "no thoughts",
    { ...asked({ type: "text", text: "Hi" }), reasoning_effort: "none" },
    { thinking: { type: "disabled" } },
  ],
  ["one of the allowed tools", ALLOWED("required", "b"), { tools: [tool("b")], tool_choice: "REQUIRED" }],
  ["some allowed tools", ALLOWED("auto", "a", "c"), { tools: [tool("a"), tool("c")] }],
  [
    "strict tools",
    {
      ...asked({ type: "text", text: "Hi" }),
      tools: [{ type: "function", function: { name: "a", strict: true } }],
      tool_choice: "none",
    },
    { strict_tools: true, tool_choice: "NONE" },
  ],
])("Cohere is sent %s", (_, fields, body) => {
  expect(sent(cohereRequest, "command-a-reasoning-08-2025", fields)).toMatchObject(body);
});

test.each<[string, string, Json]>([
  ["stop", "stop_sequences", { stop: ["1", "2", "3", "4", "5", "6"] }],
  ["presence_penalty", "presence_penalty", { presence_penalty: -1 }],
  ["top_k", "k", { top_k: 501 }],
  ["top_logprobs", "top_logprobs", { logprobs: true, top_logprobs: 2 }],
  ["reasoning_effort", "thinking", { reasoning_effort: "low" }],
  ["tool_choice", "tool_choice", { tools: [tool("a")], tool_choice: "required" }],
  ["response_format", "response_format", { tools: [tool("a")], response_format: { type: "json_object" } }],
])("Cohere's Command R is not sent %s where it cannot take it", (param, as, fields) => {
  const request = { ...asked({ type: "text", text: "Hi" }), ...fields };
  expect(() => sent(cohereRequest, "command-r-08-2024", request)).toThrow(
    expect.objectContaining({ code: "unsupported_parameter", details: { param, retryable: true } }),
  );
  const body = sent(cohereRequest, "command-r-08-2024", { ...request, drop_unsupported: true });
  expect(body).not.toHaveProperty(as);
});

test("Cohere's log probabilities are OpenAI's, a text of two tokens as one", () => {
  expect(logprobsOf([{ text: "Hé", token_ids: [1, 2], logprobs: [-0.25, -0.5] }])).toEqual({
    content: [{ token: "Hé", logprob: -0.75, bytes: [72, 195, 169], top_logprobs: [] }],
    refusal: null,
  });
});

test("audio is refused where nothing listens to it", () => {
  expect(() => sent(anthropicRequest, CLAUDE, AUDIO)).toThrow(/Anthropic cannot take input_audio/);
});
