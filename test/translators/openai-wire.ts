import { chatRecordings, isStream } from "../fakes/recordings.ts";
import { listOf, parsed, type Reading, recordOf, type Wire, type WireRecording } from "./wire.ts";

/** OpenAI's streams of text, for what all providers are tried with. Their own replay is test/contract/openai-sdk.test.ts. */
export function openAiWire(): Wire {
  const all = chatRecordings("openai").filter(isStream);
  return {
    name: "openai-compatible",
    provider: (baseUrl) => ({ kind: "openai-compatible", baseUrl, apiKeyEnv: "TEST_PROVIDER_KEY" }),
    model: "gpt-4o-mini",
    recordings: all.map((recording) => ({ ...recording, bytes: recording.responseBytes, isStream: true })),
    read,
  };
}

function read({ bytes }: WireRecording): Reading {
  const chunks = [...bytes.toString().matchAll(/^data: (\{.*)$/gm)].map(([, json]) =>
    recordOf(parsed(json ?? "")),
  );
  const choices = chunks.flatMap(({ choices }) => listOf(choices));
  const usage = recordOf(chunks.findLast(({ usage }) => usage)?.["usage"]);
  return {
    text: choices.map(({ delta }) => recordOf(delta)["content"] ?? "").join(""),
    reasoning: "",
    toolCalls: [],
    finish: "stop",
    usage: {
      input: Number(usage["prompt_tokens"]),
      cacheRead: 0,
      cacheWrite: 0,
      cacheWrite1h: 0,
      output: Number(usage["completion_tokens"]),
      reasoning: 0,
    },
    fails: false,
  };
}
