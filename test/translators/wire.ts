import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { WlrouterConfig } from "../../lib/config.ts";

/** One exchange that a provider really had, in its own wire format. */
export interface WireRecording {
  /** Relative to the recordings: what a failing test names. */
  readonly file: string;
  /** In the provider's own form; undefined where it was not recorded. */
  readonly request: Json | undefined;
  readonly status: number;
  readonly contentType: string;
  readonly bytes: Buffer;
  readonly isStream: boolean;
}

/** What a recording says, read plainly and by nothing of ours: what a client must get, and be charged for. */
export interface Reading {
  readonly text: string;
  readonly reasoning: string;
  readonly toolCalls: readonly { readonly name: string; readonly input: unknown }[];
  readonly finish: "stop" | "length" | "tool_calls" | "content_filter";
  /** undefined: nobody counted. */
  readonly usage: ReadUsage | undefined;
  /** The stream breaks off with an error. */
  readonly fails: boolean;
}

/** Disjoint, but for the hour's writes, which are among the writes, and the thoughts, which are among the output. */
export interface ReadUsage {
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly cacheWrite1h: number;
  readonly output: number;
  readonly reasoning: number;
}

/** A provider's wire format: add one here and its recordings are replayed through the whole product. */
export interface Wire {
  readonly name: string;
  readonly provider: (baseUrl: string) => WlrouterConfig["providers"][string];
  /** The provider's own name for the model of the recordings. */
  readonly model: string;
  readonly recordings: readonly WireRecording[];
  readonly read: (recording: WireRecording) => Reading;
}

/** JSON whose shape nobody has checked. */
export type Json = Readonly<Record<string, unknown>>;

/** Lies beside the repository in the project's own workplace, and is not part of a clone. */
const FIXTURES = fileURLToPath(new URL("../../../shared/fixtures/", import.meta.url));
export const whyNoRecordings = existsSync(FIXTURES)
  ? undefined
  : "the recorded exchanges are not beside this checkout";

const EVENT_STREAM = "application/vnd.amazon.eventstream";
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  json: "application/json",
  sse: "text/event-stream; charset=utf-8",
  "eventstream.bin": EVENT_STREAM,
};

/** Exchanges with their requests, as they went over the wire. */
export function recordedExchanges(folder: string): WireRecording[] {
  return filesIn(folder).flatMap((file) => {
    const [, stem, ending] = /^(.*)\.response\.(json|sse|eventstream\.bin)$/.exec(file) ?? [];
    if (stem === undefined || ending === undefined) return [];
    const request: Json = JSON.parse(readFileSync(join(FIXTURES, folder, `${stem}.request.json`), "utf8"));
    return [
      {
        file: join(folder, file),
        request,
        status: Number(/\.([45]\d\d)\.\d+$/.exec(stem)?.[1] ?? 200),
        contentType: CONTENT_TYPES[ending] ?? "",
        bytes: readFileSync(join(FIXTURES, folder, file)),
        isStream: ending !== "json",
      },
    ];
  });
}

/** What the AI SDK's authors recorded: answers without requests, streams as one event's JSON a line, put back into frames. */
export function aiSdkExchanges(
  folder: string,
  frame: (events: readonly Json[]) => Buffer,
  streamType: string,
): WireRecording[] {
  return filesIn(join(folder, "ai-sdk")).map((file) => {
    const path = join(folder, "ai-sdk", file);
    const text = readFileSync(join(FIXTURES, path), "utf8");
    const isStream = file.endsWith(".chunks.txt");
    const lines = text.split("\n").filter((line) => line.trim() !== "");
    return {
      file: path,
      request: undefined,
      status: 200,
      contentType: isStream ? streamType : "application/json",
      bytes: isStream ? frame(lines.map((line) => JSON.parse(line))) : Buffer.from(text),
      isStream,
    };
  });
}

function filesIn(folder: string): string[] {
  const path = join(FIXTURES, folder);
  return existsSync(path) ? readdirSync(path).sort() : [];
}

export function recordOf(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : {};
}

export function listOf(value: unknown): Json[] {
  return Array.isArray(value) ? value.map(recordOf) : [];
}

export function numberOf(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

/** Arguments as a program reads them; undefined for what is not JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
