/** Request bodies over real connections: too long, too deep, broken, in pieces. */
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ProviderServer, startProviderServer } from "../fakes/provider-server.ts";
import { type Router, startRouter } from "../fakes/router.ts";
import { type Answer, call, errorOf, expectRequestId, post } from "./http-call.ts";
import { record } from "./recorded-exchange.ts";
import { REQUEST, slowStream } from "./slow-stream.ts";

let provider: ProviderServer;
let router: Router;
beforeAll(async () => {
  provider = await startProviderServer();
  router = await startRouter({ providerUrl: provider.baseUrl });
});
afterAll(async () => {
  await router.close();
  await provider.close();
});

const MIB = 1024 * 1024;
const messages = [{ role: "user", content: "Hi" }];
/** Of a model that is not there, so that a body which is read to its end is answered with 404. */
const READ = { status: 404, code: "model_not_found" };

test("A body may have 6 MB, and not a byte more.", async () => {
  const json = JSON.stringify({ model: "none", messages });
  expect(errorOf(await post(router, json.padEnd(6 * MIB)))).toMatchObject(READ);
  const answer = await post(router, json.padEnd(6 * MIB + 1));
  expect(errorOf(answer)).toMatchObject({
    status: 413,
    code: "request_too_large",
    type: "invalid_request_error",
  });
});

/** Sends headers, then so many MiB of a body, and never ends it. */
async function unending(headers: Readonly<Record<string, string>>, mebibytes: number): Promise<Answer> {
  const request = httpRequest(`${router.baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${router.key}`, ...headers },
  });
  request.flushHeaders();
  for (let i = 0; i < mebibytes; i++) request.write(Buffer.alloc(MIB, " "));
  const [response]: IncomingMessage[] = await once(request, "response");
  if (!response) throw new Error("there was no answer");
  const text = (await response.setEncoding("utf8").toArray()).join("");
  // The server may have hung up on a body that it will not read.
  request.on("error", () => {}).destroy();
  const body = record(JSON.parse(text));
  expectRequestId(response.headers["x-request-id"], body);
  return { status: response.statusCode ?? 0, headers: new Headers(), text, body };
}

test("A body that announces too much is refused before it is sent.", async () => {
  const answer = await unending({ "content-length": String(7 * MIB) }, 0);
  expect(errorOf(answer)).toMatchObject({ status: 413, code: "request_too_large" });
});

test("A chunked body is refused as soon as it is too long, though it has no end.", async () => {
  const answer = await unending({ "transfer-encoding": "chunked" }, 7);
  expect(errorOf(answer)).toMatchObject({ status: 413, code: "request_too_large" });
});

test("A chunked body within the limit is read to its end.", async () => {
  const json = new TextEncoder().encode(JSON.stringify({ model: "none", messages }));
  const pieces = [json.subarray(0, 7), json.subarray(7)];
  const answer = await call(router, "/v1/chat/completions", {
    method: "POST",
    headers: { authorization: `Bearer ${router.key}` },
    body: ReadableStream.from(pieces),
    duplex: "half",
  });
  expect(errorOf(answer)).toMatchObject(READ);
});

test("A body may nest 64 levels; brackets in strings are no levels.", async () => {
  const nested = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
  const body = (metadata: string) =>
    `{"model":"none","messages":${JSON.stringify(messages)},"metadata":${metadata}}`;
  expect(errorOf(await post(router, body(nested(63))))).toMatchObject(READ);
  expect(errorOf(await post(router, body(JSON.stringify(nested(99)))))).toMatchObject(READ);
  expect(errorOf(await post(router, body(nested(64))))).toMatchObject({ status: 400, code: "invalid_value" });
  // Deep enough to end a parser that follows it.
  expect(errorOf(await post(router, "[".repeat(1_000_000)))).toMatchObject({
    status: 400,
    code: "invalid_value",
  });
});

const BROKEN: readonly (readonly [string, string | Buffer<ArrayBuffer>, string])[] = [
  ["empty", "", "invalid_json"],
  ["blank", " \n", "invalid_json"],
  ["half an object", '{"model":"none",', "invalid_json"],
  ["not UTF-8", Buffer.from(JSON.stringify({ ...REQUEST, user: "\u00ff" }), "latin1"), "invalid_json"],
  ["UTF-16", Buffer.from("{}", "utf16le"), "invalid_json"],
  ["compressed", Buffer.from([0x1f, 0x8b, 0x08, 0x00]), "invalid_json"],
  ["a form", "model=none&stream=true", "invalid_json"],
  ["a list", "[]", "invalid_type"],
  ["null", "null", "invalid_type"],
  ["a string", '"hello"', "invalid_type"],
];

test.each(BROKEN)(
  "A body that is %s is a 400 that says what is wrong, and reaches nobody.",
  async (_, content, code) => {
    const before = provider.calls.length;
    const error = errorOf(await post(router, content));
    expect(error).toMatchObject({ status: 400, code, type: "invalid_request_error", param: null });
    expect(provider.calls.length).toBe(before);
  },
);

test("A byte order mark and any content type are forgiven.", async () => {
  provider.next(slowStream(Promise.resolve()));
  const answer = await post(router, `\ufeff${JSON.stringify(REQUEST)}`, { "content-type": "text/plain" });
  expect([answer.status, answer.text.endsWith("data: [DONE]\n\n")]).toEqual([200, true]);
});
