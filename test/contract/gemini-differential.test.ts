/** The same recordings through the AI SDK's provider for Google, which was written by others. */
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { afterAll, describe, expect, test } from "vitest";
import { isStream, type Recording } from "../fakes/recordings.ts";
import { geminiRecordings, toldBy } from "./gemini-recordings.ts";

const answered = geminiRecordings().filter(({ status }) => status === 200);
const PROMPT = [{ role: "user" as const, content: [{ type: "text" as const, text: "Hi" }] }];
let same = 0;

/** What the AI SDK's users would get of a recording. `toldBy` is what ours get: see gemini-replay.test.ts. */
async function toldByAiSdk(recording: Recording) {
  const { responseBytes, contentType } = recording;
  const fetch = async () =>
    new Response(new Uint8Array(responseBytes), { headers: { "content-type": contentType } });
  const model = createGoogleGenerativeAI({ apiKey: "key", fetch })("gemini-3-flash-preview");
  const told = { text: "", thoughts: "", calls: [] as { name: string; args: string }[] };
  const call = ({ toolName, input }: { toolName: string; input: string }) =>
    told.calls.push({ name: toolName, args: JSON.stringify(JSON.parse(input)) });
  if (!isStream(recording)) {
    const answer = await model.doGenerate({ prompt: PROMPT });
    for (const part of answer.content) {
      if (part.type === "text") told.text += part.text;
      if (part.type === "reasoning") told.thoughts += part.text;
      if (part.type === "tool-call") call(part);
    }
    return { ...told, finishReason: answer.finishReason, usage: answer.usage };
  }
  const { stream } = await model.doStream({ prompt: PROMPT });
  for await (const part of stream) {
    if (part.type === "text-delta") told.text += part.delta;
    if (part.type === "reasoning-delta") told.thoughts += part.delta;
    if (part.type === "tool-call") call(part);
    if (part.type === "error") throw part.error;
    if (part.type === "finish") return { ...told, finishReason: part.finishReason, usage: part.usage };
  }
  throw new Error("it did not finish");
}

describe.skipIf(answered.length === 0)("the AI SDK reads the same out of", () => {
  test.each(answered.map((it) => [it.file, it] as const))("%s", async (_, recording) => {
    const { finishReason, usage, ...theirs } = await toldByAiSdk(recording);
    const { text, thoughts, calls, ...ours } = toldBy(recording);
    expect(theirs).toEqual({ text, thoughts, calls });
    expect(finishReason.unified.replace("-", "_")).toBe(ours.finishReason);
    expect(usage.inputTokens.total).toBe(ours.promptTokens);
    expect(usage.inputTokens.cacheRead ?? 0).toBe(ours.cachedTokens);
    expect(usage.outputTokens.total).toBe(ours.outputTokens);
    expect(usage.outputTokens.reasoning ?? 0).toBe(ours.reasoningTokens);
    same += 1;
  });

  afterAll(() => console.log(`${same} of ${answered.length} recordings of Gemini: the same in the AI SDK`));
});
