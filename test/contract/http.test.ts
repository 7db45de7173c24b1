/** The API over real connections, as browsers, proxies and clumsy programs speak to it. */
import { OpenAI } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ProviderServer, startProviderServer } from "../fakes/provider-server.ts";
import { type Router, startRouter } from "../fakes/router.ts";
import { call, errorOf, post } from "./http-call.ts";
import { openAiSchema, whyNoOpenAiSchema } from "./openai-schema.ts";
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

// --- browsers -------------------------------------------------------------------------------------------------

const ORIGIN = "https://app.example.com";
/** What OpenAI's SDK sends from a browser. */
const SDK_HEADERS = [
  "authorization",
  "content-type",
  "x-stainless-arch",
  "x-stainless-lang",
  "x-stainless-os",
  "x-stainless-package-version",
  "x-stainless-retry-count",
  "x-stainless-runtime",
  "x-stainless-runtime-version",
  "x-stainless-timeout",
];

test("A browser's preflight allows the SDK's method and headers from any origin, and is kept for a day.", async () => {
  const { status, headers, text } = await call(router, "/v1/chat/completions", {
    method: "OPTIONS",
    headers: {
      origin: ORIGIN,
      "access-control-request-method": "POST",
      "access-control-request-headers": SDK_HEADERS.join(","),
    },
  });
  expect([status, text]).toEqual([204, ""]);
  expect(headers.get("access-control-allow-origin")).toBe("*");
  expect(headers.get("access-control-allow-methods")?.split(",")).toEqual(
    expect.arrayContaining(["GET", "POST"]),
  );
  expect(
    headers
      .get("access-control-allow-headers")
      ?.split(",")
      .map((name) => name.trim()),
  ).toEqual(SDK_HEADERS);
  expect(headers.get("access-control-max-age")).toBe("86400");
  // A key is in a header that a page must set itself: cookies have no part in it.
  expect(headers.get("access-control-allow-credentials")).toBeNull();
});

test("A page may read answers, errors, streams and the headers that matter of each.", async () => {
  provider.next(slowStream(Promise.resolve()));
  const headers = { origin: ORIGIN };
  const answers = [
    await call(router, "/v1/models", { headers }),
    await call(router, "/v1/balance", { headers }),
    await call(router, "/v1/nothing", { headers }),
    await call(router, "/v1/models", { method: "DELETE", headers }),
    await post(router, "{", headers),
    await post(router, "x".repeat(6 * 1024 * 1024 + 1), headers),
    await post(router, JSON.stringify(REQUEST), headers),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 401, 404, 405, 400, 413, 200]);
  for (const answer of answers) {
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    const exposed = answer.headers.get("access-control-expose-headers")?.split(",");
    expect(exposed).toEqual(expect.arrayContaining(["x-request-id", "retry-after", "x-should-retry"]));
  }
  expect(answers.at(-1)?.text).toMatch(/^data: .*data: \[DONE\]\n\n$/s);
});

// --- methods and paths ----------------------------------------------------------------------------------------

const PATHS = {
  "/v1/chat/completions": "POST",
  "/v1/models": "GET",
  "/v1/models/test/model": "GET",
  "/v1/balance": "GET",
  "/v1/key": "GET",
  "/v1/requests/req_1": "GET",
  "/healthz": "GET",
  "/openapi.json": "GET",
};

test.each(Object.entries(PATHS))("%s allows %s only, and says so.", async (path, allowed) => {
  const others = ["GET", "POST", "PUT", "PATCH", "DELETE"].filter((method) => method !== allowed);
  for (const method of others) {
    const answer = await call(router, path, { method });
    expect(errorOf(answer)).toMatchObject({ status: 405, code: "method_not_allowed", param: null });
    expect(answer.headers.get("allow")).toBe(allowed);
  }
});

test("HEAD answers as GET does, without a body.", async () => {
  for (const path of ["/v1/models", "/v1/models/test/model", "/healthz", "/openapi.json"]) {
    const { status, text } = await call(router, path, { method: "HEAD" });
    expect([path, status, text]).toEqual([path, 200, ""]);
  }
  expect((await call(router, "/v1/models/none", { method: "HEAD" })).status).toBe(404);
  expect((await call(router, "/v1/chat/completions", { method: "HEAD" })).status).toBe(405);
});

test("OPTIONS without an origin breaks nothing.", async () => {
  expect((await call(router, "/v1/models", { method: "OPTIONS" })).status).toBe(204);
  const answer = await call(router, "/healthz", { method: "OPTIONS" });
  expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET"]);
});

test("Whatever is not there is a 404 in OpenAI's form.", async () => {
  const paths = [
    "/",
    "/v1",
    "/v1/",
    "/v1/embeddings",
    "/v2/models",
    "/v1/models/",
    "//v1/models",
    "/v1/chat",
  ];
  for (const path of [...paths, "/v1/%E0%A4%A", "/favicon.ico", "/v1/requests/", "/v1/x?y=z#w"]) {
    expect([path, errorOf(await call(router, path))]).toEqual([
      path,
      expect.objectContaining({ status: 404, code: "not_found" }),
    ]);
  }
  const wrong = await call(router, "/v1/models/%E0%A4%A");
  expect(errorOf(wrong)).toMatchObject({ status: 404, code: "model_not_found", param: "model" });
});

// --- models ---------------------------------------------------------------------------------------------------

test("Models are read by OpenAI's SDK, with a slash in their ids too.", async () => {
  const client = new OpenAI({ baseURL: router.baseUrl, apiKey: router.key, maxRetries: 0 });
  const ids: string[] = [];
  for await (const model of client.models.list()) ids.push(model.id);
  expect(ids).toEqual(["test/model", "demo/echo"]);
  for (const id of ids) expect(await client.models.retrieve(id)).toMatchObject({ id, object: "model" });
  await expect(client.models.retrieve("no/model")).rejects.toMatchObject({
    status: 404,
    code: "model_not_found",
  });
});

test("A model's id may be written with its slash or without, and needs no key.", async () => {
  for (const path of ["/v1/models/test/model", "/v1/models/test%2Fmodel"]) {
    expect((await call(router, path)).body).toMatchObject({
      id: "test/model",
      prices: { input_per_million: "0.40", output_per_million: "1.60", cache_read_per_million: "0.10" },
    });
  }
});

describe.skipIf(whyNoOpenAiSchema() !== undefined)("by OpenAI's schema", () => {
  test("The list of models and each model are valid.", async () => {
    const list = (await call(router, "/v1/models")).body;
    expect(openAiSchema("ListModelsResponse")(list)).toEqual([]);
    for (const id of ["test/model", "demo/echo"]) {
      expect(openAiSchema("Model")((await call(router, `/v1/models/${id}`)).body)).toEqual([]);
    }
  });

  test("Errors are valid, wherever they come from.", async () => {
    const problems = openAiSchema("ErrorResponse");
    const answers = [
      await call(router, "/nowhere"),
      await call(router, "/v1/key"),
      await call(router, "/v1/models", { method: "PUT" }),
      await post(router, "["),
      await post(router, JSON.stringify({ ...REQUEST, model: "none" })),
      await post(router, JSON.stringify({ ...REQUEST, messages: "Hi" })),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 401, 405, 400, 404, 400]);
    for (const { body } of answers) expect(problems(body)).toEqual([]);
  });
});

test("The gateway says that it runs.", async () => {
  expect((await call(router, "/healthz")).body).toMatchObject({ status: "ok" });
});
