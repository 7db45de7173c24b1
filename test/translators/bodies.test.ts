/** What is sent upstream for what seldom is asked: each line is a request's fields and what they become. */
import { expect, test } from "vitest";
import { anthropicRequest } from "../../lambda/adapters/anthropic/request.ts";
import { bedrockRequest } from "../../lambda/adapters/bedrock/request.ts";
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

test("audio is refused where nothing listens to it", () => {
  expect(() => sent(anthropicRequest, CLAUDE, AUDIO)).toThrow(/Anthropic cannot take input_audio/);
});
