/** Where Gemini's provider calls, by its settings and its key, and what it does when it cannot say who calls. */
import { describe, expect, test } from "vitest";
import { createGeminiProvider } from "../../../lambda/adapters/gemini/provider.ts";
import { geminiRequest } from "../../../lambda/adapters/gemini/request.ts";
import type { GeminiSettings } from "../../../lambda/core/catalog.ts";
import type { UpstreamRequest } from "../../../lambda/core/upstream/upstream.ts";
import { chatRequest, failureIn, providerSettings } from "../openai-compatible/chat-request.ts";

const ANSWER = {
  responseId: "response-1",
  modelVersion: "gemini-2.5-flash-001",
  candidates: [{ content: { parts: [{ text: "Hi" }] }, finishReason: "STOP" }],
  usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 },
};
const PHOTO = {
  messages: [
    { role: "user", content: [{ type: "image_url", image_url: { url: "https://example.com/a.png" } }] },
  ],
};

/** A provider whose calls are noted instead of sent. */
function providerAt(key: string, changes: Partial<GeminiSettings>) {
  const calls: (UpstreamRequest & { readonly baseUrl: string })[] = [];
  const { timeouts } = providerSettings({});
  const provider = createGeminiProvider({
    settings: { kind: "gemini", apiKeyEnv: "KEY", timeouts, ...changes },
    apiKey: { get: async () => key, refresh: async () => key },
    connect: (baseUrl) => async (request) => {
      calls.push({ ...request, baseUrl });
      const body = {
        chunks: (async function* () {})(),
        readAll: async () => Buffer.from(JSON.stringify(ANSWER)),
        letGo() {},
        close() {},
      };
      return { status: 200, headers: { "content-type": "application/json" }, body };
    },
  });
  return { provider, calls };
}

const vertex = (location: string, project?: string) => ({
  vertex: { location, ...(project !== undefined && { project }) },
});
const PUBLISHERS = "publishers/google/models/gemini-2.5-flash:generateContent";

describe("Gemini is called", () => {
  test.each<[string, string, Partial<GeminiSettings>, string]>([
    [
      "at AI Studio by a key",
      "AIza",
      {},
      "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:generateContent",
    ],
    [
      "where the configuration says",
      "AIza",
      { baseUrl: "https://x.example/v9" },
      "https://x.example/v9/models/gemini-2.5-flash:generateContent",
    ],
    [
      "on Vertex, everywhere",
      "ya29.x",
      vertex("global", "p"),
      `https://aiplatform.googleapis.com/v1/projects/p/locations/global/${PUBLISHERS}`,
    ],
    [
      "on Vertex, in a region",
      "ya29.x",
      vertex("europe-west4", "p"),
      `https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/europe-west4/${PUBLISHERS}`,
    ],
    [
      "in Vertex's express mode, which has no project",
      "AIza",
      vertex("global"),
      `https://aiplatform.googleapis.com/v1/${PUBLISHERS}`,
    ],
  ])("%s", async (_name, key, changes, url) => {
    const { provider, calls } = providerAt(key, changes);
    const answer = await provider.chat(chatRequest({}, { model: "gemini-2.5-flash" }));
    expect(calls.map(({ baseUrl, path }) => `${baseUrl}${path}`)).toEqual([url]);
    expect(answer).toMatchObject({ fields: { model: "gemini-2.5-flash-001" } });
    expect(answer.type === "json" && answer.fields["id"]).toContain("response-1");
  });

  test("with an image's URL on Vertex alone, which fetches it", async () => {
    const request = chatRequest(PHOTO, { model: "gemini-2.5-flash" });
    const onVertex = providerAt("ya29.x", vertex("global", "p"));
    await onVertex.provider.chat(request);
    expect(Buffer.from(onVertex.calls[0]?.body ?? "").toString()).toContain("https://example.com/a.png");
    const atStudio = providerAt("AIza", {});
    expect(await failureIn(atStudio.provider.chat(request))).toMatchObject({ code: "unsupported_parameter" });
    expect(atStudio.calls).toEqual([]);
  });

  test("by nobody when its credentials are broken: an alarm, and another route may answer", async () => {
    const { provider, calls } = providerAt('{"type":"service_account"', vertex("global", "p"));
    const failure = await failureIn(provider.chat(chatRequest({}, { model: "gemini-2.5-flash" })));
    expect(failure).toMatchObject({
      code: "upstream_error",
      retryable: true,
      details: { alarm: "provider_key_refused" },
    });
    expect(calls).toEqual([]);
  });
});

test("thoughts are hidden from who asks for it, and from nobody else", () => {
  const hidden = (fields: object) =>
    geminiRequest(chatRequest({ ...fields }, { model: "gemini-2.5-flash" }), false).hidesReasoning;
  expect([
    hidden({ reasoning: { exclude: true } }),
    hidden({ reasoning: { effort: "low" } }),
    hidden({}),
  ]).toEqual([true, false, false]);
});
