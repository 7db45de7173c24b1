import { once } from "node:events";
import { createServer } from "node:http";
import { KEY, requestBody } from "../side-by-side/exchange.ts";
import type { ColdStart } from "./runtime.ts";

/** Lambda's Runtime API as far as one invocation needs it. */
export interface RuntimeApi {
  readonly port: number;
  /** Of the next process that starts: what it answered, and its own times. */
  coldStart(): Promise<{ answer: string; times: ColdStart }>;
  close(): void;
}

const EVENT = JSON.stringify({
  httpMethod: "POST",
  path: "/v1/chat/completions",
  resource: "/{proxy+}",
  pathParameters: { proxy: "v1/chat/completions" },
  headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
  multiValueHeaders: null,
  queryStringParameters: null,
  multiValueQueryStringParameters: null,
  requestContext: { domainName: "bench.execute-api.eu-central-1.amazonaws.com" },
  body: requestBody(undefined),
  isBase64Encoded: false,
});

export async function startRuntimeApi(): Promise<RuntimeApi> {
  let answer = "";
  let finished = Promise.withResolvers<{ answer: string; times: ColdStart }>();
  const server = createServer((request, response) => {
    if (request.method === "GET") {
      response.writeHead(200, { "lambda-runtime-aws-request-id": "bench-1" }).end(EVENT);
      return;
    }
    let text = "";
    request.setEncoding("utf8").on("data", (piece: string) => {
      text += piece;
    });
    request.on("end", () => {
      response.writeHead(202).end();
      if (request.url?.endsWith("/response")) answer = text;
      else finished.resolve({ answer, times: JSON.parse(text) });
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    port: address.port,
    async coldStart() {
      const seen = await finished.promise;
      finished = Promise.withResolvers();
      return seen;
    },
    close: () => void server.close(),
  };
}
