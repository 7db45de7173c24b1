import { GatewayError } from "../../core/errors.ts";
import { isRecord } from "../../core/is-record.ts";
import type { ProviderAnswer } from "../../core/ports.ts";
import type { ReasoningDetail } from "../../core/translate/chat.ts";
import {
  type AnswerHead,
  type AnswerMessage,
  completionAnswer,
  type ToolCall,
} from "../../core/translate/completion.ts";
import { recordOf } from "../../core/translate/read-chat.ts";
import { ANSWER_TOOL } from "../../core/translate/structured-answer.ts";
import type { UpstreamResponse } from "../../core/upstream/upstream.ts";
import { detailOf } from "./blocks.ts";
import { finishReason } from "./finish.ts";
import type { BedrockRequest } from "./request.ts";
import { readUsage } from "./usage.ts";

const MAX_JSON_BYTES = 32 * 1024 * 1024;

/** A whole answer. @throws GatewayError when it is anything else */
export async function jsonAnswer(
  { body }: UpstreamResponse,
  sent: BedrockRequest,
  head: AnswerHead,
): Promise<ProviderAnswer> {
  const answer = parse(await body.readAll(MAX_JSON_BYTES));
  const content = recordOf(recordOf(answer["output"])["message"])["content"];
  if (!Array.isArray(content)) throw notAnAnswer();
  const message = messageOf(content.map(recordOf), sent.hidesReasoning);
  const choice = { message, finishReason: finishReason(answer["stopReason"], message.toolCalls.length > 0) };
  return completionAnswer(head, [choice], readUsage(answer["usage"]), sent.dropped);
}

function messageOf(
  blocks: readonly Readonly<Record<string, unknown>>[],
  hidesReasoning: boolean,
): AnswerMessage {
  const texts: string[] = [];
  const details: ReasoningDetail[] = [];
  const toolCalls: ToolCall[] = [];
  let structured: string | undefined;
  for (const [index, block] of blocks.entries()) {
    texts.push(...textsOf(block));
    const reasoning = recordOf(block["reasoningContent"]);
    const detail = detailOf(
      isRecord(reasoning["reasoningText"]) ? reasoning["reasoningText"] : reasoning,
      index,
    );
    if (detail) details.push(detail);
    const { toolUseId, name, input, type } = recordOf(block["toolUse"]);
    // A tool that Bedrock itself has run is no call for the client.
    if (typeof name !== "string" || type === "server_tool_use") continue;
    const json = JSON.stringify(input ?? {});
    if (name === ANSWER_TOOL) structured = json;
    else toolCalls.push({ id: String(toolUseId), name, arguments: json });
  }
  return {
    text: structured ?? texts.join(""),
    reasoningText: hidesReasoning ? undefined : details.flatMap(({ text }) => text ?? []).join("\n\n"),
    reasoningDetails: hidesReasoning ? undefined : details,
    toolCalls,
  };
}

/** Text with citations has blocks of its own. */
function textsOf(block: Readonly<Record<string, unknown>>): string[] {
  if (typeof block["text"] === "string") return [block["text"]];
  const cited = recordOf(block["citationsContent"])["content"];
  return Array.isArray(cited) ? cited.map((piece) => String(recordOf(piece)["text"] ?? "")) : [];
}

function parse(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    const answer: unknown = JSON.parse(body.toString("utf8"));
    if (isRecord(answer)) return answer;
  } catch {
    // Told below.
  }
  throw notAnAnswer();
}

function notAnAnswer(): GatewayError {
  return new GatewayError("upstream_error", "The provider's answer is not one of Converse.", {
    retryable: true,
  });
}
