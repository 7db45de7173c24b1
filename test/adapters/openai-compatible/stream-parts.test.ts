import { describe, expect, test } from "vitest";
import { streamParts } from "../../../lambda/adapters/openai-compatible/stream-parts.ts";
import type { StreamPart } from "../../../lambda/core/ports.ts";
import { sse } from "../../fakes/provider-server.ts";
import { chatRecordings, isStream } from "../../fakes/recordings.ts";
import { failureIn } from "./chat-request.ts";

const CHUNK = {
  id: "c",
  object: "chat.completion.chunk",
  choices: [{ index: 0, delta: { content: "né 汉 🎈" }, finish_reason: null }],
};
const USAGE = { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 };
const WITH_USAGE = { ...CHUNK, choices: [], usage: USAGE };

async function partsOf(...pieces: (string | Uint8Array)[]): Promise<StreamPart[]> {
  const parts: StreamPart[] = [];
  for await (const part of streamParts(arriving(pieces))) parts.push(part);
  return parts;
}

async function* arriving(pieces: readonly (string | Uint8Array)[]): AsyncGenerator<Buffer> {
  for (const piece of pieces) yield Buffer.from(piece);
}

/** Parts as one value that does not depend on where the network cut: adjacent events are joined. */
function joined(parts: readonly StreamPart[]): unknown[] {
  const all: unknown[] = [];
  for (const part of parts) {
    const text = part.type === "events" ? Buffer.from(part.bytes).toString("latin1") : undefined;
    const last = all.at(-1);
    if (text === undefined) all.push(part);
    else if (typeof last === "string") all[all.length - 1] = last + text;
    else all.push(text);
  }
  return all;
}

function textOf(parts: readonly StreamPart[]): string {
  return parts.map((part) => (part.type === "events" ? Buffer.from(part.bytes).toString() : "")).join("");
}

test("events that came together are forwarded in one slice of the bytes that came", async () => {
  const piece = Buffer.from(sse(CHUNK, CHUNK, CHUNK).join(""));
  async function* once() {
    yield piece;
  }
  const parts: StreamPart[] = [];
  for await (const part of streamParts(once())) parts.push(part);
  expect(parts).toEqual([{ type: "events", bytes: piece }]);
  expect(parts[0]?.type === "events" && parts[0].bytes.buffer).toBe(piece.buffer);
});

test.each([
  ["LF", "\n"],
  ["CR LF", "\r\n"],
  ["CR", "\r"],
])("a stream with %s line endings gives the same parts wherever it is cut", async (_, ending) => {
  const events = sse(CHUNK, { ...CHUNK, usage: null }, WITH_USAGE, "[DONE]");
  const bytes = Buffer.from(events.join("").replaceAll("\n", ending));
  // An LF that comes after its CR has ended the event is dropped: the same line ending, in fewer bytes.
  const normalized = async (...pieces: Uint8Array[]) =>
    joined(await partsOf(...pieces)).map((it) =>
      typeof it === "string" ? it.replaceAll(/\r\n|\r/g, "\n") : it,
    );
  const expected = [
    Buffer.from(events.slice(0, 2).join("")).toString("latin1"),
    { type: "usage", usage: expect.objectContaining({ inputTokens: 5, outputTokens: 7 }), chunk: WITH_USAGE },
    { type: "done" },
  ];
  for (let at = 0; at < bytes.length; at += 1) {
    expect(await normalized(bytes.subarray(0, at), bytes.subarray(at))).toEqual(expected);
  }
});

describe.skipIf(chatRecordings("openai").length === 0)("a recording", () => {
  const recording = chatRecordings("openai")
    .filter(isStream)
    .find((it) => it.responseBytes.includes('"usage":{'));

  test("gives the same parts wherever it is cut", async () => {
    const bytes = recording?.responseBytes ?? Buffer.alloc(0);
    const whole = joined(await partsOf(bytes));
    expect(whole.length).toBeGreaterThan(2);
    for (let at = 1; at < bytes.length; at += 1) {
      expect(joined(await partsOf(bytes.subarray(0, at), bytes.subarray(at)))).toEqual(whole);
    }
  });

  test("gives the same parts byte by byte", async () => {
    const bytes = recording?.responseBytes ?? Buffer.alloc(0);
    expect(joined(await partsOf(...Array.from(bytes, (byte) => Uint8Array.of(byte))))).toEqual(
      joined(await partsOf(bytes)),
    );
  });
});

