import { GatewayError } from "../../core/errors.ts";
import { isRecord } from "../../core/is-record.ts";
import type { ProviderAnswer } from "../../core/ports.ts";
import type { ReasoningDetail } from "../../core/translate/chat.ts";
import { type AnswerMessage, completionAnswer, type ToolCall } from "../../core/translate/completion.ts";
import { recordOf } from "../../core/translate/read-chat.ts";
import { reportedFailure } from "../../core/upstream/failure.ts";
import type { UpstreamResponse } from "../../core/upstream/upstream.ts";
import { readFault } from "./fault.ts";
import { finishReason, isFailure } from "./finish.ts";
import { logprobsOf } from "./logprobs.ts";
import { type Json, planDetail, thoughtDetail } from "./messages.ts";
import type { CohereRequest } from "./request.ts";
import { readUsage } from "./usage.ts";

const MAX_JSON_BYTES = 32 * 1024 * 1024;

/** A whole answer. @throws GatewayError when it is anything else, a failure that came with a 200 included */
export async function jsonAnswer(
  { body }: UpstreamResponse,
  sent: CohereRequest,
  nowMs: number,
): Promise<ProviderAnswer> {
  const answer = parse(await body.readAll(MAX_JSON_BYTES));
  const reason = answer["finish_reason"];
  if (isFailure(reason)) throw reportedFailure(readFault(answer));
  if (!isRecord(answer["message"])) throw notAnAnswer();
  const message = messageOf(answer["message"], sent.hidesReasoning);
  const { logprobs } = answer;
  return completionAnswer(
    { id: String(answer["id"] ?? "chat"), created: Math.floor(nowMs / 1_000), model: sent.model },
    [
      {
        message,
        finishReason: finishReason(reason, message.toolCalls.length > 0),
        logprobs: Array.isArray(logprobs) ? logprobsOf(logprobs) : undefined,
      },
    ],
    readUsage(answer["usage"]),
    sent.dropped,
  );
}

function messageOf(message: Json, hidesReasoning: boolean): AnswerMessage {
  const texts: string[] = [];
  const thoughts: string[] = [];
  const details: ReasoningDetail[] = [];
  const { content, tool_plan: plan, tool_calls: calls } = message;
  for (const [index, value] of listOf(content).entries()) {
    const { type, text, thinking } = recordOf(value);
    if (type === "text" && typeof text === "string") texts.push(text);
    if (type !== "thinking" || typeof thinking !== "string") continue;
    thoughts.push(thinking);
    details.push(thoughtDetail(thinking, index));
  }
  if (typeof plan === "string" && plan !== "") {
    thoughts.push(plan);
    details.push(planDetail(plan));
  }
  return {
    text: texts.join(""),
    reasoningText: hidesReasoning ? undefined : thoughts.join("\n\n"),
    reasoningDetails: hidesReasoning ? undefined : details,
    toolCalls: listOf(calls).map((call) => toolCallOf(recordOf(call))),
  };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A call without arguments has the JSON `null`, and OpenAI's are an object. */
function toolCallOf(call: Json): ToolCall {
  const { name, arguments: text } = recordOf(call["function"]);
  const isEmpty = typeof text !== "string" || text === "" || text === "null";
  return { id: String(call["id"]), name: String(name), arguments: isEmpty ? "{}" : text };
}

function parse(body: Buffer): Json {
  try {
    const answer: unknown = JSON.parse(body.toString("utf8"));
    if (isRecord(answer)) return answer;
  } catch {
    // Told below.
  }
  throw notAnAnswer();
}

function notAnAnswer(): GatewayError {
  return new GatewayError("upstream_error", "The provider's answer is not a message.", { retryable: true });
}
