/** What a program that uses OpenAI's SDK asks for, as a replayed Claude and Nova are asked, and what it reads back. */
import type { OpenAI } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { json } from "../fakes/provider-server.ts";
import { anthropicWire } from "./anthropic-wire.ts";
import { bedrockWire } from "./bedrock-wire.ts";
import { MODEL, type Replay, startReplay } from "./replay.ts";
import { recordOf } from "./wire.ts";

const PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const WEATHER = {
  type: "function" as const,
  function: {
    name: "weather",
    description: "The weather in a city",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};
const PERSON = {
  type: "json_schema" as const,
  json_schema: {
    name: "person",
    schema: { type: "object", properties: { age: { type: "integer", minimum: 0 } }, required: ["age"] },
  },
};
const USAGE = { input_tokens: 10, output_tokens: 5 };

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one server and one router for the tests of a provider.
describe.each([anthropicWire(), bedrockWire()])("OpenAI's SDK and $name", (wire) => {
  const isClaude = wire.name === "anthropic";
  let at: Replay;
  beforeAll(async () => {
    at = await startReplay(wire);
  });
  afterAll(() => at.close());

  /** An answer of these blocks, in the provider's form. */
  const answers = (content: object[], stop: string) =>
    at.provider.always(
      json(
        isClaude
          ? {
              id: "msg_1",
              type: "message",
              role: "assistant",
              model: "claude",
              content,
              stop_reason: stop,
              usage: USAGE,
            }
          : {
              output: { message: { role: "assistant", content } },
              stopReason: stop,
              usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 },
            },
      ),
    );
  const textBlock = (text: string) => (isClaude ? { type: "text", text } : { text });
  const callBlock = (id: string, name: string, input: object) =>
    isClaude ? { type: "tool_use", id, name, input } : { toolUse: { toolUseId: id, name, input } };
  const ask = (request: Partial<OpenAI.ChatCompletionCreateParamsNonStreaming> & Record<string, unknown>) =>
    at.client.chat.completions.create({
      model: MODEL,
      messages: [{ role: "user", content: "Hi" }],
      ...request,
    });
  const asked = () => recordOf(at.provider.calls.at(-1)?.json);

  test("tools: two calls, their results, and the answer to them", async () => {
    answers(
      [callBlock("call_a", "weather", { city: "Oslo" }), callBlock("call_b", "weather", { city: "Rome" })],
      "tool_use",
    );
    const first = await ask({ tools: [WEATHER], tool_choice: "required" });
    const message = first.choices[0]?.message;
    expect(first.choices[0]?.finish_reason).toBe("tool_calls");
    expect(
      message?.tool_calls?.map((call) => (call.type === "function" ? call.function.arguments : "")),
    ).toEqual(['{"city":"Oslo"}', '{"city":"Rome"}']);
    expect(JSON.stringify(asked())).toContain(
      isClaude ? '"tool_choice":{"type":"any"}' : '"toolChoice":{"any":{}}',
    );
    if (!message) throw new Error("no message");
    answers([textBlock("Cold and warm.")], "end_turn");
    const results = ["call_a", "call_b"].map((id) => ({
      role: "tool" as const,
      tool_call_id: id,
      content: `${id}!`,
    }));
    const second = await ask({
      tools: [WEATHER],
      messages: [{ role: "user", content: "Hi" }, message, ...results],
    });
    expect(second.choices[0]?.message.content).toBe("Cold and warm.");
    const { messages } = asked();
    // Both results answer together, in one turn of the user.
    expect(messages).toHaveLength(3);
    expect(JSON.stringify(messages)).toContain("call_b!");
  });

  test("an image goes as its bytes; a URL goes only to who fetches it", async () => {
    answers([textBlock("A pixel.")], "end_turn");
    const image = (url: string) => [
      { role: "user" as const, content: [{ type: "image_url" as const, image_url: { url } }] },
    ];
    await ask({ messages: image(`data:image/png;base64,${PIXEL}`) });
    expect(JSON.stringify(asked())).toContain(
      isClaude
        ? `"source":{"type":"base64","media_type":"image/png","data":"${PIXEL}"}`
        : `"image":{"format":"png","source":{"bytes":"${PIXEL}"}}`,
    );
    const byUrl = ask({ messages: image("https://example.com/a.png") });
    if (isClaude) await byUrl;
    else await expect(byUrl).rejects.toMatchObject({ status: 400, code: "unsupported_parameter" });
  });

  test("structured output by a tool that the client never sees", async () => {
    answers([callBlock("call_a", "wlrouter_answer", { age: 7 })], "tool_use");
    const { choices } = await ask({ response_format: PERSON });
    expect(choices[0]).toMatchObject({ finish_reason: "stop", message: { content: '{"age":7}' } });
    expect(choices[0]?.message.tool_calls).toBeUndefined();
    expect(JSON.stringify(asked())).toContain("wlrouter_answer");
  });

  test("reasoning fits under the cap that was asked for, and comes back signed", async () => {
    const thought = isClaude
      ? { type: "thinking", thinking: "Hm.", signature: "sig" }
      : { reasoningContent: { reasoningText: { text: "Hm.", signature: "sig" } } };
    answers([thought, textBlock("Yes.")], "end_turn");
    const { choices } = await ask({ reasoning_effort: "medium", max_completion_tokens: 4_000 });
    expect(choices[0]?.message).toMatchObject({ content: "Yes.", reasoning_content: "Hm." });
    const body = asked();
    if (isClaude) {
      expect(body).toMatchObject({ max_tokens: 4_000, thinking: { type: "enabled", budget_tokens: 2_000 } });
      await expect(ask({ reasoning_effort: "low", max_completion_tokens: 900 })).rejects.toMatchObject({
        status: 400,
        param: "reasoning_effort",
      });
    } else {
      expect(body).toMatchObject({
        inferenceConfig: { maxTokens: 4_000 },
        additionalModelRequestFields: { reasoningConfig: { type: "enabled", maxReasoningEffort: "medium" } },
      });
    }
    if (choices[0])
      await ask({
        messages: [{ role: "user", content: "Hi" }, choices[0].message, { role: "user", content: "?" }],
      });
    expect(JSON.stringify(asked()["messages"])).toContain('"signature":"sig"');
  });

  test("a field without a word for it is a 400 that names it, or is dropped and listed for who agrees", async () => {
    answers([textBlock("Yes.")], "end_turn");
    const before = at.provider.calls.length;
    await expect(ask({ seed: 7 })).rejects.toMatchObject({
      status: 400,
      param: "seed",
      code: "unsupported_parameter",
    });
    expect(at.provider.calls.length).toBe(before);
    const { response } = await at.client.chat.completions
      .create({
        model: MODEL,
        messages: [{ role: "user", content: "Hi" }],
        seed: 7,
        ...{ drop_unsupported: true },
      })
      .withResponse();
    expect(response.headers.get("x-wlrouter-dropped")).toBe("seed");
    expect(JSON.stringify(asked())).not.toContain("seed");
  });

  test("a client's trace is passed on, and what is signed is signed with it", async () => {
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const messages = [{ role: "user" as const, content: "Hi" }];
    await at.client.chat.completions.create({ model: MODEL, messages }, { headers: { traceparent } });
    const headers = at.provider.calls.at(-1)?.headers ?? {};
    expect(headers["traceparent"]).toBe(traceparent);
    if (!isClaude) expect(headers["authorization"]).toMatch(/SignedHeaders=[^,]*;traceparent;/);
  });

  test("what is signed is signed for its service and region; what has a key sends it", async () => {
    const headers = at.provider.calls.at(-1)?.headers ?? {};
    if (isClaude) expect(headers["x-api-key"]).toBe("key-of-the-operator");
    else
      expect(headers["authorization"]).toMatch(
        /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/us-east-1\/bedrock\//,
      );
  });
});
