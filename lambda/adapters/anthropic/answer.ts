import { GatewayError } from "../../core/errors.ts";
import { isRecord } from "../../core/is-record.ts";
import type { ProviderAnswer } from "../../core/ports.ts";
import type { ReasoningDetail } from "../../core/translate/chat.ts";
import { type AnswerMessage, completionAnswer, type ToolCall } from "../../core/translate/completion.ts";
import { recordOf } from "../../core/translate/read-chat.ts";
import { ANSWER_TOOL } from "../../core/translate/structured-answer.ts";
import { reportedFailure } from "../../core/upstream/failure.ts";
import type { UpstreamResponse } from "../../core/upstream/upstream.ts";
import { CLAUDE_FORMAT } from "./blocks.ts";
import { readFault } from "./fault.ts";
import { finishReason } from "./finish.ts";
import type { AnthropicRequest } from "./request.ts";
import { readUsage } from "./usage.ts";

const MAX_JSON_BYTES = 32 * 1024 * 1024;

/** A whole answer. @throws GatewayError when it is anything else, a failure that came with a 200 included */
export async function jsonAnswer(
  { body }: UpstreamResponse,
  sent: AnthropicRequest,
  nowMs: number,
): Promise<ProviderAnswer> {
  const message = parse(await body.readAll(MAX_JSON_BYTES));
  if (message["type"] === "error" || message["error"] !== undefined)
    throw reportedFailure(readFault(message));
  const content = message["content"];
  if (!Array.isArray(content)) throw notAMessage();
  const answer = messageOf(content.map(recordOf), sent.hidesReasoning);
  return completionAnswer(
    {
      id: String(message["id"] ?? "msg"),
      created: Math.floor(nowMs / 1_000),
      model: String(message["model"] ?? ""),
    },
    [
      {
        message: answer,
        finishReason: finishReason(message["stop_reason"], answer.toolCalls.length > 0),
      },
    ],
    readUsage(message["usage"]),
    sent.dropped,
  );
}

function messageOf(
  blocks: readonly Readonly<Record<string, unknown>>[],
  hidesReasoning: boolean,
): AnswerMessage {
  const texts: string[] = [];
  const thoughts: string[] = [];
  const details: ReasoningDetail[] = [];
  const toolCalls: ToolCall[] = [];
  let structured: string | undefined;
  for (const [index, block] of blocks.entries()) {
    if (block["type"] === "text") texts.push(String(block["text"] ?? ""));
    if (block["type"] === "thinking") thoughts.push(String(block["thinking"] ?? ""));
    const detail = detailOf(block, index);
    if (detail) details.push(detail);
    if (block["type"] !== "tool_use") continue;
    const input = JSON.stringify(block["input"] ?? {});
    if (block["name"] === ANSWER_TOOL) structured = input;
    else toolCalls.push({ id: String(block["id"]), name: String(block["name"]), arguments: input });
  }
  return {
    // What is said before the answer's tool is called is not part of the JSON that was asked for.
    text: structured ?? texts.join(""),
    reasoningText: hidesReasoning ? undefined : thoughts.join("\n\n"),
    reasoningDetails: hidesReasoning ? undefined : details,
    toolCalls,
  };
}

/** @param index of the block: by it the pieces of a streamed thought belong together */
function detailOf(block: Readonly<Record<string, unknown>>, index: number): ReasoningDetail | undefined {
  const { type, thinking, signature, data } = block;
  if (type === "redacted_thinking" && typeof data === "string") {
    return { type: "reasoning.encrypted", data, format: CLAUDE_FORMAT, index };
  }
  if (type !== "thinking") return undefined;
  return {
    type: "reasoning.text",
    text: typeof thinking === "string" ? thinking : "",
    ...(typeof signature === "string" && signature !== "" && { signature }),
    format: CLAUDE_FORMAT,
    index,
  };
}

function parse(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    const message: unknown = JSON.parse(body.toString("utf8"));
    if (isRecord(message)) return message;
  } catch {
    // Told below.
  }
  throw notAMessage();
}

function notAMessage(): GatewayError {
  return new GatewayError("upstream_error", "The provider's answer is not a message.", { retryable: true });
}
