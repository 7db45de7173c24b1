import { crc32 } from "node:zlib";
import {
  aiSdkExchanges,
  type Json,
  listOf,
  numberOf,
  parsed,
  type Reading,
  type ReadUsage,
  recordedExchanges,
  recordOf,
  type Wire,
  type WireRecording,
} from "./wire.ts";

const EVENT_STREAM = "application/vnd.amazon.eventstream";

export function bedrockWire(): Wire {
  return {
    name: "bedrock",
    provider: (baseUrl) => ({ kind: "bedrock", baseUrl, region: "us-east-1" }),
    model: "us.amazon.nova-2-lite-v1:0",
    recordings: [...recordedExchanges("bedrock"), ...aiSdkExchanges("bedrock", frameAws, EVENT_STREAM)],
    read,
  };
}

/** Recorded lines are `{"contentBlockDelta": {…}}`: the name goes into a header, the value is the payload. */
function frameAws(events: readonly Json[]): Buffer {
  return Buffer.concat(
    events.flatMap((event) => Object.entries(event).map(([type, data]) => awsMessage({ type, data }))),
  );
}

export interface AwsMessage {
  readonly type: string;
  readonly data: unknown;
  readonly messageType?: "event" | "exception";
}

/** One message in AWS's binary framing. */
export function awsMessage({ type, data, messageType = "event" }: AwsMessage): Buffer {
  const headers = Buffer.concat([
    header(messageType === "event" ? ":event-type" : ":exception-type", type),
    header(":content-type", "application/json"),
    header(":message-type", messageType),
  ]);
  const payload = Buffer.from(JSON.stringify(data));
  const prelude = Buffer.alloc(8);
  prelude.writeUInt32BE(16 + headers.length + payload.length, 0);
  prelude.writeUInt32BE(headers.length, 4);
  const message = Buffer.concat([prelude, checksum(prelude), headers, payload]);
  return Buffer.concat([message, checksum(message)]);
}

function header(name: string, value: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(Buffer.byteLength(value));
  return Buffer.concat([
    Buffer.from([name.length]),
    Buffer.from(name),
    Buffer.from([7]),
    length,
    Buffer.from(value),
  ]);
}

function checksum(bytes: Buffer): Buffer {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes));
  return sum;
}

/** The offset after each message. */
export function awsMessageEnds(bytes: Buffer): number[] {
  const ends: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    at += bytes.readUInt32BE(at);
    ends.push(at);
  }
  return ends;
}

function messagesIn(bytes: Buffer): { type: string; data: Json }[] {
  const ends = awsMessageEnds(bytes);
  return ends.map((end, index) => {
    const message = bytes.subarray(ends[index - 1] ?? 0, end);
    const headersEnd = 12 + message.readUInt32BE(4);
    const names = message.toString("latin1", 12, headersEnd);
    const type = /:(?:event|exception)-type[^A-Za-z:]+([A-Za-z]+)/s.exec(names)?.[1];
    return { type: type ?? "", data: JSON.parse(message.toString("utf8", headersEnd, message.length - 4)) };
  });
}

function read(recording: WireRecording): Reading {
  return recording.isStream
    ? readEvents(messagesIn(recording.bytes))
    : readAnswer(JSON.parse(recording.bytes.toString()));
}

function readAnswer(answer: Json): Reading {
  const blocks = listOf(recordOf(recordOf(answer["output"])["message"])["content"]);
  const thoughts = blocks.map(
    (block) => recordOf(recordOf(block["reasoningContent"])["reasoningText"])["text"],
  );
  return {
    text: blocks
      .map((block) => {
        const cited = listOf(recordOf(block["citationsContent"])["content"]);
        return block["text"] ?? cited.map(({ text }) => text).join("");
      })
      .join(""),
    reasoning: thoughts.filter((text) => text !== undefined).join("\n\n"),
    toolCalls: blocks.flatMap(({ toolUse }) => callOf(recordOf(toolUse))),
    finish: finishOf(answer["stopReason"]),
    usage: usageOf(recordOf(answer["usage"])),
    fails: false,
  };
}

function callOf({ name, input, type }: Json): { name: string; input: unknown }[] {
  return name === undefined || type === "server_tool_use" ? [] : [{ name: String(name), input }];
}

function readEvents(messages: readonly { type: string; data: Json }[]): Reading {
  const of = (type: string) => messages.filter((message) => message.type === type).map(({ data }) => data);
  const deltas = of("contentBlockDelta").map((data) => ({
    at: data["contentBlockIndex"],
    delta: recordOf(data["delta"]),
  }));
  return {
    text: deltas.map(({ delta }) => delta["text"] ?? "").join(""),
    reasoning: deltas.map(({ delta }) => recordOf(delta["reasoningContent"])["text"] ?? "").join(""),
    toolCalls: of("contentBlockStart").flatMap((data) => {
      const at = data["contentBlockIndex"];
      const json = deltas
        .map((it) => (it.at === at ? (recordOf(it.delta["toolUse"])["input"] ?? "") : ""))
        .join("");
      return callOf({
        ...recordOf(recordOf(data["start"])["toolUse"]),
        input: json === "" ? {} : parsed(json),
      });
    }),
    finish: finishOf(of("messageStop")[0]?.["stopReason"]),
    usage: usageOf(recordOf(of("metadata")[0]?.["usage"])),
    // The counts come last: without them an answer was cut (some hand-made recordings are).
    fails: of("metadata").length === 0,
  };
}

function usageOf(usage: Json): ReadUsage | undefined {
  if (typeof usage["inputTokens"] !== "number") return undefined;
  const anHour = listOf(usage["cacheDetails"]).filter(({ ttl }) => ttl === "1h");
  return {
    input: usage["inputTokens"],
    cacheRead: numberOf(usage["cacheReadInputTokens"]),
    cacheWrite: numberOf(usage["cacheWriteInputTokens"]),
    cacheWrite1h: anHour.reduce((sum, { inputTokens }) => sum + numberOf(inputTokens), 0),
    output: numberOf(usage["outputTokens"]),
    reasoning: 0,
  };
}

function finishOf(reason: unknown): Reading["finish"] {
  if (reason === "tool_use") return "tool_calls";
  if (reason === "max_tokens") return "length";
  return reason === "content_filtered" || reason === "guardrail_intervened" ? "content_filter" : "stop";
}
