import type { Answer, PlainRequest } from "../core/answer.ts";
import { corsHeaders } from "./browsers.ts";
import { MAX_BODY_BYTES } from "./chat-request.ts";
import { tooLarge } from "./errors.ts";
import type { Gateway, Invocation } from "./gateway.ts";
import { refuse } from "./refuse.ts";
import { chatCallOf, type Known, serveChat } from "./serve.ts";

export const CHAT_PATH = "/v1/chat/completions";

/** Answers a chat completion. It does not throw. */
export type ChatDoor = (request: PlainRequest, invocation: Invocation) => Promise<Answer>;

/**
 * `POST /v1/chat/completions` for a platform that has the whole request at hand: the same answer as `api.ts` gives, without
 * a web request, a router and a web response on the way. Nearly every request comes through here.
 */
export function createChatDoor(gateway: Gateway): ChatDoor {
  const cors = corsHeaders(gateway.catalog.corsOrigins);
  return async (request, invocation) => {
    const ownId = gateway.newRequestId();
    const startedAtMs = gateway.timers.nowMs();
    const known: Known = {};
    const requestIdOf = () => known.requestId ?? ownId;
    const answer = await chat(gateway, request, { ownId, known }, invocation).catch((thrown: unknown) =>
      refuse(gateway, thrown, { requestId: requestIdOf(), startedAtMs, known }),
    );
    const { headers } = answer;
    return {
      ...answer,
      headers: { ...headers, ...cors(request.header("origin")), "x-request-id": requestIdOf() },
    };
  };
}

async function chat(
  gateway: Gateway,
  { header, body }: PlainRequest,
  { ownId, known }: { ownId: string; known: Known },
  invocation: Invocation,
): Promise<Answer> {
  if (body.byteLength > MAX_BODY_BYTES) throw tooLarge();
  const call = chatCallOf(header, { requestId: ownId, known, body: () => body });
  return serveChat(gateway, call, invocation);
}
