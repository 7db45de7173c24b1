import { expect, test } from "vitest";
import { requestBody } from "../../../lambda/adapters/openai-compatible/request-body.ts";
import type { OpenAiCompatibleSettings } from "../../../lambda/core/catalog.ts";
import { chatRequest, providerSettings } from "./chat-request.ts";

const MESSAGES = [{ role: "user", content: "Hi" }];

function sent(fields: Record<string, unknown>, settings: Partial<OpenAiCompatibleSettings> = {}): unknown {
  return JSON.parse(Buffer.from(requestBody(chatRequest(fields), providerSettings(settings))).toString());
}

test("the model gets its upstream name and the cap its only spelling", () => {
  const fields = { max_tokens: 7, max_completion_tokens: 9, temperature: 0.5 };
  const rest = { model: "upstream-name", messages: MESSAGES, temperature: 0.5 };
  expect(sent(fields)).toEqual({ ...rest, max_completion_tokens: 100 });
  expect(sent(fields, { outputCapParameter: "max_tokens" })).toEqual({ ...rest, max_tokens: 100 });
});

test("unknown fields and 64-bit numbers pass byte for byte", () => {
  const json = '{"model":"a","seed":9223372036854775807,"x_vendor":{"a":[1.50,18446744073709551615]}}';
  const request = chatRequest({}, { body: Buffer.from(json), fields: JSON.parse(json) });
  expect(Buffer.from(requestBody(request, providerSettings())).toString()).toBe(
    '{"model":"upstream-name","seed":9223372036854775807,"x_vendor":{"a":[1.50,18446744073709551615]},"max_completion_tokens":100}',
  );
});

test("usage is asked for in a stream, beside the client's own stream options", () => {
  expect(sent({ stream: true })).toMatchObject({ stream_options: { include_usage: true } });
  const options = { include_usage: false, include_obfuscation: false };
  expect(sent({ stream: true, stream_options: options })).toMatchObject({
    stream_options: { include_usage: true, include_obfuscation: false },
  });
  expect(sent({})).not.toHaveProperty("stream_options");
});

test("a provider that always sends usage is not asked for it", () => {
  const always = { streamUsage: "always" } as const;
  expect(sent({ stream: true }, always)).not.toHaveProperty("stream_options");
  expect(sent({ stream: true, stream_options: { include_usage: true } }, always)).not.toHaveProperty(
    "stream_options",
  );
  expect(sent({ stream: true, stream_options: { include_usage: true, other: 1 } }, always)).toMatchObject({
    stream_options: { other: 1 },
  });
});

test.each([
  ["absent", {}, "default"],
  ["null", { service_tier: null }, "default"],
  ["auto", { service_tier: "auto" }, "default"],
  ["flex", { service_tier: "flex" }, "flex"],
])("the tier is %s in the request: the provider's default for it stays out", (_, fields, tier) => {
  expect(sent(fields, { serviceTier: "default" })).toMatchObject({ service_tier: tier });
});

test("without a tier in the settings the client's word passes", () => {
  expect(sent({})).not.toHaveProperty("service_tier");
  expect(sent({ service_tier: "auto" })).toMatchObject({ service_tier: "auto" });
});

test("thoughts that were taken out of Mistral's content go back into it, and only there", () => {
  const thought = { role: "assistant", content: "4", reasoning_content: "2 and 2", refusal: null };
  const messages = [...MESSAGES, thought];
  const content = [
    { type: "thinking", thinking: [{ type: "text", text: "2 and 2" }] },
    { type: "text", text: "4" },
  ];
  expect(sent({ messages }, { reasoningIn: "content" })).toMatchObject({
    messages: [...MESSAGES, { role: "assistant", content }],
  });
  expect(sent({ messages })).toMatchObject({ messages });
});