test.each([
  ["with spaces", `data:   {"choices": [], "usage" : {"prompt_tokens": 5, "completion_tokens": 7}}\n\n`],
  ["without a space after the colon", `data:${JSON.stringify(WITH_USAGE)}\n\n`],
  ["beside a last choice", sse({ ...CHUNK, usage: USAGE })[0] ?? ""],
  ["in x_groq", sse({ ...CHUNK, x_groq: { id: "x", usage: USAGE } })[0] ?? ""],
  ["in a choice", sse({ ...CHUNK, choices: [{ index: 0, delta: {}, usage: USAGE }] })[0] ?? ""],
  ["after a null one", sse({ choices: [{ index: 0, usage: null }], usage: USAGE })[0] ?? ""],
  ["without a blank line at the end", `data: ${JSON.stringify(WITH_USAGE)}`],
])("usage is read %s", async (_, event) => {
  const parts = await partsOf(event);
  expect(parts).toHaveLength(1);
  expect(parts[0]).toMatchObject({ type: "usage", usage: { inputTokens: 5, outputTokens: 7 } });
});

test("zero is usage, null is not", async () => {
  const zero = { ...CHUNK, usage: { prompt_tokens: 0, completion_tokens: 0 } };
  expect(await partsOf(sse(zero)[0] ?? "")).toMatchObject([{ type: "usage", usage: { outputTokens: 0 } }]);
  expect(await partsOf(sse({ ...CHUNK, usage: null })[0] ?? "")).toMatchObject([{ type: "events" }]);
});

test("usage that cannot be read is still marked, so that it can be hidden", async () => {
  const parts = await partsOf(sse({ ...CHUNK, usage: { tokens: "many" } })[0] ?? "");
  expect(parts).toMatchObject([{ type: "usage", usage: undefined }]);
});

test("what the model writes about usage and errors is only text", async () => {
  const content = '"usage":{"prompt_tokens":1,"completion_tokens":1} "error":{} data: [DONE]\n\n';
  const events = sse({ ...CHUNK, choices: [{ index: 0, delta: { content }, finish_reason: null }] });
  const parts = await partsOf(events.join(""));
  expect(parts).toHaveLength(1);
  expect(textOf(parts)).toBe(events.join(""));
});

test("unusual but legal events are forwarded as they came", async () => {
  const events = [
    `id: 7\nevent: message\nretry: 10\ndata: ${JSON.stringify(CHUNK)}\n\n`,
    `data: {"object":"chat.completion.chunk","choices":\ndata: []}\n\n`,
    sse({ ...CHUNK, error: null })[0] ?? "",
    sse({ id: "without choices" })[0] ?? "",
  ];
  expect(textOf(await partsOf(...events))).toBe(events.join(""));
});

test("comments and empty lines are dropped, since they are no events", async () => {
  const events = sse(CHUNK);
  expect(textOf(await partsOf("\n: PROCESSING\n\n", ...events, ":\n\n", ...events))).toBe(
    events.join("").repeat(2),
  );
});

test("nothing after [DONE] is read", async () => {
  const parts = await partsOf(...sse(CHUNK, "[DONE]"), "<html>");
  expect(parts.map((part) => part.type)).toEqual(["events", "done"]);
});

test("[DONE] counts without its blank line", async () => {
  expect((await partsOf("data: [DONE]")).at(-1)).toEqual({ type: "done" });
});

test("a stream that stops without [DONE] simply ends, also in the middle of an event", async () => {
  const event = sse(CHUNK)[0] ?? "";
  for (let at = 0; at <= event.length; at += 1) {
    const parts = await partsOf(event, Buffer.from(event).subarray(0, at));
    expect(parts.every((part) => part.type === "events")).toBe(true);
  }
});

