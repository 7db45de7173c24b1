import { geminiRecordings, toldBy } from "../contract/gemini-recordings.ts";
import { isStream } from "../fakes/recordings.ts";
import { parsed, type Reading, type Wire, type WireRecording } from "./wire.ts";

/** Gemini's answers, for what all translators are tried with. Its own replay is test/contract/gemini-replay.test.ts. */
export function geminiWire(): Wire {
  const all = geminiRecordings();
  const read = ({ file }: WireRecording): Reading => {
    const recording = all.find((it) => it.file === file);
    if (!recording) throw new Error(`${file} is not there`);
    const told = toldBy(recording);
    return {
      text: told.text,
      reasoning: told.thoughts,
      toolCalls: told.calls.map(({ name, args }) => ({ name, input: parsed(args) })),
      finish:
        told.finishReason === "length" || told.finishReason === "tool_calls" ? told.finishReason : "stop",
      usage: {
        input: told.promptTokens - told.cachedTokens,
        cacheRead: told.cachedTokens,
        cacheWrite: 0,
        cacheWrite1h: 0,
        output: told.outputTokens,
        reasoning: told.reasoningTokens,
      },
      fails: false,
    };
  };
  return {
    name: "gemini",
    provider: (baseUrl) => ({ kind: "gemini", baseUrl, apiKeyEnv: "TEST_PROVIDER_KEY" }),
    model: "gemini-3-flash-preview",
    recordings: all.map((recording) => ({
      ...recording,
      bytes: recording.responseBytes,
      isStream: isStream(recording),
    })),
    read,
  };
}
