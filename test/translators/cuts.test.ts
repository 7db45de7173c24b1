/** Streams that end too early, by our own translators: whatever is missing, the end is never a clean one. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stream } from "../fakes/provider-server.ts";
import { anthropicWire } from "./anthropic-wire.ts";
import { awsMessage, awsMessageEnds, bedrockWire } from "./bedrock-wire.ts";
import { charged, costPicoUsd, exchange, type Replay, startReplay } from "./replay.ts";
import { type Wire, type WireRecording, whyNoRecordings } from "./wire.ts";

interface Cut {
  readonly wire: Wire;
  readonly recording: string;
  readonly ends: (bytes: Buffer) => number[];
  /** An error in the middle of a stream, in the provider's own words. */
  readonly fault: Buffer;
}

const CUTS: readonly Cut[] = [
  {
    wire: anthropicWire(),
    recording: "anthropic/messages.stream.tool.01.response.sse",
    ends: (bytes) => [...bytes.toString("latin1").matchAll(/\n\n/g)].map(({ index }) => index + 2),
    fault: Buffer.from(
      'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n',
    ),
  },
  {
    wire: bedrockWire(),
    recording: "bedrock/converse-stream.stream.text.05.response.eventstream.bin",
    ends: awsMessageEnds,
    fault: awsMessage({
      type: "modelStreamErrorException",
      data: { message: "The model failed." },
      messageType: "exception",
    }),
  },
];

describe.skipIf(whyNoRecordings).each(CUTS)("a stream of $wire.name", ({ wire, recording, ends, fault }) => {
  let at: Replay;
  let whole: WireRecording;
  let boundaries: number[];
  beforeAll(async () => {
    at = await startReplay(wire);
    const found = wire.recordings.find(({ file }) => file === recording);
    if (!found) throw new Error(`${recording} is not there`);
    whole = found;
    boundaries = ends(whole.bytes);
  });
  afterAll(() => at.close());

  const cutAt = (length: number, rest: Buffer = Buffer.alloc(0)): WireRecording => ({
    ...whole,
    bytes: Buffer.concat([whole.bytes.subarray(0, length), rest]),
  });

  /** What came is what the client has, it is told that more is missing, and it pays for no more than all of it. */
  async function expectBroken(cut: WireRecording): Promise<void> {
    const seen = await exchange(at, cut);
    expect(seen.error).toMatchObject({ code: "upstream_error" });
    expect(seen.finish === undefined || cut.bytes.length > 0).toBe(true);
    const all = wire.read(whole);
    expect(all.text.startsWith(seen.text)).toBe(true);
    const request = await charged(at, seen.requestId);
    const said = seen.text !== "" || seen.toolCalls.length > 0;
    expect(request).toMatchObject({ outcome: said ? "broken" : "failed" });
    if (!said) expect(request?.["costPicoUsd"]).toBe(0n);
    else expect(request?.["costPicoUsd"]).toBeGreaterThan(0n);
    const { usage } = all;
    if (usage && said && wire.name === "anthropic") {
      // It counts its input first: that is exact from the first event on, and the output is never less than it said.
      const least = costPicoUsd({ ...usage, output: 1 });
      expect(request?.["costPicoUsd"]).toBeGreaterThanOrEqual(least);
    }
  }

  test("cut after any of its events is broken for the client, and charged for what is known", async () => {
    for (const end of boundaries.slice(0, -1)) await expectBroken(cutAt(end));
  });

  test("cut after the counts alone is charged exactly", async () => {
    const counted = wire.read(whole).usage;
    const last = wire.name === "anthropic" ? boundaries.at(-2) : undefined;
    if (last === undefined || !counted) return;
    const seen = await exchange(at, cutAt(last));
    expect(seen.error).toMatchObject({ code: "upstream_error" });
    expect((await charged(at, seen.requestId))?.["costPicoUsd"]).toBe(costPicoUsd(counted));
  });

  test("cut at any byte of an event is broken as it is after the event before", async () => {
    const [from = 0, to = 0] = boundaries.slice(-4, -2);
    for (let length = from + 1; length < to; length += 7) await expectBroken(cutAt(length));
  });

  test("that says it failed is an error with the provider's own words, before output and after", async () => {
    for (const end of [boundaries[0] ?? 0, boundaries.at(-4) ?? 0]) {
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
    const place = (boundaries.at(-4) ?? 0) + 40;
    damaged.write("\u0000", place, "latin1");
    const seen = await exchange(at, { ...whole, bytes: damaged });
    expect(seen.error).toMatchObject({ code: "upstream_error" });
  });

  test("whose connection is reset is an error too", async () => {
    at.provider.next(
      stream([whole.bytes.subarray(0, boundaries.at(-3))], {
        headers: { "content-type": whole.contentType },
        ending: "reset",
      }),
    );
    const seen = await exchange(at, whole);
    expect(seen.error).toMatchObject({ code: "upstream_error" });
  });
});
