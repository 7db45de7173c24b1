import { quote } from "../core/budget.ts";
import type { Model } from "../core/catalog.ts";
import { GatewayError } from "../core/errors.ts";
import type { ApiKey } from "../core/keys.ts";
import { answerJson, deadlineError } from "./answer-json.ts";
import { answerStream } from "./answer-stream.ts";
import { authenticate } from "./authenticate.ts";
import { inputPartsOf, readChatRequest, refuseUnreadable } from "./chat-request.ts";
import { createDispatch, type UsableRoute, usableRoutes } from "./dispatch.ts";
import type { Exchange } from "./exchange.ts";
import type { Gateway, Invocation } from "./gateway.ts";
import { readIdempotency } from "./idempotency.ts";
import { readTag } from "./tag.ts";
import { takeHold } from "./take-hold.ts";

/** What is known of a request when it is refused, for its line in the log. */
export type Known = Partial<Record<"requestId" | "accountId" | "keyId" | "model", string>>;

export interface ChatCall {
  readonly requestId: string;
  readonly authorization: string | null;
  readonly idempotencyKey: string | undefined;
  /** Of the header `x-wlrouter-tag`. */
  readonly tag: string | undefined;
  /** Filled on the way. */
  readonly known: Known;
  /** Reads the body; it is not touched before the key is known to be good. */
  readonly body: () => Promise<Uint8Array>;
}

/** Time that is left for settling when the function is about to be stopped. */
const BEFORE_DEADLINE_MS = 10_000;
/** API Gateway drops a response that is silent for five minutes. */
const SILENT_MS = 285_000;

/**
 * The way of a chat completion, in one direction. No upstream is called without a hold, and every hold that was
 * dispatched is settled exactly once, by `answerJson` or `answerStream`.
 * @throws GatewayError for everything that is answered with an error before the first byte.
 */
export async function serveChat(gateway: Gateway, call: ChatCall, invocation: Invocation): Promise<Response> {
  const startedAtMs = gateway.timers.nowMs();
  const key = await authenticate(call.authorization, gateway.keys, startedAtMs);
  Object.assign(call.known, { accountId: key.accountId, keyId: key.keyId });
  const chat = readChatRequest(await call.body());
  const model = findModel(gateway, key, chat.fields.model);
  Object.assign(call.known, { model: model.id });
  refuseUnreadable(chat.fields, model);
  const quoted = quote({ ...chat, ...inputPartsOf(chat) }, model);
  const tag = readTag(call.tag, chat.fields.user);
  const idempotency = readIdempotency(call.idempotencyKey, key, chat.body);
  const requestId = idempotency?.requestId ?? call.requestId;
  Object.assign(call.known, { requestId });
  const held = await takeHold(gateway, {
    requestId,
    key,
    model,
    quoted,
    deadlineMs: invocation.deadlineMs,
    // The random end of an id that nobody else has, also where the client chose the request's.
    nonce: call.requestId.slice(-12),
    idempotency,
  });
  const exchange: Exchange = { gateway, requestId, startedAtMs, key, chat, model, quoted, held, tag };
  const routes = await routesOrRelease(exchange);
  return dispatchChat(exchange, routes, invocation);
}

async function dispatchChat(
  exchange: Exchange,
  routes: readonly UsableRoute[],
  invocation: Invocation,
): Promise<Response> {
  const { gateway, chat, held, startedAtMs } = exchange;
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
  const dispatch = createDispatch(routes, {
    body: chat.body,
    fields: chat.fields,
    outputCapTokens: held.outputCapTokens,
    stream: chat.stream,
    signal: abort.signal,
  });
  try {
    return chat.stream
      ? await answerStream(exchange, dispatch, tracked, abort.signal)
      : await answerJson(exchange, dispatch, tracked);
  } finally {
    invocation.waitUntil(Promise.allSettled(waiting).then(disarm));
  }
}

function findModel(gateway: Gateway, key: ApiKey, id: string): Model {
  const model = gateway.catalog.models.get(id);
  if (!model) {
    const message = `The model \`${id.slice(0, 100)}\` does not exist here. GET /v1/models lists those that do.`;
    throw new GatewayError("model_not_found", message, { param: "model" });
  }
  if (key.allowedModels && !key.allowedModels.includes(id)) {
    const message = `This API key may not use \`${id}\`. It may use: ${key.allowedModels.join(", ")}.`;
    throw new GatewayError("model_not_allowed", message, { param: "model" });
  }
  return model;
}

/** Nothing was dispatched yet, so a model that nobody can serve gives its hold back whole. */
async function routesOrRelease(exchange: Exchange): Promise<UsableRoute[]> {
  const { gateway, model, held } = exchange;
  const release = () => gateway.ledger.release(held.open).catch(() => {});
  const routes = await usableRoutes(model.routes, gateway.providers).catch(async (error: unknown) => {
    await release();
    throw error;
  });
  if (routes.length > 0) return routes;
  await release();
  throw new GatewayError(
    "no_route_available",
    `No provider of \`${model.id}\` can be used right now: the operator has to set a provider key.`,
    { alarm: "no_provider_key" },
  );
}
