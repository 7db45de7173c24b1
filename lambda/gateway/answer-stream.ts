import type { Answer } from "../core/answer.ts";
import type { Outcome } from "../core/charge.ts";
import type { GatewayError } from "../core/errors.ts";
import { type Metered, meter } from "../core/metering.ts";
import type { StreamPart } from "../core/ports.ts";
import type { Usage } from "../core/usage.ts";
import { answerHeaders } from "./answer-headers.ts";
import { deadlineError, endUnanswered, estimateOf, usageWithCost } from "./answer-json.ts";
import { atMost } from "./at-most.ts";
import { type Answered, type Dispatch, isTheProviders } from "./dispatch.ts";
import { alarmOf, asGatewayError, errorBody } from "./errors.ts";
import { drainEntry, type Exchange, NOTHING, settleExchange } from "./exchange.ts";
import type { Invocation } from "./gateway.ts";
import { brokenOff } from "./open-stream.ts";
import { createOutlet, type Outlet } from "./outlet.ts";
import { createStreamText, type StreamText } from "./stream-text.ts";

const HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache",
  // Proxies that buffer would turn a stream into a wait.
  "x-accel-buffering": "no",
};

const encoder = new TextEncoder();
const DONE = encoder.encode("data: [DONE]\n\n");
/** The last event waits for the charge, so that whoever reads the balance next sees it, but not for long. */
const SETTLE_WAIT_MS = 1_000;

/** What has come of a stream so far. */
interface Progress {
  readonly text: StreamText;
  readonly signal: AbortSignal;
  /** Who is being relayed: the next route, where one fails before any output. */
  answered: Answered;
  reported: Usage | undefined;
  /** What a provider has counted of an answer that is not complete: all of its input, some of its output. */
  counted: Usage | undefined;
  firstTokenAtMs: number | undefined;
}

/**
 * A stream: its events reach the client as they came. It is read to its end whether the client stays or not, since
 * that is where the usage is. A failure before the headers is answered like any other error.
 */
export async function answerStream(
  exchange: Exchange,
  dispatch: Dispatch,
  invocation: Invocation,
  signal: AbortSignal,
): Promise<Answer> {
  let first: Answered;
  try {
    first = await dispatch.next();
  } catch (thrown) {
    return endUnanswered(exchange, dispatch, thrown, invocation);
  }
  const outlet = createOutlet(exchange.gateway.timers, signal);
  const text = createStreamText();
  const progress = {
    text,
    signal,
    answered: first,
    reported: undefined,
    counted: undefined,
    firstTokenAtMs: undefined,
  };
  invocation.waitUntil(pump(exchange, dispatch, outlet, progress));
  return { status: 200, headers: { ...answerHeaders(exchange, first), ...HEADERS }, body: outlet };
}

async function pump(
  exchange: Exchange,
  dispatch: Dispatch,
  outlet: Outlet,
  progress: Progress,
): Promise<void> {
  const error = await relayAll(exchange, dispatch, outlet, progress);
  const { outcome, metered } = judge(exchange, progress, error);
  if (!error) progress.answered.attempt.ended(metered.usage.outputTokens);
  const settling = settleExchange(exchange, {
    outcome,
    planned: dispatch.current ?? progress.answered.planned,
    tried: dispatch.tried,
    metered,
    firstTokenAtMs: progress.firstTokenAtMs,
    status: 200,
    code: error?.code,
    alarm: (error && alarmOf(error)) ?? dispatch.alarm,
  });
  await atMost(exchange.gateway.timers, SETTLE_WAIT_MS, settling);
  if (!error && exchange.chat.includeUsage && !progress.reported)
    outlet.write(usageEvent(exchange, progress.answered.planned.model.id, metered));
  outlet.write(error ? errorEvent(error, exchange.requestId) : DONE);
  outlet.end();
  await drainEntry(exchange, await settling);
}

/** Relays the stream, and the next route's where one fails before any output. @returns why it broke, if it did. */
async function relayAll(
  exchange: Exchange,
  dispatch: Dispatch,
  outlet: Outlet,
  progress: Progress,
): Promise<GatewayError | undefined> {
  for (;;) {
    try {
      await relay(exchange, outlet, progress);
      return undefined;
    } catch (thrown) {
      const error = asGatewayError(thrown);
      noteFailure(progress, error);
      if (progress.signal.aborted) return deadlineError(true);
      if (hasOutput(progress) || !error.retryable) return error;
      try {
        progress.answered = await dispatch.next(error);
        // What a route counted that gave nothing is not owed.
        progress.reported = undefined;
        progress.counted = undefined;
        // The headers have gone out with another name.
        outlet.write(
          encoder.encode(`: x-wlrouter-provider: ${progress.answered.planned.route.provider}\n\n`),
        );
      } catch (last) {
        return asGatewayError(last);
      }
    }
  }
}

/** A stream that was stopped at the function's deadline after some output was long, not broken. */
function noteFailure({ answered, signal, firstTokenAtMs }: Progress, error: GatewayError): void {
  if (isTheProviders(error) && !(signal.aborted && firstTokenAtMs !== undefined))
    answered.attempt.failed(error);
  else answered.attempt.dropped();
}

