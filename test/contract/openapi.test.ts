/** `GET /openapi.json`: a valid document that says what the product takes and answers. */
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { json, type ProviderServer, startProviderServer } from "../fakes/provider-server.ts";
import { chatRecordings } from "../fakes/recordings.ts";
import { type Router, startRouter } from "../fakes/router.ts";
import { type Json, record } from "./recorded-exchange.ts";
import { gate, REQUEST, slowStream, USED } from "./slow-stream.ts";

let provider: ProviderServer;
let router: Router;
let document: Json;

beforeAll(async () => {
  provider = await startProviderServer();
  router = await startRouter({ providerUrl: provider.baseUrl });
  document = (await get("/openapi.json")).body;
});
afterAll(async () => {
  await router.close();
  await provider.close();
});

async function get(
  path: string,
  init: RequestInit = {},
): Promise<{ status: number; body: Json; id: string }> {
  const headers = { authorization: `Bearer ${router.key}`, "content-type": "application/json" };
  const answer = await fetch(new URL(path, router.baseUrl), { headers, ...init });
  const body = record(await answer.json());
  if (body === undefined) throw new Error(`${path} answered something that is not an object`);
  return { status: answer.status, body, id: answer.headers.get("x-request-id") ?? "" };
}

/** What is wrong with a value by one of the document's schemas. */
function problems(name: string): (value: unknown) => string[] {
  const ajv = new Ajv2020({ allErrors: true, strictTypes: false });
  ajv.addSchema({ $id: "ours", components: document["components"] }, "ours");
  ajv.addKeyword("components");
  const validate = ajv.compile({ $ref: `ours#/components/schemas/${name}` });
  return (value) =>
    validate(value) ? [] : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}

function membersOf(name: string): Json {
  const schemas = record(record(document["components"])?.["schemas"]);
  return record(record(schemas?.[name])?.["properties"]) ?? {};
}

const QUESTION = { model: "test/model", messages: [{ role: "user", content: "Hi" }] };

function ask(body: object) {
  return get("/v1/chat/completions", { method: "POST", body: JSON.stringify(body) });
}

test("The document is valid OpenAPI 3.1.", async () => {
  const validator = new Validator();
  expect(await validator.validate({ ...document })).toEqual({ valid: true });
  expect(validator.version).toBe("3.1");
});

test("Every path it names is there, and every answer is as it says.", async () => {
  provider.next(
    json({
      id: "chatcmpl-1",
      object: "chat.completion",
      created: 1,
      model: "upstream-model",
      choices: [
        { index: 0, message: { role: "assistant", content: "Hi", refusal: null }, finish_reason: "stop" },
      ],
      usage: USED,
    }),
  );
  const completion = await ask(QUESTION);
  const answers = {
    "/v1/chat/completions": ["ChatCompletion", completion],
    "/v1/models": ["ModelList", await get("/v1/models")],
    "/v1/models/{id}": ["Model", await get("/v1/models/test/model")],
    "/v1/balance": ["Balance", await get("/v1/balance")],
    "/v1/key": ["Key", await get("/v1/key")],
    "/v1/requests/{request_id}": ["Request", await get(`/v1/requests/${completion.id}`)],
    "/v1/usage": ["Usage", await get("/v1/usage")],
    "/healthz": ["Health", await get("/healthz")],
  } as const;
  expect(Object.keys(answers)).toEqual(Object.keys(record(document["paths"]) ?? {}));
  for (const [path, [schema, { status, body }]] of Object.entries(answers)) {
    expect([path, status, problems(schema)(body)]).toEqual([path, 200, []]);
    // The completion is the provider's; every member of the others is ours, and is written down.
    const undocumented = Object.keys(body).filter((name) => !(name in membersOf(schema)));
    if (schema !== "ChatCompletion") expect([path, undocumented]).toEqual([path, []]);
  }
});

test("A request that is still open is as it says.", async () => {
  const { opened, open } = gate();
  provider.next(slowStream(opened));
  const answer = await fetch(`${router.baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${router.key}` },
    body: JSON.stringify(REQUEST),
  });
  const { body } = await get(`/v1/requests/${answer.headers.get("x-request-id")}`);
  open();
  await answer.text();
  expect(body).toMatchObject({ outcome: "open", cost: "0.00" });
  expect(problems("Request")(body)).toEqual([]);
  expect(Object.keys(body).filter((name) => !(name in membersOf("Request")))).toEqual([]);
});

test("Errors are as it says.", async () => {
  const error = problems("Error");
  for (const answer of [await get("/v1/nothing"), await ask({}), await get("/v1/key", { headers: {} })]) {
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(error(answer.body)).toEqual([]);
  }
});

const recorded = ["openai", "deepseek", "groq", "mistral"].flatMap(chatRecordings);

describe.skipIf(recorded.length === 0)("recorded requests", () => {
  test("The request's schema takes every one of them but the two that OpenAI itself refused for their form.", () => {
    const request = problems("ChatCompletionRequest");
    const refused = recorded.filter((recording) => request(recording.request).length > 0);
    console.log(`${recorded.length - refused.length} of ${recorded.length} recorded requests fit the schema`);
    expect(refused.map(({ file }) => file)).toEqual([
      "openai/chat.json.error.400-Bad-Request.01.response.json",
      "openai/chat.json.error.400-Bad-Request.02.response.json",
    ]);
  });
});
