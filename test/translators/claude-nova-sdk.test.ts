/** Programs that use OpenAI's SDK, against a Claude and a Nova that answer with what they once did. */
import type { OpenAI } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stream } from "../fakes/provider-server.ts";
import { anthropicWire } from "./anthropic-wire.ts";
import { bedrockWire } from "./bedrock-wire.ts";
import { MODEL, type Replay, startReplay } from "./replay.ts";
import { type Json, listOf, recordOf, type Wire, type WireRecording, whyNoRecordings } from "./wire.ts";

const PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const USER = { role: "user" as const, content: "Hi" };
const CLOSED = { type: "object", additionalProperties: false };

interface Recorded {
  readonly name: string;
  readonly wire: Wire;
  /** A stream that calls a tool, the stream that answers to its result, and a whole answer with thoughts. */
  readonly files: Readonly<Record<"calls" | "answers" | "thinks" | "structured", string>>;
  /** Of the file `structured`. */
  readonly schema: Json;
  /** The recorded call of another tool is the answer, by the name that ours has. */
  readonly answerTool?: string;
  /** What the provider must have been asked. */
  readonly image: Json;
  readonly structured: Json;
  readonly thinking: Json;
  readonly call: (name: string, input: unknown) => Json;
  readonly result: (text: string) => Json;
  readonly thought: (reading: Json) => Json | undefined;
}

const CLAUDE: Recorded = {
  name: "Claude",
  wire: anthropicWire(),
  files: {
    calls: "anthropic/messages.stream.tool.01.response.sse",
    answers: "anthropic/messages.stream.text.01.response.sse",
    thinks: "anthropic/messages.json.reasoning.02.response.json",
    structured: "anthropic/ai-sdk/anthropic-json-output-format.1.json",
  },
  schema: { ...CLOSED, properties: { recipe: { ...CLOSED, properties: {} } }, required: ["recipe"] },
  image: { type: "image", source: { type: "base64", media_type: "image/png", data: PIXEL } },
  structured: { output_config: { format: { type: "json_schema" } } },
  thinking: { max_tokens: 4_000, thinking: { type: "enabled", budget_tokens: 2_000 } },
  call: (name, input) => ({ type: "tool_use", name, input }),
  result: (text) => ({ type: "tool_result", content: [{ type: "text", text }] }),
  // Claude goes on from its own thoughts alone, which it knows by their signature.
  thought: ({ content }) => listOf(content)[0],
};

const NOVA: Recorded = {
  name: "Nova",
  wire: bedrockWire(),
  files: {
    calls: "bedrock/converse-stream.stream.tool.01.response.eventstream.bin",
    answers: "bedrock/converse-stream.stream.text.02.response.eventstream.bin",
    thinks: "bedrock/converse.json.reasoning.01.response.json",
    structured: "bedrock/converse.json.tool.03.response.json",
  },
  schema: {
    ...CLOSED,
    properties: { tags: { type: "array", items: { type: "string" } } },
    required: ["tags"],
  },
  answerTool: "array_params",
  image: { image: { format: "png", source: { bytes: PIXEL } } },
  structured: { toolConfig: { toolChoice: { tool: { name: "wlrouter_answer" } } } },
  thinking: {
    inferenceConfig: { maxTokens: 4_000 },
    additionalModelRequestFields: { reasoningConfig: { type: "enabled", maxReasoningEffort: "medium" } },
  },
  call: (name, input) => ({ toolUse: { name, input } }),
  result: (text) => ({ toolResult: { content: [{ text }] } }),
  // Nova's are not signed, and then they are not sent back.
  thought: () => undefined,
};

/** The product before such a provider, for the tests of one `describe`. */
function opened({ wire }: Recorded) {
  let at: Replay | undefined;
  beforeAll(async () => {
    at = await startReplay(wire);
  });
  afterAll(() => at?.close());
  const replay = () => {
    if (!at) throw new Error("it is not open");
    return at;
  };
  return {
    chat: () => replay().client.chat.completions,
    /** The provider's next answers. */
    plays: (...recordings: readonly WireRecording[]) =>
      replay().provider.next(
        ...recordings.map(({ bytes, contentType }) =>
          stream([bytes], { headers: { "content-type": contentType }, pieces: [1, 700, 13, 4096] }),
        ),
      ),
    /** What the provider was asked last. */
    asked: () => recordOf(replay().provider.calls.at(-1)?.json),
  };
}

