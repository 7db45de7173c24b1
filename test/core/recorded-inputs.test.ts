import { expect, test } from "vitest";
import { inputBoundTokens, inputEstimateTokens } from "../../lambda/core/input-bound.ts";
import { recordedChats, whyNoRecordedChats } from "../fakes/recorded-chats.ts";
import { testModel } from "./test-model.ts";

const reason = whyNoRecordedChats();
if (reason) console.log(`Recorded inputs are skipped: ${reason}.`);

const chats = reason ? [] : recordedChats();
// No model's window is so large, so it hides nothing. OpenAI publishes 1,536 patches an image at most, and 2.46 tokens a
// patch for its dearest model.
const model = testModel({ contextWindow: 100_000_000, maxImageTokens: 3_779 });

const partsOf = (request: (typeof chats)[number]["request"]) => ({
  // The shortest form in which a client can have sent it.
  bodyBytes: Buffer.byteLength(JSON.stringify(request)),
  messages: request.messages,
  tools: request.tools,
  responseFormat: request.response_format,
});

const over = (figure: typeof inputBoundTokens) =>
  chats
    .map((chat) => ({ ...chat, figure: figure(partsOf(chat.request), model) }))
    .filter((chat) => chat.promptTokens > chat.figure)
    .map(({ name, promptTokens, figure }) => `${name}: ${promptTokens} tokens, figured ${figure}`);

test.skipIf(reason)("No recorded request was billed for more input than its bound.", () => {
  const exceptions = over(inputBoundTokens);
  console.log(`${chats.length} recorded requests, ${exceptions.length} above the bound`, exceptions);
  expect(chats.length).toBeGreaterThan(150);
  expect(exceptions).toEqual([]);
});

test.skipIf(reason)(
  "Only a provider's hidden prompt made a recorded request dearer than the estimate.",
  () => {
    const exceptions = over(inputEstimateTokens);
    console.log(`${chats.length} recorded requests, ${exceptions.length} above the estimate`, exceptions);
    // Grok 4 by way of OpenRouter: 5 tokens of the client's and 682 of xAI's own, which it caches.
    expect(exceptions.map((exception) => exception.split(":")[0])).toEqual([
      "openrouter/chat.json.cacheRead-reasoning.01",
      "openrouter/chat.stream.cacheRead-reasoning.01",
    ]);
  },
);
