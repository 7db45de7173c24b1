import type { OpenAiCompatibleSettings } from "../../../lambda/core/catalog.ts";
import type { ProviderAnswer, ProviderRequest, StreamPart } from "../../../lambda/core/ports.ts";

const encoder = new TextEncoder();

export function providerSettings(settings: Partial<OpenAiCompatibleSettings> = {}): OpenAiCompatibleSettings {
  return {
    kind: "openai-compatible",
    baseUrl: "http://127.0.0.1:1/v1",
    chatPath: "/chat/completions",
    apiKeyHeader: "authorization",
    reasoningIn: "field",
    outputCapParameter: "max_completion_tokens",
    streamUsage: "request",
    timeouts: { connectMs: 5_000, firstByteMs: 20_000, idleMs: 20_000 },
    ...settings,
  };
}

export function chatRequest(
  fields: Readonly<Record<string, unknown>> = {},
  request: Partial<ProviderRequest> = {},
): ProviderRequest {
  const all = { model: "public-name", messages: [{ role: "user", content: "Hi" }], ...fields };
  return {
    model: "upstream-name",
    body: encoder.encode(JSON.stringify(all)),
    fields: all,
    outputCapTokens: 100,
    stream: fields["stream"] === true,
    signal: new AbortController().signal,
    ...request,
  };
}

export async function collect(answer: ProviderAnswer): Promise<StreamPart[]> {
  if (answer.type !== "stream") throw new Error("not a stream");
  const parts: StreamPart[] = [];
  for await (const part of answer.parts) parts.push(part);
  return parts;
}

/** The error of a promise that should have failed. */
export async function failureIn(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => {
      throw new Error(`expected a failure, got ${JSON.stringify(value)}`);
    },
    (error: unknown) => error,
  );
}
