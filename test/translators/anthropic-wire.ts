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

const SSE = "text/event-stream; charset=utf-8";

export function anthropicWire(): Wire {
  return {
    name: "anthropic",
    provider: (baseUrl) => ({ kind: "anthropic", baseUrl, apiKeyEnv: "TEST_PROVIDER_KEY" }),
    model: "claude-sonnet-4-5",
    recordings: [
      ...recordedExchanges("anthropic"),
      ...aiSdkExchanges("anthropic", frameSse, SSE).flatMap(singleAnswers),
    ],
    read,
  };
}

function frameSse(events: readonly Json[]): Buffer {
  return Buffer.from(events.map((it) => `event: ${it["type"]}\ndata: ${JSON.stringify(it)}\n\n`).join(""));
}

/** Some files hold the answers of several requests in a row. */
function singleAnswers(recording: WireRecording): WireRecording[] {
  if (!recording.isStream) return [recording];
  const answers = recording.bytes.toString().split(/(?<="type":"message_stop"\}\n\n)/);
  if (answers.length === 1) return [recording];
  return answers.map((text, index) => ({
    ...recording,
    file: `${recording.file}#${index + 1}`,
    bytes: Buffer.from(text),
  }));
}

function read(recording: WireRecording): Reading {
  if (!recording.isStream) return readMessage(JSON.parse(recording.bytes.toString()));
  const events = [...recording.bytes.toString().matchAll(/^data: (.*)$/gm)].map(([, data]) =>
    JSON.parse(data ?? ""),
  );
  return readEvents(events.map(recordOf));
}

function readMessage(message: Json): Reading {
  const blocks = listOf(message["content"]);
  const calls = blocks.filter(({ type }) => type === "tool_use");
  return {
    text: blocks.flatMap(({ type, text }) => (type === "text" ? [text] : [])).join(""),
    reasoning: blocks.flatMap(({ type, thinking }) => (type === "thinking" ? [thinking] : [])).join("\n\n"),
    toolCalls: calls.map(({ name, input }) => ({ name: String(name), input })),
    finish: finishOf(message["stop_reason"]),
    usage: usageOf(recordOf(message["usage"])),
    fails: false,
  };
}

/** Up to a second beginning in the middle of the first answer, which breaks it off. */
function readEvents(told: readonly Json[]): Reading {
  const ids = told.map((event) => recordOf(event["message"])["id"]);
  const splice = ids.findIndex((id) => id !== undefined && id !== ids[0]);
  const events = splice === -1 ? told : told.slice(0, splice);
  const of = (type: string) => events.filter((event) => event["type"] === type);
  const begun = listOf(recordOf(of("message_start")[0]?.["message"])["content"]).map((block) => ({
    content_block: block,
  }));
  const blocks: Json[] = [...begun, ...of("content_block_start")];
  const deltas = of("content_block_delta").map(
    (event) => ({ at: event["index"], ...recordOf(event["delta"]) }) as Json,
  );
  const all = (name: string) => deltas.map((delta) => delta[name] ?? "").join("");
  const calls = blocks.filter((it) => recordOf(it["content_block"])["type"] === "tool_use");
  const stop = of("message_delta").map((event) => recordOf(event["delta"])["stop_reason"]);
  const usages = [
    ...of("message_start").map((event) => recordOf(recordOf(event["message"])["usage"])),
    ...of("message_delta").map((event) => recordOf(event["usage"])),
  ];
  return {
    text: blocks.map((it) => recordOf(it["content_block"])["text"] ?? "").join("") + all("text"),
    reasoning: all("thinking"),
    toolCalls: calls.map((it) => {
      const { name, input } = recordOf(it["content_block"]);
      const json = deltas
        .map((delta) => (delta["at"] === it["index"] ? (delta["partial_json"] ?? "") : ""))
        .join("");
      return { name: String(name), input: json === "" ? input : parsed(json) };
    }),
    finish: finishOf(stop.findLast((reason) => reason)),
    usage: usages.length === 0 ? undefined : usageOf(Object.assign({}, ...usages.map(withoutNulls))),
    fails: of("error").length > 0 || splice !== -1,
  };
}

function withoutNulls(usage: Json): Json {
  return Object.fromEntries(Object.entries(usage).filter(([, value]) => value !== null));
}

function usageOf(usage: Json): ReadUsage | undefined {
  if (typeof usage["input_tokens"] !== "number") return undefined;
  return {
    input: usage["input_tokens"],
    cacheRead: numberOf(usage["cache_read_input_tokens"]),
    cacheWrite: numberOf(usage["cache_creation_input_tokens"]),
    cacheWrite1h: numberOf(recordOf(usage["cache_creation"])["ephemeral_1h_input_tokens"]),
    output: numberOf(usage["output_tokens"]),
    reasoning: numberOf(recordOf(usage["output_tokens_details"])["thinking_tokens"]),
  };
}

function finishOf(reason: unknown): Reading["finish"] {
  if (reason === "tool_use") return "tool_calls";
  if (reason === "max_tokens" || reason === "model_context_window_exceeded") return "length";
  return reason === "refusal" ? "content_filter" : "stop";
}
