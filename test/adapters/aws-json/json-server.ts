import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";

export interface SeenCall {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A service that answers as a test says, and keeps what it was asked. */
export async function startJsonServer(
  answer: (call: SeenCall, response: ServerResponse, count: number) => void,
) {
  const calls: SeenCall[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const call = { path: request.url ?? "", headers: request.headers, body };
      calls.push(call);
      answer(call, response, calls.length);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    calls,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
