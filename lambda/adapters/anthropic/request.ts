import type { ProviderRequest } from "../../core/ports.ts";
import type { Chat, ToolChoice } from "../../core/translate/chat.ts";
import { type ClaudeTraits, claudeTraits } from "../../core/translate/claude.ts";
import { type ClaudeReasoning, claudeReasoning, isThinking } from "../../core/translate/claude-reasoning.ts";
import { readChat } from "../../core/translate/read-chat.ts";
import {
  type AnswerMethod,
  answerTool,
  isDecodable,
  offeredTools,
} from "../../core/translate/structured-answer.ts";
import type { Refusals } from "../../core/translate/support.ts";
import { type Block, cached, messagesOf, textBlock, toolOf } from "./blocks.ts";
import { anthropicSupport } from "./support.ts";

export interface AnthropicRequest {
  readonly body: Uint8Array;
  readonly method: AnswerMethod;
  readonly hidesReasoning: boolean;
  readonly dropped: readonly string[];
}

/** OpenAI's request as one of the Messages API. @throws GatewayError 400 for what it cannot express */
export function anthropicRequest(request: ProviderRequest): AnthropicRequest {
  const { chat, refusals } = readChat(request, anthropicSupport(request.model));
  const traits = claudeTraits(request.model);
  const reasoning = claudeReasoning(chat, traits, request.outputCapTokens, refusals);
  const method = answerMethod(chat, traits, reasoning, refusals);
  const body: Block = {
    model: request.model,
    max_tokens: request.outputCapTokens,
    ...(chat.system.length > 0 && { system: chat.system.map(textBlock) }),
    messages: messagesOf(chat.turns),
    ...samplingOf(chat, isThinking(reasoning), refusals),
    ...(chat.stop.length > 0 && { stop_sequences: chat.stop }),
    ...toolsOf(chat, method),
    ...(reasoning.thinking && { thinking: reasoning.thinking }),
    ...outputConfig(reasoning, method),
    ...(chat.user !== undefined && { metadata: { user_id: chat.user } }),
    ...cached(chat.cacheControl),
    ...(request.stream && { stream: true }),
  };
  return {
    body: new TextEncoder().encode(JSON.stringify(body)),
    method,
    hidesReasoning: chat.reasoning?.isHidden ?? false,
    dropped: refusals.dropped,
  };
}

/** Its own schemas where they hold as they are; else a tool that it must call, which a model that thinks cannot be made to. */
function answerMethod(
  { answerFormat, toolChoice }: Chat,
  traits: ClaudeTraits,
  reasoning: ClaudeReasoning,
  refusals: Refusals,
): AnswerMethod {
  // Who must call a tool does not answer.
  if (answerFormat.type === "text" || toolChoice?.mode === "required") return { type: "text" };
  const canForce = traits.takesForcedTool && !isThinking(reasoning);
  if (answerFormat.type === "schema" && traits.hasNativeSchema) {
    if (isDecodable(answerFormat.schema) || !canForce) return { type: "native", schema: answerFormat.schema };
  }
  if (canForce) return { type: "tool", tool: answerTool(answerFormat) };
  const why = isThinking(reasoning) ? "beside reasoning" : "for this model";
  refusals.refuse("response_format", `Anthropic has no \`response_format\` of this type ${why}.`);
  return { type: "text" };
}

function samplingOf({ sampling }: Chat, thinks: boolean, refusals: Refusals): Block {
  const { temperature, topP, topK } = sampling;
  const taken = (name: string, value: number | undefined, limit: string | undefined): Block => {
    if (value === undefined) return {};
    if (limit === undefined) return { [name]: value };
    refusals.refuse(name, `Anthropic takes no \`${name}\` ${limit}.`);
    return {};
  };
  return {
    ...taken("temperature", temperature, temperatureLimit(temperature, thinks)),
    ...taken(
      "top_p",
      topP,
      thinks && topP !== undefined && topP < 0.95 ? "under 0.95 beside reasoning" : undefined,
    ),
    ...taken("top_k", topK, thinks ? "beside reasoning" : undefined),
  };
}

function temperatureLimit(temperature: number | undefined, thinks: boolean): string | undefined {
  if (temperature === undefined) return undefined;
  if (thinks && temperature !== 1) return "but 1 beside reasoning";
  return temperature > 1 ? "above 1" : undefined;
}

function toolsOf(chat: Chat, method: AnswerMethod): Block {
  const { tools, choice, parallel } = offeredTools(chat, method);
  if (tools.length === 0) return {};
  const type = choiceOf(choice);
  const isLimited = !parallel && choice?.mode !== "none";
  return {
    tools: tools.map(toolOf),
    ...((type || isLimited) && {
      tool_choice: { ...(type ?? { type: "auto" }), ...(isLimited && { disable_parallel_tool_use: true }) },
    }),
  };
}

/** Several allowed tools are those that are offered. */
function choiceOf(choice: ToolChoice | undefined): Block | undefined {
  if (!choice) return undefined;
  const [name, ...others] = choice.only ?? [];
  if (choice.mode !== "required") return { type: choice.mode };
  return name !== undefined && others.length === 0 ? { type: "tool", name } : { type: "any" };
}

function outputConfig({ effort }: ClaudeReasoning, method: AnswerMethod): Block {
  const format = method.type === "native" ? { type: "json_schema", schema: method.schema } : undefined;
  if (!effort && !format) return {};
  return { output_config: { ...(effort && { effort }), ...(format && { format }) } };
}
