import type { Answer } from "../core/answer.ts";
import type { TraceIds } from "../core/ports.ts";
import { answerJson, deadlineError } from "./answer-json.ts";
import { answerStream } from "./answer-stream.ts";
import { authenticate } from "./authenticate.ts";
import { readChatRequest } from "./chat-request.ts";
import { createDispatch } from "./dispatch.ts";
import { type Exchange, QUEUE_LEFT_MS } from "./exchange.ts";
import type { Gateway, Invocation } from "./gateway.ts";
import { readIdempotency } from "./idempotency.ts";
import { findModels, planRequest } from "./plan-request.ts";
import { readTag } from "./tag.ts";
import { takeHold } from "./take-hold.ts";
import { traceOf } from "./trace.ts";

/** What is known of a request when it is refused, for its line in the log. */
export type Known = Partial<Record<"requestId" | "accountId" | "keyId" | "model", string> & TraceIds>;

export interface ChatCall {
  readonly requestId: string;
  readonly authorization: string | null;
  readonly idempotencyKey: string | undefined;
  /** Of the header `x-wlrouter-tag`. */
  readonly tag: string | undefined;
  readonly traceparent: string | undefined;
  /** Filled on the way. */
  readonly known: Known;
  /** Reads the body; it is not touched before the key is known to be good. */
  readonly body: () => Uint8Array | Promise<Uint8Array>;
}

/** The call that a request's headers make. */
export function chatCallOf(
  header: (name: string) => string | undefined,
  request: Pick<ChatCall, "requestId" | "known" | "body">,
): ChatCall {
  return {
    ...request,
    authorization: header("authorization") ?? null,
    tag: header("x-wlrouter-tag"),
    traceparent: header("traceparent"),
    idempotencyKey: header("idempotency-key"),
  };
}

/**
 * When the function is about to be stopped, the upstream is, with so much left: what SETTLE may take when the store hangs
 * (six tries of two seconds, and their pauses), and then the queue. See docs/decisions/0035-time-left-for-a-charge.md.
 */
const BEFORE_DEADLINE_MS = 14_000 + QUEUE_LEFT_MS;
/** API Gateway drops a response that is silent for five minutes. */
const SILENT_MS = 285_000;

/**
 * The way of a chat completion, in one direction. No upstream is called without a hold, and every hold that was
 * dispatched is settled exactly once, by `answerJson` or `answerStream`.
 * @throws GatewayError for everything that is answered with an error before the first byte.
 */
export async function serveChat(gateway: Gateway, call: ChatCall, invocation: Invocation): Promise<Answer> {
  const startedAtMs = gateway.timers.nowMs();
  const trace = traceOf(call.traceparent, gateway.tracing);
  Object.assign(call.known, trace?.ids);
  const key = await authenticate(call.authorization, gateway.keys, startedAtMs);
  Object.assign(call.known, { accountId: key.accountId, keyId: key.keyId });
  const chat = readChatRequest(await call.body());
  const wanted = findModels(gateway, key, chat);
  const { model } = wanted[0];
  Object.assign(call.known, { model: model.id });
  const plan = await planRequest(gateway, chat, wanted);
  const tag = readTag(call.tag, chat.fields.user);
  const idempotency = readIdempotency(call.idempotencyKey, key, chat.body);
  const requestId = idempotency?.requestId ?? call.requestId;
  Object.assign(call.known, { requestId });
  const held = await takeHold(gateway, {
    requestId,
    key,
    model,
    quoted: plan.quoted,
    deadlineMs: invocation.deadlineMs,
    // The random end of an id that nobody else has, also where the client chose the request's.
    nonce: call.requestId.slice(-12),
    idempotency,
  });
  const { deadlineMs } = invocation;
  return dispatchChat(
    { gateway, requestId, startedAtMs, deadlineMs, key, chat, plan, held, tag, trace },
    invocation,
  );
}

async function dispatchChat(exchange: Exchange, invocation: Invocation): Promise<Answer> {
  const { gateway, chat, plan, held, startedAtMs, trace } = exchange;
  const abort = new AbortController();
  const endsAtMs = invocation.deadlineMs - BEFORE_DEADLINE_MS;
  const lastMs = chat.stream ? endsAtMs : Math.min(endsAtMs, startedAtMs + SILENT_MS);
  const disarm = gateway.timers.after(Math.max(0, lastMs - gateway.timers.nowMs()), () =>
    abort.abort(deadlineError(chat.stream)),
  );
  const waiting: Promise<unknown>[] = [];
  const tracked: Invocation = {
    deadlineMs: invocation.deadlineMs,
    waitUntil: (promise) => waiting.push(promise),
  };
  const { monitor, timers, catalog } = gateway;
  const dispatch = createDispatch(
    plan.routes,
    {
      ...chat.upstream,
      outputCapTokens: held.outputCapTokens,
      stream: chat.stream,
      signal: abort.signal,
      traceHeaders: trace?.headers,
    },
    {
      monitor,
      timers,
      maxAttempts: catalog.routing.maxAttempts,
      hedgeAfterMs: catalog.routing.hedging?.afterMs,
    },
  );
  try {
    return chat.stream
      ? await answerStream(exchange, dispatch, tracked, abort.signal)
      : await answerJson(exchange, dispatch, tracked);
  } finally {
    invocation.waitUntil(Promise.allSettled(waiting).then(disarm));
  }
}
