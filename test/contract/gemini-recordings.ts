import { aiSdkWireRecordings, isStream, type Recording, wireRecordings } from "../fakes/recordings.ts";

type Json = Readonly<Record<string, unknown>>;

/** Everything that was recorded of generateContent, but batches, which are another API. */
export function geminiRecordings(): Recording[] {
  const own = ["gemini", "vertex"].flatMap((provider) =>
    wireRecordings(provider, /^(?:stream)?[gG]enerateContent\./),
  );
  return [...own, ...aiSdkWireRecordings("gemini", /^google-/)];
}

/** The answer's own JSON: one, or a stream's events. */
function eventsOf(recording: Recording): Json[] {
  const text = recording.responseBytes.toString();
  if (!isStream(recording)) return [JSON.parse(text)];
  return [...text.matchAll(/^data: ?(.*)$/gm)].map(([, data]) => JSON.parse(data ?? ""));
}

export interface Told {
  readonly text: string;
  readonly thoughts: string;
  readonly calls: readonly { readonly name: string; readonly args: string }[];
  /** Of calls, and of text. */
  readonly signatures: readonly string[];
  readonly finishReason: string;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  readonly cachedTokens: number;
}

/** What a recording says, read without the adapter: simply all parts of all events, one after another. */
export function toldBy(recording: Recording): Told {
  const events = eventsOf(recording);
  const parts = events.flatMap(partsOf);
  const usage = recordOf(events.at(-1)?.["usageMetadata"]);
  const calls = callsOf(parts);
  const reason = String(recordOf(list(events.at(-1)?.["candidates"])[0])["finishReason"]);
  return {
    text: textOf(parts.filter((part) => part["thought"] !== true)),
    thoughts: textOf(parts.filter((part) => part["thought"] === true)),
    calls,
    signatures: parts.flatMap(({ thoughtSignature }) =>
      typeof thoughtSignature === "string" && thoughtSignature !== "" ? [thoughtSignature] : [],
    ),
    finishReason: reason === "MAX_TOKENS" ? "length" : calls.length > 0 ? "tool_calls" : "stop",
    promptTokens: number(usage["promptTokenCount"]) + number(usage["toolUsePromptTokenCount"]),
    outputTokens:
      number(usage["totalTokenCount"]) -
      number(usage["promptTokenCount"]) -
      number(usage["toolUsePromptTokenCount"]),
    reasoningTokens: number(usage["thoughtsTokenCount"]),
    cachedTokens: number(usage["cachedContentTokenCount"]),
  };
}

function partsOf(event: Json): Json[] {
  const candidate = recordOf(list(event["candidates"])[0]);
  return list(recordOf(candidate["content"])["parts"]).map(recordOf);
}

/** A named call begins one; its pieces follow, each path's texts joined, and are compared by what they come to. */
function callsOf(parts: readonly Json[]): Told["calls"] {
  const calls: { name: string; args: unknown }[] = [];
  for (const part of parts) {
    const call = recordOf(part["functionCall"]);
    if (typeof call["name"] === "string")
      calls.push({ name: call["name"], args: structuredClone(call["args"] ?? {}) });
    for (const piece of list(call["partialArgs"]).map(recordOf)) addPiece(calls.at(-1), piece);
  }
  return calls.map(({ name, args }) => ({ name, args: JSON.stringify(args) }));
}

type Tree = { [step: string]: Tree | string };

function addPiece(call: { args: unknown } | undefined, piece: Json): void {
  const path = String(piece["jsonPath"])
    .replace("$", "")
    .replaceAll("[", ".")
    .replaceAll("]", "")
    .split(".")
    .slice(1);
  let at = call?.args as Tree;
  for (const [index, step] of path.slice(0, -1).entries()) {
    const next = path[index + 1] ?? "";
    // A list is an object whose names are numbers.
    at[step] ??= (/^\d+$/.test(next) ? [] : {}) as unknown as Tree;
    at = at[step] as Tree;
  }
  const last = path.at(-1) ?? "";
  const value = piece["stringValue"] ?? piece["numberValue"] ?? piece["boolValue"];
  at[last] = typeof value === "string" ? `${at[last] ?? ""}${value}` : (value as string);
}

function textOf(parts: readonly Json[]): string {
  return parts.map(({ text }) => (typeof text === "string" ? text : "")).join("");
}

function recordOf(value: unknown): Json {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function number(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
