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

export function cohereWire(): Wire {
  return {
    name: "cohere",
    provider: (baseUrl) => ({ kind: "cohere", baseUrl, apiKeyEnv: "TEST_PROVIDER_KEY" }),
    model: "command-a-reasoning-08-2025",
    // An embedding is no chat.
    recordings: [...recordedExchanges("cohere"), ...aiSdkExchanges("cohere", frameSse, SSE)].filter(
      ({ file }) => !file.endsWith("cohere-embedding.json"),
    ),
    read,
  };
}

function frameSse(events: readonly Json[]): Buffer {
  const framed = events.map((it) => `event: ${it["type"]}\ndata: ${JSON.stringify(it)}\n\n`);
  return Buffer.from(framed.join(""));
}

function read({ isStream, bytes }: WireRecording): Reading {
  if (!isStream) return readAnswer(JSON.parse(bytes.toString()));
  const data = [...bytes.toString().matchAll(/^data: (\{.*)$/gm)].map(([, json]) =>
    recordOf(parsed(json ?? "")),
  );
  return readEvents(data);
}

function readAnswer(answer: Json): Reading {
  const message = recordOf(answer["message"]);
  const blocks = listOf(message["content"]);
  const plan = message["tool_plan"] === undefined ? [] : [message["tool_plan"]];
  const thoughts = blocks.flatMap(({ type, thinking }) => (type === "thinking" ? [thinking] : []));
  return {
    text: blocks.map(({ type, text }) => (type === "text" ? text : "")).join(""),
    reasoning: [...thoughts, ...plan].join("\n\n"),
    toolCalls: listOf(message["tool_calls"]).map((call) => {
      const { name, arguments: json } = recordOf(call["function"]);
      return { name: String(name), input: parsed(String(json)) ?? {} };
    }),
    finish: finishOf(answer["finish_reason"]),
    usage: usageOf(recordOf(answer["usage"])),
    fails: false,
  };
}

function readEvents(events: readonly Json[]): Reading {
  const messages = events.map((event) => ({
    at: event["index"],
    type: event["type"],
    ...recordOf(recordOf(event["delta"])["message"]),
  })) as readonly Json[];
  const all = (name: string) => messages.map((it) => recordOf(it["content"])[name] ?? "").join("");
  const end = recordOf(events.find(({ type }) => type === "message-end")?.["delta"]);
  const called = (it: Json) => recordOf(recordOf(it["tool_calls"])["function"]);
  return {
    text: all("text"),
    reasoning: messages.map((it) => it["tool_plan"] ?? "").join("") + all("thinking"),
    toolCalls: messages
      .filter(({ type }) => type === "tool-call-start")
      .map((start) => {
        const same = messages.filter((it) => it["at"] === start["at"]);
        const json = same.map((it) => called(it)["arguments"] ?? "").join("");
        return { name: String(called(start)["name"]), input: json === "" ? {} : parsed(json) };
      }),
    finish: finishOf(end["finish_reason"]),
    usage: usageOf(recordOf(end["usage"])),
    fails: false,
  };
}

/** What Cohere bills, which is what genai-prices' `default` reading of it charges. */
function usageOf(usage: Json): ReadUsage | undefined {
  const { input_tokens: input, output_tokens: output } = recordOf(usage["billed_units"]);
  if (typeof input !== "number") return undefined;
  const reasoning = numberOf(recordOf(usage["tokens"])["reasoning_tokens"]);
  return {
    input,
    cacheRead: 0,
    cacheWrite: 0,
    cacheWrite1h: 0,
    output: numberOf(output),
    reasoning: Math.min(reasoning, numberOf(output)),
  };
}

function finishOf(reason: unknown): Reading["finish"] {
  if (reason === "TOOL_CALL") return "tool_calls";
  return reason === "MAX_TOKENS" ? "length" : "stop";
}
