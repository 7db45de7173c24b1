/** The same recordings through the AI SDK's providers: two readers that share no code must read the same. */
import { createAmazonBedrock } from "@ai-sdk/amazon-bedrock";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createCohere } from "@ai-sdk/cohere";
import { afterAll, describe, expect, test } from "vitest";
import { anthropicWire } from "./anthropic-wire.ts";
import { bedrockWire } from "./bedrock-wire.ts";
import { cohereWire } from "./cohere-wire.ts";
import {
  type Json,
  numberOf,
  parsed,
  type Reading,
  recordOf,
  type Wire,
  type WireRecording,
  whyNoRecordings,
} from "./wire.ts";

type Model =
  | ReturnType<ReturnType<typeof createAnthropic>>
  | ReturnType<ReturnType<typeof createAmazonBedrock>>
  | ReturnType<ReturnType<typeof createCohere>>;

/** What the AI SDK makes of an exchange, in the words of our plain reading. */
interface Theirs {
  readonly text: string;
  readonly toolCalls: readonly { readonly name: string; readonly input: unknown }[];
  readonly finish: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

const PROMPT = [{ role: "user" as const, content: [{ type: "text" as const, text: "Hi" }] }];

/** Where we and they differ, and why. Anything else fails the test. */
const EXPLAINED: readonly { readonly files: RegExp; readonly why: string }[] = [
  { files: /compaction/, why: "they add the tokens of compaction, which our requests cannot ask for" },
  {
    files: /fallback|advisor/,
    why: "they count the attempts of other models, which our requests cannot ask for",
  },
  { files: /spliced-message-start/, why: "we end on a second answer within the first, they go on with it" },
  {
    files: /programmatic-tool-calling/,
    why: "assembled by hand out of several answers, some without an end",
  },
  { files: /converse.json.tool-citations.01/, why: "they hand a tool that Bedrock itself ran to the client" },
  { files: /bedrock-json-(?:tool|with)/, why: "hand-made without counts: we call that cut, they do not" },
];

const tally = new Map<string, number>();
const note = (what: string) => tally.set(what, (tally.get(what) ?? 0) + 1);
afterAll(() => console.log([...tally].map(([what, count]) => `${count}: ${what}`).join("\n")));

type Counts = Pick<Theirs, "inputTokens" | "outputTokens">;

interface Side {
  readonly wire: Wire;
  readonly model: (fetch: typeof globalThis.fetch) => Model;
  /** What they count by, where it is not what we do. */
  readonly counts?: (recording: WireRecording) => Counts;
}

/** Cohere reads more than it bills. They tell what was read, we what is billed (decision 30): both are in the answer. */
function readByCohere({ bytes }: WireRecording): Counts {
  const counted = [...bytes.toString().matchAll(/"tokens":\s*\{([^}]*)\}/g)].at(-1)?.[1] ?? "";
  const countOf = (name: string) => Number(new RegExp(`"${name}":\\s*(\\d+)`).exec(counted)?.[1] ?? 0);
  return { inputTokens: countOf("input_tokens"), outputTokens: countOf("output_tokens") };
}

const WIRES: readonly Side[] = [
  {
    wire: anthropicWire(),
    model: (fetch) => createAnthropic({ apiKey: "k", fetch })("claude-sonnet-4-5"),
  },
  {
    wire: bedrockWire(),
    model: (fetch) =>
      createAmazonBedrock({ apiKey: "k", region: "us-east-1", fetch })("us.amazon.nova-2-lite-v1:0"),
  },
  {
    wire: cohereWire(),
    model: (fetch) => createCohere({ apiKey: "k", fetch })("command-a-reasoning-08-2025"),
    counts: readByCohere,
  },
];

async function readByAiSdk(recording: WireRecording, model: Model): Promise<Theirs> {
  const options = { prompt: PROMPT, tools: [], maxOutputTokens: 1_000 };
  const parts: Json[] = [];
  if (recording.isStream) {
    const { stream } = await model.doStream(options);
    for await (const part of stream) parts.push({ ...part });
    const failed = parts.find(({ type }) => type === "error");
    if (failed) throw new Error(String(failed["error"]));
  } else {
    const { content, finishReason, usage } = await model.doGenerate(options);
    parts.push(...content.map((part) => ({ ...part })), { type: "finish", finishReason, usage });
  }
  const end = parts.find(({ type }) => type === "finish") ?? {};
  const usage = recordOf(end["usage"]);
  return {
    text: parts
      .map(({ type, text, delta }) => (type === "text" ? text : type === "text-delta" ? delta : ""))
      .join(""),
    toolCalls: parts
      .filter(({ type, providerExecuted }) => type === "tool-call" && !providerExecuted)
      .map(({ toolName, input }) => ({ name: String(toolName), input: parsed(String(input)) })),
    finish: String(recordOf(end["finishReason"])["unified"]),
    inputTokens: numberOf(recordOf(usage["inputTokens"])["total"]),
    outputTokens: numberOf(recordOf(usage["outputTokens"])["total"]),
  };
}

/** Our own translation was compared with this reading in recordings.test.ts, exchange by exchange. */
function oursAs({ text, toolCalls, finish, usage }: Reading): Theirs {
  return {
    text,
    toolCalls,
    finish: finish.replace("_", "-"),
    inputTokens: usage ? usage.input + usage.cacheRead + usage.cacheWrite : 0,
    outputTokens: usage?.output ?? 0,
  };
}

describe.skipIf(whyNoRecordings).each(WIRES)(
  "recordings of $wire.name, read by the AI SDK",
  ({ wire, model, counts }) => {
    const answered = wire.recordings.filter(({ status }) => status === 200);
    test.each(answered.map((it) => [it.file, it] as const))("%s", async (file, recording) => {
      const answer = async () =>
        new Response(Uint8Array.from(recording.bytes), {
          headers: { "content-type": recording.contentType },
        });
      const theirs = await readByAiSdk(recording, model(answer)).catch((error: unknown) => String(error));
      const ours = { ...oursAs(wire.read(recording)), ...counts?.(recording) };
      const explained = EXPLAINED.find(({ files }) => files.test(file));
      if (typeof theirs === "string") note(`${wire.name}: they throw where we answer`);
      else if (explained) note(`${wire.name}: ${explained.why}`);
      else {
        expect({ ...theirs, finish: theirs.finish }).toEqual(ours);
        note(`${wire.name}: the same text, tool calls, finish reason and counts`);
      }
    });
  },
);
