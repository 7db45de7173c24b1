import type { ProviderRequest } from "../../core/ports.ts";
import type { Chat } from "../../core/translate/chat.ts";
import { readChat } from "../../core/translate/read-chat.ts";
import { thinkingBudgetTokens } from "../../core/translate/read-reasoning.ts";
import { offeredTools } from "../../core/translate/structured-answer.ts";
import type { Refusals } from "../../core/translate/support.ts";
import { type Json, messagesOf, toolOf } from "./messages.ts";
import { type CommandTraits, commandTraits } from "./models.ts";
import { cohereSupport } from "./support.ts";

export interface CohereRequest {
  readonly body: Uint8Array;
  /** Cohere's answers do not name it. */
  readonly model: string;
  readonly hidesReasoning: boolean;
  readonly dropped: readonly string[];
}

const MOST_STOPS = 5;
const MOST_TOP_K = 500;

/** OpenAI's request as one of Cohere's Chat API. @throws GatewayError 400 for what it cannot express */
export function cohereRequest(request: ProviderRequest): CohereRequest {
  const { chat, refusals } = readChat(request, cohereSupport(request.model));
  const traits = commandTraits(request.model);
  const body: Json = {
    model: request.model,
    max_tokens: request.outputCapTokens,
    messages: messagesOf(chat),
    ...samplingOf(chat, refusals),
    ...stopOf(chat, refusals),
    ...toolsOf(chat, traits, refusals),
    ...answerFormat(chat, refusals),
    ...thinkingOf(chat, traits, request.outputCapTokens, refusals),
    stream: request.stream,
  };
  return {
    body: new TextEncoder().encode(JSON.stringify(body)),
    model: request.model,
    hidesReasoning: chat.reasoning?.isHidden ?? false,
    dropped: refusals.dropped,
  };
}

function samplingOf({ sampling, topLogprobs }: Chat, refusals: Refusals): Json {
  const { temperature, topP, topK, seed, frequencyPenalty, presencePenalty } = sampling;
  const within = (param: string, as: string, value: number | undefined, most: number): Json => {
    if (value === undefined) return {};
    if (value >= 0 && value <= most) return { [as]: value };
    refusals.refuse(param, `Cohere takes a \`${param}\` from 0 to ${most}.`);
    return {};
  };
  return {
    ...(temperature !== undefined && { temperature }),
    // OpenAI's 0 and 1 ask for the same as the nearest that Cohere takes.
    ...(topP !== undefined && { p: Math.min(0.99, Math.max(0.01, topP)) }),
    ...within("top_k", "k", topK, MOST_TOP_K),
    ...(seed !== undefined && { seed }),
    ...within("frequency_penalty", "frequency_penalty", frequencyPenalty, 1),
    ...within("presence_penalty", "presence_penalty", presencePenalty, 1),
    ...(topLogprobs !== undefined && { logprobs: true }),
  };
}

function stopOf({ stop }: Chat, refusals: Refusals): Json {
  if (stop.length === 0) return {};
  if (stop.length <= MOST_STOPS) return { stop_sequences: stop };
  refusals.refuse("stop", `Cohere takes up to ${MOST_STOPS} \`stop\` sequences.`);
  return {};
}

/** Allowed tools are those that are offered. */
function toolsOf(chat: Chat, { takesToolChoice }: CommandTraits, refusals: Refusals): Json {
  const { tools, choice } = offeredTools(chat, { type: "text" });
  const mode = choice?.mode ?? "auto";
  if (tools.length === 0) return {};
  // Who cannot be told not to call is not told of the tools.
  if (mode === "none" && !takesToolChoice) return {};
  if (mode === "required" && !takesToolChoice) {
    refusals.refuse("tool_choice", "This Cohere model cannot be made to call a tool.");
  }
  return {
    tools: tools.map(toolOf),
    ...(tools.some(({ strict }) => strict) && { strict_tools: true }),
    ...(mode !== "auto" && takesToolChoice && { tool_choice: mode === "none" ? "NONE" : "REQUIRED" }),
  };
}

function answerFormat({ answerFormat: format, tools }: Chat, refusals: Refusals): Json {
  if (format.type === "text") return {};
  if (tools.length > 0) {
    refusals.refuse("response_format", "Cohere takes no `response_format` of this type beside tools.");
    return {};
  }
  return {
    response_format: {
      type: "json_object",
      ...(format.type === "schema" && { json_schema: format.schema }),
    },
  };
}

/** Thoughts are part of `max_tokens`, which is never raised: a budget stays under it. */
function thinkingOf(
  { reasoning: wish }: Chat,
  { reasons }: CommandTraits,
  capTokens: number,
  refusals: Refusals,
): Json {
  if (!wish || !reasons) return {};
  if (wish.effort === "none") return { thinking: { type: "disabled" } };
  if (wish.effort === undefined && wish.budgetTokens === undefined) return {};
  const budget = thinkingBudgetTokens(wish, { capTokens, minimumTokens: 1, maximumTokens: capTokens });
  if (budget !== undefined) return { thinking: { type: "enabled", token_budget: budget } };
  refusals.refuse(wish.param, `\`${wish.param}\`: an answer of ${capTokens} token has no room to think.`);
  return {};
}
