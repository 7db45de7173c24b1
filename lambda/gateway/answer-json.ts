import type { Answer } from "../core/answer.ts";
import type { Model } from "../core/catalog.ts";
import { GatewayError } from "../core/errors.ts";
import { estimateTokens, estimateUsage } from "../core/estimate.ts";
import { countText } from "../core/input-bound.ts";
import { editObject } from "../core/json-edit.ts";
import { type Metered, meter } from "../core/metering.ts";
import { formatUsd, type PicoUsd } from "../core/money.ts";
import type { ProviderAnswer } from "../core/ports.ts";
import { NO_USAGE, type Usage } from "../core/usage.ts";
import { answerHeaders } from "./answer-headers.ts";
import { inputPartsOf } from "./chat-request.ts";
import type { Answered, Dispatch } from "./dispatch.ts";
import { alarmOf, asGatewayError, errorAnswer, statusOf } from "./errors.ts";
import { drainEntry, type Ending, type Exchange, NOTHING, settleExchange } from "./exchange.ts";
import type { Invocation } from "./gateway.ts";
import { textsOf } from "./stream-text.ts";

type JsonAnswer = Extract<ProviderAnswer, { type: "json" }>;

/**
 * A whole answer: it is charged before it is sent, so that whoever reads the balance next sees it. What fails before is
 * settled at zero. From the charge on nothing is: it may wait in the queue, and whatever is written first stands.
 */
export async function answerJson(
  exchange: Exchange,
  dispatch: Dispatch,
  invocation: Invocation,
): Promise<Answer> {
  let ending: Ending;
  let response: Answer;
  try {
    const answered = await dispatch.next();
    if (answered.answer.type !== "json") throw new Error("a stream came that nobody asked for");
    ending = endingOf(exchange, answered, dispatch, answered.answer);
    response = responseOf(exchange, answered, answered.answer, ending.metered);
  } catch (thrown) {
    return endUnanswered(exchange, dispatch, thrown, invocation);
  }
  const entry = await settleExchange(exchange, ending);
  invocation.waitUntil(drainEntry(exchange, entry));
  return response;
}

function endingOf(
  exchange: Exchange,
  { planned, outputCapTokens, attempt }: Answered,
  { tried, alarm }: Dispatch,
  answer: JsonAnswer,
): Ending {
  const metered = meter(answer.usage, {
    model: planned.model,
    prices: planned.route.prices,
    quoted: planned.quoted,
    holdPicoUsd: exchange.held.open.hold.amountPicoUsd,
    outputCapTokens,
    estimate: () => estimateOf(exchange, planned.model, countText(textsOf(answer.fields["choices"]))),
  });
  attempt.ended(metered.usage.outputTokens);
  return { outcome: "completed", planned, tried, metered, status: 200, alarm };
}

function responseOf(
  exchange: Exchange,
  answered: Answered,
  answer: JsonAnswer,
  { usage, costPicoUsd }: Metered,
): Answer {
  const body = editObject(answer.body, {
    usage: usageWithCost(answer.fields["usage"], usage, costPicoUsd),
    request_id: exchange.requestId,
  });
  const headers = { ...answerHeaders(exchange, answered), "content-type": "application/json" };
  return { status: 200, headers, body };
}

/**
 * Every request that reached a provider ends in the ledger, at zero where nothing is owed.
 * @throws what was thrown where none was reached: the hold has been given back
 */
export async function endUnanswered(
  exchange: Exchange,
  dispatch: Dispatch,
  thrown: unknown,
  invocation: Invocation,
): Promise<Answer> {
  if (!dispatch.current) {
    await exchange.gateway.ledger.release(exchange.held.open).catch(() => {});
    throw thrown;
  }
  const error = asGatewayError(thrown);
  const entry = await settleExchange(exchange, {
    outcome: error.code === "upstream_timeout" ? "suspense" : "failed",
    planned: dispatch.current,
    tried: dispatch.tried,
    metered: NOTHING,
    status: statusOf(error),
    code: error.code,
    alarm: alarmOf(error) ?? dispatch.alarm,
  });
  invocation.waitUntil(drainEntry(exchange, entry));
  return errorAnswer(error, exchange.requestId);
}

/** What an answer nobody counted probably used. */
export function estimateOf(
  exchange: Exchange,
  model: Model,
  output: { ascii: number; other: number },
): Usage {
  const usage = estimateUsage(inputPartsOf(exchange.chat), model, "");
  return { ...NO_USAGE, ...usage, outputTokens: estimateTokens(output) };
}

/** OpenAI's usage object as the provider wrote it, or ours where there was none, with the exact cost in USD. */
export function usageWithCost(reported: unknown, usage: Usage, costPicoUsd: PicoUsd): object {
  const cost = formatUsd(costPicoUsd);
  if (typeof reported === "object" && reported !== null) return { ...reported, cost };
  const promptTokens = usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
  return {
    prompt_tokens: promptTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: promptTokens + usage.outputTokens,
    cost,
  };
}

/** For a deadline that passed: the provider may have worked, but nobody will know what. */
export function deadlineError(stream: boolean): GatewayError {
  return stream
    ? new GatewayError("upstream_timeout", "The answer took longer than a request may last here.")
    : new GatewayError(
        "upstream_timeout",
        "The answer took longer than a connection may be silent. Send the request with stream: true.",
        { shouldRetry: false },
      );
}
