import type { ProviderRequest } from "../../core/ports.ts";
import type { Chat, Effort, ToolChoice } from "../../core/translate/chat.ts";
import { type ClaudeReasoning, claudeReasoning, isThinking } from "../../core/translate/claude-reasoning.ts";
import { readChat } from "../../core/translate/read-chat.ts";
import {
  type AnswerMethod,
  answerTool,
  isDecodable,
  offeredTools,
} from "../../core/translate/structured-answer.ts";
import type { Refusals } from "../../core/translate/support.ts";
import { type Block, BlockWriter, systemBlocks, toolBlocks } from "./blocks.ts";
import { type Family, familyOf } from "./families.ts";
import { bedrockSupport } from "./support.ts";

export interface BedrockRequest {
  readonly body: Uint8Array;
  readonly model: string;
  readonly method: AnswerMethod;
  readonly hidesReasoning: boolean;
  readonly dropped: readonly string[];
}

/** OpenAI's request as one of Converse. @throws GatewayError 400 for what it cannot express */
export function bedrockRequest(request: ProviderRequest): BedrockRequest {
  const family = familyOf(request.model);
  const { chat, refusals } = readChat(request, bedrockSupport(request.model));
  const claude = family.claude
    ? claudeReasoning(chat, family.claude, request.outputCapTokens, refusals)
    : undefined;
  const thinks = claude !== undefined && isThinking(claude);
  const method = answerMethod(chat, family, thinks, refusals);
  const tools = toolsOf(chat, method, family, refusals);
  const additional = {
    ...claudeFields(claude, method),
    ...otherReasoning(chat, family, refusals),
    ...topKOf(chat, family, thinks, refusals),
    ...tools.additional,
  };
  const body: Block = {
    messages: new BlockWriter(family.name === "Mistral").messages(chat),
    ...(chat.system.length > 0 && { system: systemBlocks(chat.system) }),
    inferenceConfig: {
      maxTokens: request.outputCapTokens,
      ...samplingOf(chat, thinks, refusals),
      ...(chat.stop.length > 0 && { stopSequences: chat.stop }),
    },
    ...(tools.config && { toolConfig: tools.config }),
    ...(Object.keys(additional).length > 0 && { additionalModelRequestFields: additional }),
  };
  return {
    body: new TextEncoder().encode(JSON.stringify(body)),
    model: request.model,
    method,
    hidesReasoning: chat.reasoning?.isHidden ?? false,
    dropped: refusals.dropped,
  };
}

function answerMethod(
  { answerFormat, toolChoice }: Chat,
  family: Family,
  thinks: boolean,
  refusals: Refusals,
): AnswerMethod {
  if (answerFormat.type === "text" || toolChoice?.mode === "required") return { type: "text" };
  const canForce = family.takesForcedTool && !thinks;
  if (answerFormat.type === "schema" && family.hasNativeSchema) {
    if (isDecodable(answerFormat.schema) || !canForce) return { type: "native", schema: answerFormat.schema };
  }
  if (canForce) return { type: "tool", tool: answerTool(answerFormat) };
  const why = thinks ? "beside reasoning" : "for this model";
  refusals.refuse("response_format", `Amazon Bedrock has no \`response_format\` ${why}.`);
  return { type: "text" };
}

function samplingOf({ sampling }: Chat, thinks: boolean, refusals: Refusals): Block {
  const { temperature, topP } = sampling;
  const taken = (name: string, as: string, value: number | undefined, limit: string | undefined): Block => {
    if (value === undefined) return {};
    if (limit === undefined) return { [as]: value };
    refusals.refuse(name, `Amazon Bedrock takes no \`${name}\` ${limit}.`);
    return {};
  };
  const hot = temperature !== undefined && temperature > 1 ? "above 1" : undefined;
  const cold = thinks && temperature !== 1 ? "but 1 beside reasoning" : undefined;
  return {
    ...taken("temperature", "temperature", temperature, cold ?? hot),
    ...taken(
      "top_p",
      "topP",
      topP,
      thinks && topP !== undefined && topP < 0.95 ? "under 0.95 beside reasoning" : undefined,
    ),
  };
}