test.each([
  ["HTML", "<html><body>Bad gateway</body></html>\n\n"],
  ["JSON without framing", '{"choices":[]}\n\n'],
  ["an unknown field", 'date: {"choices":[]}\n\n'],
  ["data that is not JSON", 'data: {"choices":[}\n\ndata: {"x"}\n\n'],
  ["garbage on a second line", 'data: {"choices":[]}\n<html>}\n\n'],
  ["an array", "data: []\n\n"],
  ["what only ends like an object", 'data: "choices"}\n\n'],
  ["empty data", "data:\n\n"],
  ["a truncated object", 'data: {"choices":[]\n\n'],
])("%s in place of an event is an error, after the events before it", async (_, garbage) => {
  const parts: StreamPart[] = [];
  const reading = async () => {
    for await (const part of streamParts(arriving([`${sse(CHUNK)[0]}${garbage}`]))) parts.push(part);
  };
  expect(await failureIn(reading())).toMatchObject({ code: "upstream_error", retryable: true });
  expect(textOf(parts).startsWith(sse(CHUNK)[0] ?? "")).toBe(true);
});

test.each([
  ["an object", sse({ error: { message: "Overloaded, see org-abc123def", type: "server_error" } })[0] ?? ""],
  ["a part of a chunk", sse({ ...CHUNK, error: { message: "Overloaded, see org-abc123def" } })[0] ?? ""],
  ["a text", sse({ code: "x", error: "Overloaded, see org-abc123def" })[0] ?? ""],
  ["an event's name", `event: error\ndata: {"message":"Overloaded, see org-abc123def"}\n\n`],
  ["Mistral's object", sse({ object: "error", message: "Overloaded, see org-abc123def" })[0] ?? ""],
  ["the end", `data: {"error":"Overloaded, see org-abc123def"}`],
])("an error told as %s ends the stream, cleaned", async (_, event) => {
  expect(await failureIn(partsOf(event))).toMatchObject({
    code: "upstream_error",
    message: "The provider reported an error: Overloaded, see [redacted]",
  });
});

test("usage beside an error is owed: it comes first, without the error", async () => {
  const parts: StreamPart[] = [];
  const reading = async () => {
    const events = sse({ ...WITH_USAGE, error: { message: "Token limit reached" } });
    for await (const part of streamParts(arriving(events))) parts.push(part);
  };
  expect(await failureIn(reading())).toMatchObject({ code: "upstream_error" });
  expect(parts).toMatchObject([{ type: "usage", usage: { outputTokens: 7 } }]);
  expect(parts[0]).toHaveProperty("chunk", WITH_USAGE);
});

test.each([
  [{ code: "insufficient_quota" }, "provider_credit_exhausted"],
  [{ code: "invalid_api_key" }, "provider_key_refused"],
  [{ code: 401 }, "provider_key_refused"],
  [{ status_code: 402 }, "provider_credit_exhausted"],
])("an error about the operator's account (%j) shows nothing, and raises an alarm", async (error, alarm) => {
  const events = sse({ error: { message: "You exceeded your quota, Acme Ltd", ...error } });
  expect(await failureIn(partsOf(...events))).toMatchObject({
    message: "The provider cannot be used at the moment.",
    details: { alarm },
  });
});

test("an event of 3 MB in many pieces is one event; one over 4 MiB is refused", async () => {
  const event = (size: number) => Buffer.from(sse({ ...CHUNK, audio: "A".repeat(size) }).join(""));
  const pieces = (bytes: Buffer) =>
    Array.from({ length: Math.ceil(bytes.length / 65_536) }, (_, at) =>
      bytes.subarray(at * 65_536, (at + 1) * 65_536),
    );
  const big = event(3_000_000);
  expect(textOf(await partsOf(...pieces(big)))).toBe(big.toString());
  expect(await failureIn(partsOf(...pieces(event(4_300_000))))).toMatchObject({ code: "upstream_error" });
});

test("a stream over 256 MiB is refused", async () => {
  const event = Buffer.from(sse({ ...CHUNK, audio: "A".repeat(1_000_000) }).join(""));
  async function* endless() {
    for (;;) yield event;
  }
  let bytes = 0;
  const reading = async () => {
    for await (const part of streamParts(endless())) bytes += part.type === "events" ? part.bytes.length : 0;
  };
  expect(await failureIn(reading())).toMatchObject({ code: "upstream_error" });
  expect(bytes).toBeGreaterThan(255 * 1024 * 1024);
});
