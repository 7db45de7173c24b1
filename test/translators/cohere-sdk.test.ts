/** A program that uses OpenAI's SDK, against a Cohere that answers with what it once did. */
import type { OpenAI } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stream } from "../fakes/provider-server.ts";
import { cohereWire } from "./cohere-wire.ts";
import { MODEL, type Replay, startReplay } from "./replay.ts";
import { recordOf, type WireRecording, whyNoRecordings } from "./wire.ts";

const IMAGE =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const USER = { role: "user" as const, content: "Hi" };
const wire = cohereWire();

function recordingOf(fits: (recording: WireRecording) => boolean): WireRecording {
  const found = wire.recordings.find((it) => it.status === 200 && fits(it));
  if (!found) throw new Error("there is no such recording");
  return found;
}

describe.skipIf(whyNoRecordings !== undefined)("OpenAI's SDK and Cohere", () => {
  let at: Replay;
  beforeAll(async () => {
    at = await startReplay(wire);
  });
  afterAll(() => at.close());

  const plays = ({ bytes, contentType }: WireRecording) =>
    stream([bytes], { headers: { "content-type": contentType } });
  const asked = (index = -1) => recordOf(at.provider.calls.at(index)?.json);
  const ask = (request: Partial<OpenAI.ChatCompletionCreateParamsNonStreaming> & Record<string, unknown>) =>
    at.client.chat.completions.create({ model: MODEL, messages: [USER], ...request });

  test("runs tools: the recorded calls are made, and Cohere has their results by id", async () => {
    const calling = recordingOf((it) => it.isStream && wire.read(it).toolCalls.length > 0);
    const answering = recordingOf((it) => it.isStream && wire.read(it).toolCalls.length === 0);
    const calls = wire.read(calling).toolCalls;
    at.provider.next(plays(calling), plays(answering));
    const ran: unknown[] = [];
    const tools = [...new Set(calls.map(({ name }) => name))].map((name) => ({
      type: "function" as const,
      function: {
        name,
        description: name,
        parameters: { type: "object", properties: {} },
        function: (input: string) => {
          ran.push({ name, input: JSON.parse(input) });
          return "sunny";
        },
      },
    }));
    const runner = at.client.chat.completions.runTools({
      model: MODEL,
      messages: [USER],
      tools,
      stream: true,
    });
    expect(await runner.finalContent()).toBe(wire.read(answering).text);
    expect(ran).toEqual(calls);
    const messages = asked()["messages"];
    if (!Array.isArray(messages)) throw new Error("no messages");
    const [, assistant, ...results] = messages.map(recordOf);
    const ids = Array.isArray(assistant?.["tool_calls"])
      ? assistant["tool_calls"].map((call) => recordOf(call)["id"])
      : [];
    expect(results).toEqual(ids.map((id) => ({ role: "tool", tool_call_id: id, content: "sunny" })));
    expect(ids).toHaveLength(calls.length);
  });

  test("shows an image, and is answered in the form it asked for", async () => {
    at.provider.next(plays(recordingOf((it) => !it.isStream && wire.read(it).text !== "")));
    const schema = { type: "object", properties: { color: { type: "string" } }, required: ["color"] };
    await ask({
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "?" },
            { type: "image_url", image_url: { url: IMAGE } },
          ],
        },
      ],
      response_format: { type: "json_schema", json_schema: { name: "answer", schema } },
    });
    expect(asked()).toMatchObject({
      messages: [{ content: [{ type: "text" }, { type: "image_url", image_url: { url: IMAGE } }] }],
      response_format: { type: "json_object", json_schema: schema },
    });
  });

  test("reads recorded thoughts, and sends them back for Cohere to go on with", async () => {
    const thinking = recordingOf(
      (it) => !it.isStream && wire.read(it).reasoning !== "" && wire.read(it).text !== "",
    );
    at.provider.always(plays(thinking));
    const { choices } = await ask({ reasoning_effort: "medium", max_completion_tokens: 1_000 });
    expect(choices[0]?.message).toMatchObject({
      content: wire.read(thinking).text,
      reasoning_content: wire.read(thinking).reasoning,
    });
    expect(asked()).toMatchObject({ max_tokens: 1_000, thinking: { type: "enabled", token_budget: 500 } });
    if (!choices[0]) throw new Error("no choice");
    await ask({ messages: [USER, choices[0].message, USER] });
    const [, assistant] = Array.isArray(asked()["messages"]) ? (asked()["messages"] as unknown[]) : [];
    expect(JSON.stringify(assistant)).toContain(
      JSON.stringify({ type: "thinking", thinking: wire.read(thinking).reasoning }),
    );
  });
});
