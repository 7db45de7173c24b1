import type { APIGatewayProxyEvent } from "aws-lambda";
import { expect, test } from "vitest";
import { eventToRequest } from "../../../lambda/adapters/lambda/event-to-request.ts";
import { proxyEvent } from "./events.ts";

function requestOf(changes: Record<string, unknown> = {}): Request {
  return eventToRequest(proxyEvent(changes) as unknown as APIGatewayProxyEvent);
}

test("method, path, headers and body arrive as the client sent them", async () => {
  const request = requestOf();
  expect(request.method).toBe("POST");
  expect(request.url).toBe("https://abc123.execute-api.eu-central-1.amazonaws.com/v1/chat/completions");
  expect(request.headers.get("authorization")).toBe("Bearer wlrouter_x");
  expect(await request.text()).toBe('{"model":"m"}');
});

test.each([
  ["the stage's own address", "/v1/models/gpt-4.1-mini"],
  ["a custom domain's base path", "/llm/v1/models/gpt-4.1-mini"],
  ["a base path of two segments", "/llm/eu/v1/models/gpt-4.1-mini"],
  ["a domain whose callers name the stage", "/llm/prod/v1/models/gpt-4.1-mini"],
])("the path begins at /v1 behind %s", (_where, path) => {
  const request = requestOf({
    httpMethod: "GET",
    body: null,
    path,
    pathParameters: { proxy: "v1/models/gpt-4.1-mini" },
  });
  expect(new URL(request.url).pathname).toBe("/v1/models/gpt-4.1-mini");
});

test("the root is the root, also behind a base path", () => {
  const request = requestOf({
    httpMethod: "GET",
    body: null,
    resource: "/",
    path: "/llm/",
    pathParameters: null,
  });
  expect(new URL(request.url).pathname).toBe("/");
});

test("a question mark or a hash inside the path stays in the path", () => {
  const request = requestOf({ httpMethod: "GET", body: null, pathParameters: { proxy: "v1/models/a?b#c" } });
  expect(new URL(request.url).pathname).toBe("/v1/models/a%3Fb%23c");
});

test("repeated headers and parameters keep every value, in order", () => {
  const request = requestOf({
    multiValueHeaders: { "X-Tag": ["one", "two"] },
    multiValueQueryStringParameters: { q: ["1", "2 & 3"], empty: [""] },
  });
  expect(request.headers.get("x-tag")).toBe("one, two");
  expect(new URL(request.url).search).toBe("?q=1&q=2+%26+3&empty=");
});

test("an event with single values only is understood too", () => {
  const request = requestOf({
    multiValueHeaders: null,
    headers: { "X-Tag": "one" },
    queryStringParameters: { q: "1" },
  });
  expect(request.headers.get("x-tag")).toBe("one");
  expect(new URL(request.url).search).toBe("?q=1");
});

test("a base64 body is decoded to its bytes", async () => {
  const bytes = Buffer.from([0, 255, 10, 195, 40]);
  const request = requestOf({ body: bytes.toString("base64"), isBase64Encoded: true });
  expect(Buffer.from(await request.arrayBuffer())).toEqual(bytes);
});

test.each(["GET", "HEAD"])("a %s has no body, whatever the event holds", (httpMethod) => {
  expect(requestOf({ httpMethod }).body).toBeNull();
});

test.each([
  ["nothing at all", { httpMethod: undefined, path: undefined }],
  ["no path", { path: null }],
  ["a method that is not one", { httpMethod: "NOT A METHOD" }],
  ["a method that fetch forbids", { httpMethod: "TRACE" }],
  ["a method that every object has", { httpMethod: "toString" }],
  ["a header that HTTP forbids", { multiValueHeaders: { "bad name": ["x"] } }],
  ["a header value that HTTP forbids", { multiValueHeaders: { "x-tag": ["日本"] } }],
])("an event with %s is refused", (_what, changes) => {
  expect(() => requestOf(changes)).toThrow(TypeError);
});
