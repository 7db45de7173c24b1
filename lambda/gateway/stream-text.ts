import { countText } from "../core/input-bound.ts";
import { isRecord } from "../core/is-record.ts";

/** Raw bytes kept before they are counted and let go: most streams bring their usage and are never read. */
const KEEP_BYTES = 256 * 1024;

/** Whole events each, so nothing is carried from one to the next: one decoder does for all streams. */
const decoder = new TextDecoder();

/** The text of a stream, counted only if somebody asks: when the provider's usage is missing or cannot be. */
export interface StreamText {
  add(events: Uint8Array): void;
  characters(): { ascii: number; other: number };
  /** The model said, drew or spoke something: pictures and sound have no characters. */
  hasOutput(): boolean;
}

export function createStreamText(): StreamText {
  let kept: Uint8Array[] = [];
  let keptBytes = 0;
  /** Decoded, and not counted yet from the first one on. */
  let lines: string[] = [];
  let first = 0;
  let total = { ascii: 0, other: 0 };
  let hasMedia = false;

  const decode = () => {
    if (kept.length === 0) return;
    const text = kept.map((bytes) => decoder.decode(bytes)).join("");
    lines = [...lines.slice(first), ...text.split("\n")];
    first = 0;
    kept = [];
    keptBytes = 0;
  };

  const countLine = () => {
    const chunk = readLine(lines[first] ?? "");
    first += 1;
    const text = countText(textsOf(chunk));
    hasMedia ||= isMedia(chunk);
    total = { ascii: total.ascii + text.ascii, other: total.other + text.other };
  };

  const count = () => {
    decode();
    while (first < lines.length) countLine();
    lines = [];
    first = 0;
  };

  return {
    add(events) {
      kept.push(events);
      keptBytes += events.byteLength;
      if (keptBytes > KEEP_BYTES) count();
    },
    characters() {
      count();
      return total;
    },
    hasOutput() {
      decode();
      // A first read may hold dozens of events, and one with text is enough.
      while (first < lines.length && !hasMedia && total.ascii + total.other === 0) countLine();
      return hasMedia || total.ascii + total.other > 0;
    },
  };
}

/** The JSON of one line of a stream; undefined where there is none. */
function readLine(line: string): unknown {
  if (!line.startsWith("data:")) return undefined;
  try {
    return JSON.parse(line.slice("data:".length));
  } catch {
    return undefined;
  }
}

/** Is there a picture (OpenRouter's `images`) or sound in a chunk? */
function isMedia(chunk: unknown): boolean {
  const choices = isRecord(chunk) && Array.isArray(chunk["choices"]) ? chunk["choices"] : [];
  return choices.some((choice: unknown) => {
    const delta = isRecord(choice) ? choice["delta"] : undefined;
    if (!isRecord(delta)) return false;
    const { images, audio } = delta;
    return (Array.isArray(images) && images.length > 0) || (isRecord(audio) && Boolean(audio["data"]));
  });
}

/** Members that hold text somewhere below `choices`; ids, roles and indexes are not output. */
const TEXT_MEMBERS = new Set([
  "content",
  "refusal",
  "reasoning",
  "reasoning_content",
  "name",
  "arguments",
  "input",
  "text",
  "transcript",
]);
const CONTAINERS = new Set([
  "choices",
  "delta",
  "message",
  "tool_calls",
  "function",
  "function_call",
  "custom",
  "audio",
]);

/** Everything a model wrote: text, refusals, reasoning, the arguments of tool calls, speech. */
export function textsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textsOf);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, member]: [string, unknown]) => {
    if (typeof member === "string") return TEXT_MEMBERS.has(name) ? [member] : [];
    return CONTAINERS.has(name) || TEXT_MEMBERS.has(name) ? textsOf(member) : [];
  });
}
