/** Every kind of provider is sent the client's trace. */
import { expect, test } from "vitest";
import { createAnthropicProvider } from "../../lambda/adapters/anthropic/provider.ts";
import { createBedrockProvider } from "../../lambda/adapters/bedrock/provider.ts";
import { createCohereProvider } from "../../lambda/adapters/cohere/provider.ts";
import { createGeminiProvider } from "../../lambda/adapters/gemini/provider.ts";
import type { Provider } from "../../lambda/core/ports.ts";
import type { Connect } from "../../lambda/core/upstream/upstream.ts";

const timeouts = { connectMs: 1_000, firstByteMs: 1_000, idleMs: 1_000 };
const apiKey = { get: async () => "key", refresh: async () => "key" };
const signer = { region: "us-east-1", sign: async () => ({}) };
const traceHeaders = { traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" };

const KINDS: readonly (readonly [string, (connect: Connect) => Provider])[] = [
  [
    "anthropic",
    (connect) =>
      createAnthropicProvider({ settings: { kind: "anthropic", timeouts }, apiKey, connect, signer }),
  ],
  [
    "bedrock",
    (connect) => createBedrockProvider({ settings: { kind: "bedrock", timeouts }, apiKey, connect, signer }),
  ],
  ["cohere", (connect) => createCohereProvider({ settings: { kind: "cohere", timeouts }, apiKey, connect })],
  ["gemini", (connect) => createGeminiProvider({ settings: { kind: "gemini", timeouts }, apiKey, connect })],
];

test.each(KINDS)("%s", async (_, provider) => {
  const sent: object[] = [];
  const request = {
    model: "some-model",
    body: new Uint8Array(),
    fields: { messages: [{ role: "user", content: "Hi" }] },
    outputCapTokens: 100,
    stream: true,
    signal: new AbortController().signal,
    traceHeaders,
  };
  const answered = provider(() => async ({ headers }) => {
    sent.push(headers);
    throw new Error("enough");
  }).chat(request);
  await expect(answered).rejects.toThrow("enough");
  expect(sent).toEqual([expect.objectContaining(traceHeaders)]);
});
