import { isRecord } from "../../lambda/core/is-record.ts";

type Json = Readonly<Record<string, unknown>>;

const TIERS = ["auto", "default", "flex", "scale", "priority"];

/**
 * An answer or a chunk without what providers do differently from OpenAI: two of them say the same if they are equal in
 * this form. It is written apart from the adapter, which mends them, and knows nothing of it.
 */
export function canonical(answer: Json): Json {
  const { object: _, usage: stated, choices, system_fingerprint, service_tier, ...rest } = answer;
  const usage = firstRecord(stated, member(answer["x_groq"], "usage"), member(first(choices), "usage"));
  return {
    ...rest,
    choices: list(choices).map(canonicalChoice),
    ...(system_fingerprint === null ? {} : { system_fingerprint }),
    ...(TIERS.includes(String(service_tier)) && { service_tier }),
    ...(usage && { usage: canonicalUsage(usage) }),
  };
}

function canonicalChoice(choice: unknown): unknown {
  if (!isRecord(choice)) return choice;
  const { message, delta, logprobs, finish_reason, ...rest } = choice;
  const said = firstRecord(message, delta);
  return {
    ...rest,
    finish_reason: finish_reason ?? null,
    ...(logprobs !== undefined && logprobs !== null && { logprobs }),
    ...(said && { said: canonicalMessage(said) }),
  };
}

function canonicalMessage({ content, refusal, tool_calls, ...rest }: Json): Json {
  const parts = list(content);
  const thinking = parts.flatMap((part) => list(member(part, "thinking")));
  return {
    ...rest,
    content: Array.isArray(content) ? textOf(parts) : (content ?? null),
    ...(thinking.length > 0 && { reasoning_content: textOf(thinking) }),
    ...(refusal !== undefined && refusal !== null && { refusal }),
    ...(Array.isArray(tool_calls) && { tool_calls: tool_calls.map(canonicalCall) }),
  };
}

function canonicalCall(call: unknown, position: number): unknown {
  if (!isRecord(call)) return call;
  const { id, type = "function", index = position, ...rest } = call;
  return { ...rest, ...(id ? { id } : {}), type, index };
}

/** Everything that is not of the prompt is output, wherever a provider counts its reasoning. */
function canonicalUsage(usage: Json): Json {
  const { completion_tokens, prompt_tokens_details: details, ...rest } = usage;
  const { prompt_tokens: prompt, total_tokens: total } = usage;
  const isSum = typeof total === "number" && typeof prompt === "number" && total > 0;
  const cached =
    Number(member(details, "cached_tokens") ?? 0) ||
    Number(usage["prompt_cache_hit_tokens"] ?? 0) ||
    Number(usage["cached_tokens"] ?? 0);
  const { cached_tokens: _, ...others } = isRecord(details) ? details : {};
  return {
    ...rest,
    completion_tokens: isSum ? total - prompt : completion_tokens,
    prompt_tokens_details: { ...others, cached_tokens: cached },
  };
}

function textOf(parts: readonly unknown[]): string {
  return parts.map((part) => String(member(part, "text") ?? "")).join("");
}

function member(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined;
}

function first(value: unknown): unknown {
  return list(value)[0];
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function firstRecord(...values: unknown[]): Record<string, unknown> | undefined {
  return values.find(isRecord);
}