function recordingOf({ wire, files }: Recorded, name: keyof Recorded["files"]): WireRecording {
  const found = wire.recordings.find(({ file }) => file === files[name]);
  if (!found) throw new Error(`not recorded: ${files[name]}`);
  return found;
}

const turnsOf = (body: Json) => listOf(body["messages"]).map(({ content }) => listOf(content));
const both = describe.skipIf(whyNoRecordings).each([CLAUDE, NOVA]);

both("OpenAI's SDK and a replayed $name", (recorded) => {
  const { wire } = recorded;
  const { chat, plays, asked } = opened(recorded);

  test("runs tools: the recorded call is made, and its result is sent under the call's own id", async () => {
    const [calling, answering] = [recordingOf(recorded, "calls"), recordingOf(recorded, "answers")];
    plays(calling, answering);
    const [call, ...others] = wire.read(calling).toolCalls;
    if (!call) throw new Error("no call was recorded");
    const ran: unknown[] = [];
    const tool = {
      name: call.name,
      description: "Of a place",
      parameters: { type: "object", properties: {} },
      parse: JSON.parse,
      function: (input: unknown) => {
        ran.push(input);
        return "sunny";
      },
    };
    const running = chat().runTools({
      model: MODEL,
      messages: [USER],
      tools: [{ type: "function", function: tool }],
      stream: true,
    });
    expect(await running.finalContent()).toBe(wire.read(answering).text);
    expect([ran, others]).toEqual([[call.input], []]);
    const [, called, results] = turnsOf(asked());
    expect(called).toMatchObject([recorded.call(call.name, call.input)]);
    expect(results).toMatchObject([recorded.result("sunny")]);
    // Each wraps its calls in its own way, but both sides of a call have the id that the model gave it.
    const [id] = /tool(?:u|use)_[\w-]+/.exec(JSON.stringify(called)) ?? [];
    expect(calling.bytes.toString("latin1")).toContain(id);
    expect(JSON.stringify(results)).toContain(`"${id}"`);
  });

  test("shows an image, and reads the recorded answer", async () => {
    const answering = recordingOf(recorded, "answers");
    plays(answering);
    const running = chat().stream({
      model: MODEL,
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "What is this?" },
            { type: "image_url", image_url: { url: `data:image/png;base64,${PIXEL}` } },
          ],
        },
      ],
    });
    expect(await running.finalContent()).toBe(wire.read(answering).text);
    expect(turnsOf(asked())[0]?.[1]).toEqual(recorded.image);
  });
});

both("OpenAI's SDK and a replayed $name's answers", (recorded) => {
  const { wire } = recorded;
  const { chat, plays, asked } = opened(recorded);
  const ask = (request: Partial<OpenAI.ChatCompletionCreateParamsNonStreaming>) =>
    chat().create({ model: MODEL, messages: [USER], ...request });

  test("parses a structured answer", async () => {
    const { answerTool } = recorded;
    const answering = recordingOf(recorded, "structured");
    const { text, toolCalls } = wire.read(answering);
    const renamed = answering.bytes.toString().replace(`"${answerTool}"`, '"wlrouter_answer"');
    plays({ ...answering, bytes: Buffer.from(renamed) });
    const { choices } = await chat().parse({
      model: MODEL,
      messages: [USER],
      response_format: {
        type: "json_schema",
        json_schema: { name: "answer", strict: true, schema: recorded.schema },
      },
    });
    expect(choices[0]?.message.parsed).toEqual(answerTool ? toolCalls[0]?.input : JSON.parse(text));
    expect(choices[0]).toMatchObject({ finish_reason: "stop" });
    expect(choices[0]?.message.tool_calls ?? []).toEqual([]);
    expect(asked()).toMatchObject(recorded.structured);
  });

  test("reads thoughts under the cap that it asked for, and sends back those that are signed", async () => {
    const thinking = recordingOf(recorded, "thinks");
    const { text, reasoning } = wire.read(thinking);
    plays(thinking, thinking);
    const { choices } = await ask({ reasoning_effort: "medium", max_completion_tokens: 4_000 });
    const message = choices[0]?.message;
    expect(message).toMatchObject({ content: text, reasoning_content: reasoning });
    expect(reasoning).not.toBe("");
    expect(asked()).toMatchObject(recorded.thinking);
    if (!message) throw new Error("no message");
    await ask({ messages: [USER, message, USER] });
    const thought = recorded.thought(JSON.parse(thinking.bytes.toString()));
    expect(turnsOf(asked())[1]).toMatchObject([...(thought ? [thought] : []), { text }]);
  });
});
