import type { ProviderRequest } from "../../core/ports.ts";
import type { Chat, ToolChoice, ToolSpec } from "../../core/translate/chat.ts";
import { readChat } from "../../core/translate/read-chat.ts";
import type { Refusals } from "../../core/translate/support.ts";
import { contentsOf, type Json } from "./contents.ts";
import { type GeminiTraits, geminiTraits } from "./models.ts";
import { geminiSupport } from "./support.ts";
import { thinkingConfig } from "./thinking.ts";

export interface GeminiRequest {
  readonly body: Uint8Array;
  readonly hidesReasoning: boolean;
  readonly dropped: readonly string[];
}

const MOST_STOPS = 5;

/** OpenAI's request as one of generateContent. @throws GatewayError 400 for what it cannot express */
export function geminiRequest(request: ProviderRequest, isVertex: boolean): GeminiRequest {
  const { chat, refusals } = readChat(request, geminiSupport(request.model, isVertex));
  const traits = geminiTraits(request.model);
  const body: Json = {
    ...(chat.system.length > 0 && {
      systemInstruction: { parts: chat.system.map(({ text }) => ({ text })) },
    }),
    contents: contentsOf(chat.turns, traits),
    ...toolsOf(chat),
    generationConfig: {
      maxOutputTokens: request.outputCapTokens,
      ...samplingOf(chat, refusals),
      ...answerFormat(chat, traits, refusals),
      ...thinkingConfig(chat.reasoning, traits, request.outputCapTokens, refusals),
    },
  };
  return {
    body: new TextEncoder().encode(JSON.stringify(body)),
    hidesReasoning: chat.reasoning?.isHidden ?? false,
    dropped: refusals.dropped,
  };
}

function samplingOf({ sampling, stop, topLogprobs }: Chat, refusals: Refusals): Json {
  if (stop.length > MOST_STOPS)
    refusals.refuse("stop", `Google takes up to ${MOST_STOPS} \`stop\` sequences.`);
  const { temperature, topP, topK, seed, frequencyPenalty, presencePenalty } = sampling;
  return {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(topK !== undefined && { topK }),
    ...(seed !== undefined && { seed }),
    ...(frequencyPenalty !== undefined && { frequencyPenalty }),
    ...(presencePenalty !== undefined && { presencePenalty }),
    ...(stop.length > 0 && stop.length <= MOST_STOPS && { stopSequences: stop }),
    // Google's smallest number of alternatives is one; who wanted none is given none.
    ...(topLogprobs !== undefined && { responseLogprobs: true, logprobs: Math.max(1, topLogprobs) }),
  };
}

function answerFormat({ answerFormat: format, tools }: Chat, traits: GeminiTraits, refusals: Refusals): Json {
  if (format.type === "text") return {};
  if (tools.length > 0 && !traits.hasSchemaBesideTools) {
    refusals.refuse("response_format", "This Gemini takes no `response_format` of this type beside tools.");
    return {};
  }
  return {
    responseMimeType: "application/json",
    ...(format.type === "schema" && { responseJsonSchema: format.schema }),
  };
}

function toolsOf({ tools, toolChoice }: Chat): Json {
  if (tools.length === 0) return {};
  const offered =
    toolChoice?.mode === "auto" ? tools.filter(({ name }) => isAllowed(name, toolChoice)) : tools;
  return {
    tools: [{ functionDeclarations: offered.map(declaration) }],
    ...toolConfig(offered, toolChoice),
  };
}

function isAllowed(name: string, { only }: ToolChoice): boolean {
  return !only || only.includes(name);
}

function declaration({ name, description, parameters }: ToolSpec): Json {
  return { name, ...(description !== undefined && { description }), parametersJsonSchema: parameters };
}

const MODES = { none: "NONE", auto: "AUTO", required: "ANY" } as const;

function toolConfig(tools: readonly ToolSpec[], choice: ToolChoice | undefined): Json {
  const isStrict = tools.some(({ strict }) => strict) && (choice?.mode ?? "auto") === "auto";
  if (!choice && !isStrict) return {};
  const only = choice?.mode === "required" ? choice.only : undefined;
  return {
    toolConfig: {
      functionCallingConfig: {
        mode: isStrict ? "VALIDATED" : MODES[choice?.mode ?? "auto"],
        ...(only && { allowedFunctionNames: only }),
      },
    },
  };
}
