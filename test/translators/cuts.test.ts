/** Streams that end too early, of each kind of provider: whatever is missing, the end is never a clean one. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAnthropicProvider } from "../../lambda/adapters/anthropic/provider.ts";
import { createBedrockProvider } from "../../lambda/adapters/bedrock/provider.ts";
import { createCohereProvider } from "../../lambda/adapters/cohere/provider.ts";
import { createGeminiProvider } from "../../lambda/adapters/gemini/provider.ts";
import { createOpenAiCompatibleProvider } from "../../lambda/adapters/openai-compatible/provider.ts";
import type { Provider } from "../../lambda/core/ports.ts";
import type { Connect } from "../../lambda/core/upstream/upstream.ts";
import { chatRequest, providerSettings } from "../adapters/openai-compatible/chat-request.ts";
import { stream } from "../fakes/provider-server.ts";
import { anthropicWire } from "./anthropic-wire.ts";
import { awsMessage, awsMessageEnds, bedrockWire } from "./bedrock-wire.ts";
import { cohereWire } from "./cohere-wire.ts";
import { geminiWire } from "./gemini-wire.ts";
import { openAiWire } from "./openai-wire.ts";
import { charged, costPicoUsd, exchange, type Replay, startReplay } from "./replay.ts";
import { type Wire, type WireRecording, whyNoRecordings } from "./wire.ts";

const timeouts = { connectMs: 1_000, firstByteMs: 1_000, idleMs: 1_000 };
const apiKey = { get: async () => "key", refresh: async () => "key" };
const signer = { region: "us-east-1", sign: async () => ({}) };

interface Cut {
  readonly wire: Wire;
  readonly recording: string;
  readonly ends: (bytes: Buffer) => number[];
  readonly provider: (connect: Connect) => Provider;
  /** An error in the middle of a stream, in the provider's own words. */
  readonly fault: Buffer;
  /** It counts its input with the first event, and the output as it goes. */
  readonly countsFirst?: boolean;
  /** All counts are there before its last event. */
  readonly countsBeforeEnd?: boolean;
}

const CUTS: readonly Cut[] = [
  {
    wire: anthropicWire(),
    recording: "anthropic/messages.stream.tool.01.response.sse",
    ends: sseEnds,
    provider: (connect) =>
      createAnthropicProvider({ settings: { kind: "anthropic", timeouts }, apiKey, connect, signer }),
    fault: Buffer.from(
      'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n',
    ),
    countsFirst: true,
    countsBeforeEnd: true,
  },
  {
    wire: geminiWire(),
    recording: "gemini/streamGenerateContent.stream.text.05.response.sse",
    ends: sseEnds,
    provider: (connect) => createGeminiProvider({ settings: { kind: "gemini", timeouts }, apiKey, connect }),
    fault: Buffer.from('data: {"error":{"code":503,"message":"Overloaded","status":"UNAVAILABLE"}}\n\n'),
    countsFirst: true,
  },
  {
    wire: openAiWire(),
    recording: "openai/chat.stream.text.04.response.sse",
    // What it counted and `[DONE]` are whole without their empty lines.
    ends: (bytes) => [...sseEnds(bytes).slice(0, -2), bytes.lastIndexOf("}") + 1, bytes.lastIndexOf("]") + 1],
    provider: (connect) =>
      createOpenAiCompatibleProvider({ settings: { ...providerSettings(), timeouts }, apiKey, connect }),
    fault: Buffer.from('data: {"error":{"message":"Overloaded","code":503}}\n\n'),
    countsBeforeEnd: true,
  },
  {
    wire: bedrockWire(),
    recording: "bedrock/converse-stream.stream.text.05.response.eventstream.bin",
    ends: awsMessageEnds,
    provider: (connect) =>
      createBedrockProvider({ settings: { kind: "bedrock", timeouts }, apiKey, connect, signer }),
    fault: awsMessage({
      type: "modelStreamErrorException",
      data: { message: "The model failed." },
      messageType: "exception",
    }),
  },
  {
    wire: cohereWire(),
    recording: "cohere/ai-sdk/cohere-text.chunks.txt",
    ends: sseEnds,
    provider: (connect) => createCohereProvider({ settings: { kind: "cohere", timeouts }, apiKey, connect }),
    fault: Buffer.from(
      'event: message-end\ndata: {"type":"message-end","delta":{"error":"Overloaded","finish_reason":"ERROR"}}\n\n',
    ),
  },
];

/** What a provider makes of an answer's bytes, up to where they end. In two pieces: an event seldom comes whole. */
async function made(provider: Cut["provider"], { bytes, contentType }: WireRecording): Promise<object> {
  async function* chunks() {
    yield bytes.subarray(0, bytes.length >> 1);
    yield bytes.subarray(bytes.length >> 1);
  }
  const body = { chunks: chunks(), readAll: async () => bytes, letGo: () => {}, close: () => {} };
  const headers = { "content-type": contentType, "x-amzn-requestid": "1" };
  const answer = await provider(() => async () => ({ status: 200, headers, body })).chat(
    chatRequest({ stream: true }, { model: "us.amazon.nova-2-lite-v1:0" }),
  );
  if (answer.type !== "stream") throw new Error("it is no stream");
  let text = "";
  const others: unknown[] = [];
  for await (const part of answer.parts) {
    if (part.type === "events") text += Buffer.from(part.bytes).toString();
    else others.push(JSON.parse(withoutTime(JSON.stringify(part))));
  }
  return { text: withoutTime(text), others };
}

const withoutTime = (json: string) => json.replaceAll(/"created":\d+/g, '"created":0');

