import { randomUUID } from "node:crypto";
import type { ReasoningDetail } from "../../core/translate/chat.ts";
import { recordOf } from "../../core/translate/read-chat.ts";
import { GEMINI_FORMAT, type Json } from "./contents.ts";

/** The only candidate: `n` is refused. */
export function candidateOf(answer: Json): Json {
  const { candidates } = answer;
  return recordOf(Array.isArray(candidates) ? candidates[0] : undefined);
}

export function partsOf(candidate: Json): Json[] {
  const { parts } = recordOf(candidate["content"]);
  return Array.isArray(parts) ? parts.map(recordOf) : [];
}

/** Of text, or of a part without any: those of calls stand with the call. */
export function signatureDetail(part: Json): ReasoningDetail | undefined {
  const data = part["thoughtSignature"];
  if (typeof data !== "string" || data === "" || part["functionCall"] !== undefined) return undefined;
  return { type: "reasoning.encrypted", data, format: GEMINI_FORMAT };
}

export function thoughtDetail(text: string): ReasoningDetail {
  return { type: "reasoning.text", text, format: GEMINI_FORMAT, index: 0 };
}

export function textOf(part: Json): string {
  return typeof part["text"] === "string" ? part["text"] : "";
}

/** Code that Google ran, which nobody here can have asked for, has no place in OpenAI's form. */
export function callIdOf(call: Json): string {
  return typeof call["id"] === "string" && call["id"] !== ""
    ? call["id"]
    : `call_${randomUUID().replaceAll("-", "").slice(0, 24)}`;
}

export function textSignature(part: Json): string | undefined {
  return typeof part["thoughtSignature"] === "string" ? part["thoughtSignature"] : undefined;
}

/** Google's log probabilities as OpenAI's. Google's top candidates come beside the chosen ones, step by step. */
export function logprobsOf(candidate: Json): object | undefined {
  const result = recordOf(candidate["logprobsResult"]);
  const { chosenCandidates: chosen, topCandidates: top } = result;
  if (!Array.isArray(chosen)) return undefined;
  const content = chosen.map((step, index) => {
    const { candidates } = recordOf(Array.isArray(top) ? top[index] : undefined);
    return {
      ...logprobOf(recordOf(step)),
      top_logprobs: Array.isArray(candidates) ? candidates.map((it) => logprobOf(recordOf(it))) : [],
    };
  });
  return { content, refusal: null };
}

function logprobOf({ token, logProbability }: Json) {
  const text = typeof token === "string" ? token : "";
  return {
    token: text,
    logprob: typeof logProbability === "number" ? logProbability : -9999,
    bytes: [...new TextEncoder().encode(text)],
  };
}
