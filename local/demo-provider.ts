import { setTimeout as pause } from "node:timers/promises";
import type { CatalogFile } from "../lambda/core/catalog.ts";
import type { Provider, ProviderRequest, StreamPart } from "../lambda/core/ports.ts";
import { NO_USAGE, type Usage } from "../lambda/core/usage.ts";

export const DEMO_PROVIDER = "demo";

const PRICES = {
  inputUsdPerMillion: "0.10",
  outputUsdPerMillion: "0.40",
  cacheReadUsdPerMillion: "0.10",
  cacheWriteUsdPerMillion: "0.10",
  cacheWrite1hUsdPerMillion: "0.10",
  reasoningUsdPerMillion: "0.40",
  audioInputUsdPerMillion: "0.10",
  audioCacheReadUsdPerMillion: "0.10",
  audioOutputUsdPerMillion: "0.40",
  imageOutputUsdPerMillion: "0.40",
  tiers: [],
} as const;

/** A model that needs no provider: it says back what it was told, so that the first request works without any key. */
export const DEMO_MODEL: CatalogFile["models"][number] = {
  id: "demo/echo",
  ownedBy: "wlrouter",
  contextWindow: 32_768,
  maxOutputTokens: 4_096,
  inputModalities: ["text"],
  outputModalities: ["text"],
  prices: PRICES,
  routes: [{ provider: DEMO_PROVIDER, model: "echo", costs: PRICES }],
};

/** Milliseconds between two words of a stream: quick, but to be seen. */
const WORD_PAUSE_MS = 15;

/** A word with the space before it is one token, in and out alike, so what it counts is what anyone can count. */
function tokensOf(text: string): string[] {
  return text.match(/\s*\S+/g) ?? [];
}

export function createDemoProvider(): Provider {
  return {
    async chat(request) {
      const words = tokensOf(lastUserText(request));
      const said = words.slice(0, request.outputCapTokens);
      const choices = Number(request.fields["n"] ?? 1);
      const answer: EchoAnswer = {
        id: `chatcmpl-demo-${Date.now().toString(36)}`,
        created: Math.floor(Date.now() / 1000),
        said,
        choices,
        finishReason: said.length < words.length ? "length" : "stop",
        usage: { ...NO_USAGE, inputTokens: inputTokens(request), outputTokens: said.length * choices },
      };
      return request.stream ? { type: "stream", parts: stream(answer, request.signal) } : whole(answer);
    },
  };
}

interface EchoAnswer {
  readonly id: string;
  readonly created: number;
  readonly said: readonly string[];
  readonly choices: number;
  readonly finishReason: "stop" | "length";
  readonly usage: Usage;
}

function whole(answer: EchoAnswer) {
  const fields = {
    id: answer.id,
    object: "chat.completion",
    created: answer.created,
    model: "echo",
    choices: indexes(answer).map((index) => ({
      index,
      message: { role: "assistant", content: answer.said.join(""), refusal: null },
      logprobs: null,
      finish_reason: answer.finishReason,
    })),
    usage: openAiUsage(answer.usage),
  };
  const body = new TextEncoder().encode(JSON.stringify(fields));
  return { type: "json" as const, body, fields, usage: answer.usage };
}

async function* stream(answer: EchoAnswer, signal: AbortSignal): AsyncIterable<StreamPart> {
  yield events(answer, { role: "assistant", content: "" }, null);
  for (const content of answer.said) {
    await pause(WORD_PAUSE_MS, undefined, { signal });
    yield events(answer, { content }, null);
  }
  yield events(answer, {}, answer.finishReason);
  const chunk = { ...envelope(answer), choices: [], usage: openAiUsage(answer.usage) };
  yield { type: "usage", usage: answer.usage, chunk };
  yield { type: "done" };
}

function events(answer: EchoAnswer, delta: object, finishReason: string | null): StreamPart {
  const choices = indexes(answer).map((index) => ({
    index,
    delta,
    logprobs: null,
    finish_reason: finishReason,
  }));
  const data = JSON.stringify({ ...envelope(answer), choices });
  return { type: "events", bytes: new TextEncoder().encode(`data: ${data}\n\n`) };
}

function envelope({ id, created }: EchoAnswer) {
  return { id, object: "chat.completion.chunk", created, model: "echo" };
}

function indexes(answer: EchoAnswer): number[] {
  return Array.from({ length: answer.choices }, (_, index) => index);
}

function openAiUsage({ inputTokens, outputTokens }: Usage) {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
  };
}

function inputTokens(request: ProviderRequest): number {
  return messagesOf(request).reduce((sum, message) => sum + tokensOf(textOf(message)).length, 0);
}

function lastUserText(request: ProviderRequest): string {
  const last = messagesOf(request).findLast((message) => message["role"] === "user");
  return last ? textOf(last) : "";
}

function messagesOf(request: ProviderRequest): Record<string, unknown>[] {
  const messages = request.fields["messages"];
  return Array.isArray(messages) ? messages : [];
}

function textOf(message: Record<string, unknown>): string {
  const content = message["content"];
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part: Record<string, unknown>) => String(part["text"] ?? "")).join(" ");
}