function recorded({ recordings }: Wire, name: string): WireRecording {
  const found = recordings.find(({ file }) => file === name);
  if (!found) throw new Error(`${name} is not there`);
  return found;
}

function cutOf(whole: WireRecording, length: number, rest: Buffer = Buffer.alloc(0)): WireRecording {
  return { ...whole, bytes: Buffer.concat([whole.bytes.subarray(0, length), rest]) };
}

/** An event is whole with its empty line, of which `\r` is enough. */
function sseEnds(bytes: Buffer): number[] {
  return [...bytes.toString("latin1").matchAll(/\n\n|\r\n\r/g)].map(
    ({ index, 0: end }) => index + end.length,
  );
}

describe.skipIf(whyNoRecordings).each(CUTS)("a stream of $wire.name", (cut) => {
  const { wire, recording, ends, fault } = cut;
  let at: Replay;
  let whole: WireRecording;
  let boundaries: number[];
  beforeAll(async () => {
    at = await startReplay(wire);
    whole = recorded(wire, recording);
    boundaries = ends(whole.bytes);
  });
  afterAll(() => at.close());

  const cutAt = (length: number, rest?: Buffer) => cutOf(whole, length, rest);
  /** Where the event in the middle begins and ends. */
  const middle = () => {
    const at = boundaries.length >> 1;
    return [boundaries[at - 1] ?? 0, boundaries[at] ?? 0] as const;
  };

  /** What came is what the client has, it is told that more is missing, and it pays for what is known. */
  async function expectBroken(part: WireRecording): Promise<void> {
    const seen = await exchange(at, part);
    expect(seen.error).toMatchObject({ code: "upstream_error" });
    const all = wire.read(whole);
    expect(all.text.startsWith(seen.text)).toBe(true);
    expect(all.reasoning.startsWith(seen.reasoning)).toBe(true);
    const request = await charged(at, seen.requestId);
    const said = seen.text !== "" || seen.reasoning !== "" || seen.toolCalls.length > 0;
    expect(request).toMatchObject({ outcome: said ? "broken" : "failed" });
    if (!said) expect(request?.["costPicoUsd"]).toBe(0n);
    else expect(request?.["costPicoUsd"]).toBeGreaterThan(0n);
    if (all.usage && said && cut.countsFirst) {
      // The input is exact from the first event on, and the output is never less than it said.
      const least = costPicoUsd({ ...all.usage, output: 1 });
      expect(request?.["costPicoUsd"]).toBeGreaterThanOrEqual(least);
    }
  }

  test("cut after any of its events is broken for the client, and charged for what is known", async () => {
    for (const end of boundaries.slice(0, -1)) await expectBroken(cutAt(end));
  });

  test.skipIf(!cut.countsBeforeEnd)("cut after the counts alone is charged exactly", async () => {
    const { usage } = wire.read(whole);
    if (!usage) throw new Error("nobody counted");
    const seen = await exchange(at, cutAt(boundaries.at(-2) ?? 0));
    expect(seen.error).toMatchObject({ code: "upstream_error" });
    expect((await charged(at, seen.requestId))?.["costPicoUsd"]).toBe(costPicoUsd(usage));
  });

  test("cut at any byte of one event is broken for the client as well", async () => {
    const [from, to] = middle();
    for (let length = from + 1; length < to; length += 1) await expectBroken(cutAt(length));
  });

  test("that says it failed is an error with the provider's own words, before output and after", async () => {
    for (const end of [0, middle()[0]]) {
      const seen = await exchange(at, cutAt(end, fault));
      expect(seen.error?.message).toMatch(/Overloaded|The model failed/);
      expect(await charged(at, seen.requestId)).toMatchObject({
        outcome: expect.stringMatching(/broken|failed/),
      });
    }
  });

  test("that is damaged is an error too", async () => {
    const damaged = Buffer.from(whole.bytes);
    // In the middle of an event's JSON: SSE then holds no JSON, and the binary framing's checksum is another.
    const place = middle()[0] + 40;
    damaged.write("\u0000", place, "latin1");
    const seen = await exchange(at, { ...whole, bytes: damaged });
    expect(seen.error).toMatchObject({ code: "upstream_error" });
  });

  test("whose connection is reset is an error too", async () => {
    at.provider.next(
      stream([whole.bytes.subarray(0, middle()[1])], {
        headers: { "content-type": whole.contentType },
        ending: "reset",
      }),
    );
    const seen = await exchange(at, whole);
    expect(seen.error).toMatchObject({ code: "upstream_error" });
  });
});

test.skipIf(whyNoRecordings).each(CUTS)(
  "a stream of $wire.name, cut at any byte of an event, says what it says after its last whole event, and does not end",
  async ({ wire, recording, ends, provider }) => {
    const whole = recorded(wire, recording);
    const boundaries = ends(whole.bytes);
    let before = await made(provider, cutOf(whole, 0));
    for (const [index, end] of boundaries.entries()) {
      // A long answer's later events are like those before them.
      const isCut = index < 4 || index === boundaries.length - 1;
      for (let length = boundaries[index - 1] ?? 0; isCut && length < end; length += 1) {
        expect(await made(provider, cutOf(whole, length)), `cut at byte ${length}`).toEqual(before);
      }
      before = await made(provider, cutOf(whole, end));
      const ended = { others: expect.arrayContaining([{ type: "done" }]) };
      if (index < boundaries.length - 1) expect(before).not.toMatchObject(ended);
      else expect(before).toMatchObject(ended);
    }
  },
);
