/** API Gateway in front of a streaming function, for a client that speaks HTTP: requests become proxy events, and back. */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { proxyEvent } from "../adapters/lambda/events.ts";

export interface Front {
  readonly origin: string;
  close(): Promise<void>;
}

interface Streamed {
  readonly prelude: {
    readonly statusCode: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly cookies?: readonly string[];
  };
  readonly body: string;
}

export async function startFront(invoke: (event: object) => Promise<Streamed>): Promise<Front> {
  const server = createServer(async (request, response) => {
    const { prelude, body } = await invoke(eventOf(request, await buffer(request)));
    response.writeHead(prelude.statusCode, {
      ...prelude.headers,
      ...(prelude.cookies && { "set-cookie": [...prelude.cookies] }),
    });
    response.end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Bodies in base64, as API Gateway sends what is not text. */
function eventOf(request: IncomingMessage, body: Buffer): Record<string, unknown> {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://127.0.0.1");
  const query: Record<string, string[]> = {};
  for (const name of searchParams.keys()) query[name] = searchParams.getAll(name);
  const [, first = "", ...rest] = pathname.split("/");
  return proxyEvent({
    resource: `/${first}/{proxy+}`,
    path: pathname,
    httpMethod: request.method,
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    ),
    multiValueHeaders: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, [String(value)]]),
    ),
    multiValueQueryStringParameters: query,
    pathParameters: { proxy: rest.join("/") },
    body: body.length > 0 ? body.toString("base64") : null,
    isBase64Encoded: body.length > 0,
  });
}