function claudeFields(reasoning: ClaudeReasoning | undefined, method: AnswerMethod): Block {
  const format = method.type === "native" ? { type: "json_schema", schema: method.schema } : undefined;
  const effort = reasoning?.effort;
  return {
    ...(reasoning?.thinking && { thinking: reasoning.thinking }),
    ...((effort || format) && { output_config: { ...(effort && { effort }), ...(format && { format }) } }),
  };
}

const THREE_EFFORTS: Readonly<Record<Exclude<Effort, "none">, "low" | "medium" | "high">> = {
  minimal: "low",
  low: "low",
  medium: "medium",
  high: "high",
  xhigh: "high",
  max: "high",
};

/** Nova 2 and gpt-oss take an effort, not a number. */
function otherReasoning({ reasoning: wish }: Chat, { reasoning }: Family, refusals: Refusals): Block {
  if (!wish || reasoning === "claude" || reasoning === "none") return {};
  if (wish.effort === undefined) {
    if (wish.budgetTokens === undefined) return {};
    refusals.refuse(
      wish.param,
      `\`${wish.param}\` names a number of tokens, and this model takes an effort.`,
    );
    return {};
  }
  if (reasoning === "gpt-oss")
    return wish.effort === "none" ? {} : { reasoning_effort: THREE_EFFORTS[wish.effort] };
  if (wish.effort === "none") return { reasoningConfig: { type: "disabled" } };
  const effort = THREE_EFFORTS[wish.effort];
  if (effort === "high") {
    // Nova takes its highest effort only without maxTokens, and the cap is what was paid for.
    refusals.refuse(
      wish.param,
      `\`${wish.param}\`: medium is the most that Nova takes with a cap on its answer.`,
    );
    return {};
  }
  return { reasoningConfig: { type: "enabled", maxReasoningEffort: effort } };
}

function topKOf({ sampling: { topK } }: Chat, family: Family, thinks: boolean, refusals: Refusals): Block {
  if (topK === undefined) return {};
  if (thinks) {
    refusals.refuse("top_k", "Amazon Bedrock takes no `top_k` beside reasoning.");
    return {};
  }
  return family.topK === "top_k" ? { top_k: topK } : { inferenceConfig: { topK } };
}

function toolsOf(
  chat: Chat,
  method: AnswerMethod,
  family: Family,
  refusals: Refusals,
): { config?: Block; additional?: Block } {
  const { tools, choice, parallel } = offeredTools(chat, method);
  if (tools.length === 0) return {};
  const blocks = tools.flatMap(toolBlocks);
  if (choice?.mode === "none") return withoutCalls(chat, blocks, refusals);
  if (family.claude && !parallel) {
    return { config: { tools: blocks }, additional: { tool_choice: claudeChoice(choice) } };
  }
  const toolChoice = choiceOf(choice);
  return { config: { tools: blocks, ...(toolChoice && { toolChoice }) } };
}

/** Converse has no "none": the tools are not told of, unless earlier calls make it ask for them. */
function withoutCalls({ turns }: Chat, tools: readonly Block[], refusals: Refusals): { config?: Block } {
  const hasCalls = turns.some(({ parts }) => parts.some(({ type }) => type === "tool_call"));
  if (!hasCalls) return {};
  refusals.refuse("tool_choice", "Amazon Bedrock has no `tool_choice` of none after earlier calls.");
  return { config: { tools } };
}

function choiceOf(choice: ToolChoice | undefined): Block | undefined {
  if (!choice) return undefined;
  const [name, ...others] = choice.only ?? [];
  if (choice.mode !== "required") return { auto: {} };
  return name !== undefined && others.length === 0 ? { tool: { name } } : { any: {} };
}

/** Only Claude's own member can ask for one call at a time. */
function claudeChoice(choice: ToolChoice | undefined): Block {
  const single = { disable_parallel_tool_use: true };
  const [name, ...others] = choice?.only ?? [];
  if (choice?.mode !== "required") return { type: "auto", ...single };
  return name !== undefined && others.length === 0
    ? { type: "tool", name, ...single }
    : { type: "any", ...single };
}