async function relay(exchange: Exchange, outlet: Outlet, progress: Progress): Promise<void> {
  const { answer } = progress.answered;
  if (answer.type !== "stream") throw new Error("a whole answer came where a stream was asked for");
  const { read, asked, parts } = answer.opened;
  try {
    for (const part of read) {
      if (part.type === "done") return;
      const room = deliver(exchange, part, outlet, progress);
      if (room) await room;
    }
    for (let next = await (asked ?? parts.next()); !next.done; next = await parts.next()) {
      if (next.value.type === "done") return;
      const room = deliver(exchange, next.value, outlet, progress);
      if (room) await room;
    }
    throw brokenOff();
  } finally {
    // Ends the provider's answer, whichever way this ended.
    await parts.return?.();
  }
}

/** @returns what to wait for when the client is slower than the provider */
function deliver(
  exchange: Exchange,
  part: Exclude<StreamPart, { type: "done" }>,
  outlet: Outlet,
  progress: Progress,
): Promise<void> | undefined {
  if (part.type === "count") {
    if (part.isFinal) progress.reported = part.usage;
    else progress.counted = part.usage;
    return undefined;
  }
  const bytes = part.type === "events" ? part.bytes : readUsage(exchange, part, progress);
  if (part.type === "events") noteEvents(exchange, part.bytes, progress);
  return bytes && outlet.write(bytes);
}

function noteEvents(exchange: Exchange, bytes: Uint8Array, progress: Progress): void {
  if (progress.firstTokenAtMs === undefined) {
    progress.firstTokenAtMs = exchange.gateway.timers.nowMs();
    progress.answered.attempt.answered();
  }
  progress.text.add(bytes);
}

/** Did the model say anything, or the provider that it did? A first event often only names the role. */
function hasOutput({ text, reported }: Progress): boolean {
  return text.hasOutput() || (reported?.outputTokens ?? 0) > 0;
}

/** Notes the usage. @returns the event for the client: with the cost for who asked, without usage for who did not. */
function readUsage(
  exchange: Exchange,
  part: Extract<StreamPart, { type: "usage" }>,
  progress: Progress,
): Uint8Array | undefined {
  progress.reported = part.usage ?? progress.reported;
  const { usage: reported, ...rest } = part.chunk;
  const hasChoices = Array.isArray(rest["choices"]) && rest["choices"].length > 0;
  if (hasChoices) noteEvents(exchange, event(rest), progress);
  if (!exchange.chat.includeUsage) return hasChoices ? event(rest) : undefined;
  const { usage, costPicoUsd } = metered(exchange, progress);
  return event({ ...rest, usage: usageWithCost(reported, usage, costPicoUsd) });
}

function metered(exchange: Exchange, progress: Progress): Metered {
  const { planned, outputCapTokens } = progress.answered;
  return meter(progress.reported, {
    model: planned.model,
    prices: planned.route.prices,
    quoted: planned.quoted,
    holdPicoUsd: exchange.held.open.hold.amountPicoUsd,
    outputCapTokens,
    estimate: () => estimated(exchange, progress),
  });
}

/** The input is known where a provider counts it first; its output then is what came, or more than that. */
function estimated(exchange: Exchange, { answered, counted, text }: Progress): Usage {
  const estimate = estimateOf(exchange, answered.planned.model, text.characters());
  if (!counted) return estimate;
  return { ...counted, outputTokens: Math.max(counted.outputTokens, estimate.outputTokens) };
}

/** What a stream that ended this way costs: see "What is billed" in docs/money.md. */
function judge(
  exchange: Exchange,
  progress: Progress,
  error: GatewayError | undefined,
): { outcome: Outcome; metered: Metered } {
  if (!error) return { outcome: "completed", metered: metered(exchange, progress) };
  if (!hasOutput(progress)) {
    const outcome = error.code === "upstream_timeout" ? "suspense" : "failed";
    return { outcome, metered: NOTHING };
  }
  return {
    outcome: progress.signal.aborted ? "aborted" : "broken",
    metered: metered(exchange, progress),
  };
}

/** For who asked for usage and has a provider that counts nothing: what was charged, in OpenAI's form. */
function usageEvent(
  { requestId, startedAtMs }: Exchange,
  model: string,
  { usage, costPicoUsd }: Metered,
): Uint8Array {
  return event({
    id: requestId,
    object: "chat.completion.chunk",
    created: Math.floor(startedAtMs / 1000),
    model,
    choices: [],
    usage: usageWithCost(undefined, usage, costPicoUsd),
  });
}

function event(chunk: object): Uint8Array {
  return encoder.encode(`data: ${JSON.stringify(chunk)}\n\n`);
}

/** After the first byte an error is an event, and no `[DONE]` follows: OpenAI's SDKs raise it with our code. */
function errorEvent(error: GatewayError, requestId: string): Uint8Array {
  return event(errorBody(error, requestId));
}
