import { recordOf } from "../../core/translate/read-chat.ts";
import type { ProviderFault } from "../../core/upstream/failure.ts";

/** Cohere: `{id, message}`, some with an `error_type`; a stream's end has `error`. */
export function readFault(body: unknown): ProviderFault {
  const { message, error, error_type: type, finish_reason: reason } = recordOf(body);
  const text = [message, error].find((it) => typeof it === "string");
  if (typeof text !== "string") return typeof reason === "string" ? { message: reason } : {};
  return {
    message: text,
    type: typeof type === "string" && /^\w{1,64}$/.test(type) ? type : undefined,
    // OpenAI's word, on which clients shorten their prompts.
    code:
      type === "TOO_MANY_TOKENS" || /^too many tokens/i.test(text) ? "context_length_exceeded" : undefined,
  };
}
