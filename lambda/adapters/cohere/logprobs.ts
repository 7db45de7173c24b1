import { recordOf } from "../../core/translate/read-chat.ts";

/** Cohere's log probabilities as OpenAI's. A text of several tokens has one for each: its own is their sum. */
export function logprobsOf(items: readonly unknown[]): object {
  const content = items.map((item) => {
    const { text, logprobs } = recordOf(item);
    const token = typeof text === "string" ? text : "";
    const each: unknown[] = Array.isArray(logprobs) ? logprobs : [];
    const logprob = each.reduce<number>((sum, it) => sum + (typeof it === "number" ? it : 0), 0);
    return { token, logprob, bytes: [...new TextEncoder().encode(token)], top_logprobs: [] };
  });
  return { content, refusal: null };
}
