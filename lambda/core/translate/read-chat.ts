import { isRecord } from "../is-record.ts";
import type { ProviderRequest } from "../ports.ts";
import type { Chat } from "./chat.ts";
import { listOf, optionalBoolean, optionalNumber, optionalString, readCacheControl } from "./read-fields.ts";
import { readMessages } from "./read-messages.ts";
import { readReasoning } from "./read-reasoning.ts";
import { readAnswerFormat, readToolChoice, readTools } from "./read-tools.ts";
import { createRefusals, expressible, type Refusals, type Support } from "./support.ts";

export interface ReadChat {
  readonly chat: Chat;
  /** For what only the translator can find to be inexpressible; `dropped` is for the answer. */
  readonly refusals: Refusals;
}

/**
 * The client's request in types, after everything that this provider cannot express was refused or, with
 * `"drop_unsupported": true`, left out.
 * @throws GatewayError 400 that names the field, and the provider where it is the provider's limit
 */
export function readChat({ fields }: Pick<ProviderRequest, "fields">, support: Support): ReadChat {
  const refusals = createRefusals(support, fields["drop_unsupported"] === true);
  const kept = expressible(fields, refusals);
  const { system, turns } = readMessages(kept["messages"], refusals);
  const tools = readTools(kept["tools"], refusals);
  const chat: Chat = {
    system,
    turns,
    tools,
    toolChoice: readToolChoice(kept["tool_choice"], tools),
    parallelToolCalls: optionalBoolean(kept["parallel_tool_calls"], "parallel_tool_calls") ?? true,
    answerFormat: readAnswerFormat(kept["response_format"]),
    reasoning: readReasoning(kept),
    sampling: {
      temperature: optionalNumber(kept["temperature"], "temperature"),
      topP: optionalNumber(kept["top_p"], "top_p"),
      topK: optionalNumber(kept["top_k"], "top_k"),
      seed: optionalNumber(kept["seed"], "seed"),
      frequencyPenalty: optionalNumber(kept["frequency_penalty"], "frequency_penalty"),
      presencePenalty: optionalNumber(kept["presence_penalty"], "presence_penalty"),
    },
    stop: readStop(kept["stop"]),
    choices: optionalNumber(kept["n"], "n") ?? 1,
    topLogprobs:
      kept["logprobs"] === true ? (optionalNumber(kept["top_logprobs"], "top_logprobs") ?? 0) : undefined,
    user: optionalString(kept["user"] ?? kept["safety_identifier"], "user"),
    cacheControl: readCacheControl(kept["cache_control"], "cache_control"),
  };
  return { chat, refusals };
}

function readStop(stop: unknown): string[] {
  const list = typeof stop === "string" ? [stop] : listOf(stop, "stop");
  return list.filter((sequence): sequence is string => typeof sequence === "string" && sequence !== "");
}

/** Anything of JSON as an object, for reading what a provider may have sent. */
export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}
