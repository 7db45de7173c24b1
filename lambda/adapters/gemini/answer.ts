import { GatewayError } from "../../core/errors.ts";
import { isRecord } from "../../core/is-record.ts";
import type { ProviderAnswer } from "../../core/ports.ts";
import type { ReasoningDetail } from "../../core/translate/chat.ts";
import { type AnswerHead, type AnswerMessage, completionAnswer } from "../../core/translate/completion.ts";
import { recordOf } from "../../core/translate/read-chat.ts";
import { reportedFailure } from "../../core/upstream/failure.ts";
import type { UpstreamResponse } from "../../core/upstream/upstream.ts";
import type { Json } from "./contents.ts";
import { readFault } from "./fault.ts";
import { finishReason, isUnreadable } from "./finish.ts";
import {
  callIdOf,
  candidateOf,
  logprobsOf,
  partsOf,
  signatureDetail,
  textOf,
  textSignature,
  thoughtDetail,
} from "./parts.ts";
import type { GeminiRequest } from "./request.ts";
import { readUsage } from "./usage.ts";

const MAX_JSON_BYTES = 32 * 1024 * 1024;

/** A whole answer. @throws GatewayError when it is anything else, a failure that came with a 200 included */
export async function jsonAnswer(
  { body }: UpstreamResponse,
  sent: GeminiRequest,
  nowMs: number,
): Promise<ProviderAnswer> {
  const answer = parse(await body.readAll(MAX_JSON_BYTES));
  if (answer["error"] !== undefined) throw reportedFailure(readFault(answer));
  if (!Array.isArray(answer["candidates"]) && !isBlocked(answer)) throw notAnAnswer();
  const candidate = candidateOf(answer);
  const message = messageOf(partsOf(candidate), sent.hidesReasoning);
  const hasCalls = message.toolCalls.length > 0;
  const reason = isBlocked(answer) ? "SAFETY" : candidate["finishReason"];
  if (isUnreadable(reason) && message.text === "" && !hasCalls) throw unreadableCall();
  const choice = { message, finishReason: finishReason(reason, hasCalls), logprobs: logprobsOf(candidate) };
  return completionAnswer(headOf(answer, nowMs), [choice], readUsage(answer["usageMetadata"]), sent.dropped);
}

export function headOf(answer: Json, nowMs: number): AnswerHead {
  return {
    id: String(answer["responseId"] ?? "gemini"),
    created: Math.floor(nowMs / 1_000),
    model: String(answer["modelVersion"] ?? ""),
  };
}

/** The prompt was refused, and nothing was said. */
export function isBlocked(answer: Json): boolean {
  return recordOf(answer["promptFeedback"])["blockReason"] !== undefined;
}

export function unreadableCall(): GatewayError {
  const message = "The model made a tool call that its provider could not read.";
  return new GatewayError("upstream_error", message, { retryable: true });
}

function messageOf(parts: readonly Json[], hidesReasoning: boolean): AnswerMessage {
  const isThought = (part: Json) => part["thought"] === true;
  const thoughts = parts.filter(isThought).map(textOf);
  const details: ReasoningDetail[] = thoughts.length > 0 ? [thoughtDetail(thoughts.join(""))] : [];
  return {
    text: parts
      .filter((part) => !isThought(part))
      .map(textOf)
      .join(""),
    reasoningText: hidesReasoning ? undefined : thoughts.join(""),
    reasoningDetails: [
      ...(hidesReasoning ? [] : details),
      // A signature is no text: whoever hides thoughts has to send it back all the same.
      ...parts.flatMap((part) => signatureDetail(part) ?? []),
    ],
    toolCalls: parts.flatMap((part) => {
      const call = part["functionCall"];
      if (!isRecord(call)) return [];
      return [
        {
          id: callIdOf(call),
          name: String(call["name"]),
          arguments: JSON.stringify(call["args"] ?? {}),
          signature: textSignature(part),
        },
      ];
    }),
  };
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
  return new GatewayError("upstream_error", "The provider's answer is not one.", { retryable: true });
}
