import { type Behavior, json, type StreamOptions, sse, stream } from "../fakes/provider-server.ts";

// What clients ask and providers answer, in OpenAI's form.

/** A valid request for `test/model` with these changes. */
export function chat(fields: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { model: "test/model", messages: [{ role: "user", content: "Hello" }], ...fields };
}

export function usage(prompt: number, completion: number, more: object = {}) {
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion, ...more };
}

/** A whole answer. */
export function completion(content: string, reported?: object): Behavior {
  return json({
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1_700_000_000,
    model: "upstream-model",
    choices: [{ index: 0, message: { role: "assistant", content, refusal: null }, finish_reason: "stop" }],
    ...(reported && { usage: reported }),
  });
}

/** One event of a stream. */
export function chunk(content: string) {
  return { ...ENVELOPE, choices: [{ index: 0, delta: { content }, finish_reason: null }] };
}

/** The event before `[DONE]`. */
export function usageChunk(reported: object) {
  return { ...ENVELOPE, choices: [], usage: reported };
}

const ENVELOPE = {
  id: "chatcmpl-1",
  object: "chat.completion.chunk",
  created: 1_700_000_000,
  model: "upstream-model",
};

/** A stream of these events; strings (`[DONE]`) as they are. */
export function streamed(events: readonly (object | string)[], options?: StreamOptions): Behavior {
  return stream(sse(...events), options);
}
