import { once } from "node:events";
import { type Agent, type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { buffer } from "node:stream/consumers";

export interface StoreAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Sends one request on to the store as it came. @throws Error when the store does not answer. */
export async function forward(
  target: string,
  agent: Agent,
  headers: IncomingHttpHeaders,
  body: Buffer,
): Promise<StoreAnswer> {
  const { connection, "transfer-encoding": encoding, ...passed } = headers;
  const outgoing = request(target, {
    method: "POST",
    agent,
    headers: { ...passed, "content-length": body.length },
  });
  // `once` hears of what goes wrong before the answer begins; afterwards its reader does, and nobody else need.
  outgoing.on("error", () => {});
  outgoing.end(body);
  const [incoming]: [IncomingMessage] = (await once(outgoing, "response")) as [IncomingMessage];
  const answer = await buffer(incoming);
  const { connection: hop, "transfer-encoding": framing, ...kept } = incoming.headers;
  return {
    status: incoming.statusCode ?? 500,
    headers: { ...kept, "content-length": String(answer.length) },
    body: answer,
  };
}
