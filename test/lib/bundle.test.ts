/**
 * The gateway's bundle as it is deployed, started as Lambda starts it: with nothing but its environment and the runtime's
 * streaming global, and driven with API Gateway's events.
 */
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createApiKeys } from "../../lambda/adapters/dynamodb/api-keys.ts";
import { createDynamoClient } from "../../lambda/adapters/dynamodb/client.ts";
import { newAccountItem } from "../../lambda/adapters/dynamodb/items.ts";
import { createQueries } from "../../lambda/adapters/dynamodb/queries.ts";
import { createSdkStore } from "../../lambda/adapters/dynamodb/sdk-store.ts";
import { formatKey } from "../../lambda/core/keys.ts";
import { type LocalDynamo, startDynamo } from "../../local/dynamodb.ts";
import { proxyEvent } from "../adapters/lambda/events.ts";
import { type Invocation, installStreamingGlobal, invoke } from "../adapters/lambda/fake-runtime.ts";
import { anyEvent } from "../adapters/lambda/odd-events.ts";
import { CANARY, SYNTHESIS_LIMIT_MS, type Synthesized, synthesize } from "./synthesized.ts";

type Handler = Parameters<typeof invoke>[0];

const PROMPT = "canary-prompt-7c1f";
const KEY = formatKey(randomBytes(32));

let synthesized: Synthesized;
let dynamo: LocalDynamo;
let handler: Handler;
const printed: string[] = [];

beforeAll(async () => {
  [synthesized, dynamo] = await Promise.all([synthesize(), startDynamo()]);
  await addPoorAccount();
  secrets.listen(0, "127.0.0.1");
  await once(secrets, "listening");
  const environment = {
    AWS_REGION: "local",
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
    AWS_ENDPOINT_URL_SECRETSMANAGER: `http://127.0.0.1:${(secrets.address() as AddressInfo).port}`,
    // Nothing listens there, and nothing needs it as long as the ledger answers.
    AWS_ENDPOINT_URL_SQS: "http://127.0.0.1:9",
    ACCOUNTS_TABLE: dynamo.tables.accounts,
    LEDGER_TABLE: dynamo.tables.ledger,
    API_KEYS_TABLE: dynamo.tables.apiKeys,
  };
  for (const name of namesInTemplate()) vi.stubEnv(name, "x");
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  vi.stubEnv("PROVIDER_SECRET_ARN", "arn:aws:secretsmanager:local:123456789012:secret:x");
  vi.spyOn(process.stdout, "write").mockImplementation((text) => printed.push(String(text)) > 0);
  installStreamingGlobal();
  const bundle: { handler: Handler } = await import(
    /* @vite-ignore */ pathToFileURL(`${synthesized.assetFolder}/index.mjs`).href
  );
  ({ handler } = bundle);
}, SYNTHESIS_LIMIT_MS);

afterAll(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  secrets.close();
  await dynamo.close();
});

/** Stands for Secrets Manager: every provider of the shipped catalog has a key. */
const secrets = createServer((_, response) => {
  const catalog = JSON.parse(readFileSync(`${synthesized.assetFolder}/catalog.json`, "utf8"));
  const names = Object.values<{ apiKeyEnv?: string }>(catalog.providers).map(
    ({ apiKeyEnv = "none" }) => apiKeyEnv,
  );
  response.setHeader("content-type", "application/x-amz-json-1.1");
  response.end(
    JSON.stringify({ SecretString: JSON.stringify(Object.fromEntries(names.map((name) => [name, CANARY]))) }),
  );
});

/** What the stack sets: a variable that the function needs and the stack forgets would keep it from starting. */
function namesInTemplate(): string[] {
  const functions = Object.entries(synthesized.template.findResources("AWS::Lambda::Function"));
  const [, fn] = functions.find(([id]) => id.startsWith("GatewayFunction")) ?? [];
  return Object.keys(fn?.["Properties"].Environment.Variables ?? {});
}

async function addPoorAccount(): Promise<void> {
  const client = createDynamoClient(dynamo.endpoint, 1, 30_000);
  const store = createSdkStore(client);
  const createdAt = new Date().toISOString();
  await store.putIfAbsent(
    dynamo.tables.accounts,
    newAccountItem("acct_poor", "poor", createdAt),
    "accountId",
  );
  await createApiKeys(store, createQueries(client), dynamo.tables).create({
    keyHash: createHash("sha256").update(KEY).digest("hex"),
    keyId: "key_poor",
    accountId: "acct_poor",
    name: "poor",
    last4: KEY.slice(-4),
    createdAt,
    status: "active",
  });
  client.destroy();
}

function get(path: string, changes: Record<string, unknown> = {}) {
  const headers = { Authorization: `Bearer ${KEY}` };
  return proxyEvent({
    path,
    httpMethod: "GET",
    headers,
    multiValueHeaders: { Authorization: [`Bearer ${KEY}`] },
    pathParameters: { proxy: path.slice(1) },
    body: null,
    ...changes,
  });
}

function statusOf({ prelude }: Invocation): unknown {
  return prelude["statusCode"];
}

function requestIdOf({ prelude }: Invocation): string {
  return String(Object(prelude["headers"])["x-request-id"]);
}

test("it starts, and answers with a prelude, its headers and a body", async () => {
  const answer = await invoke(handler, get("/healthz"));
  expect(answer).toMatchObject({
    contentType: "application/vnd.awslambda.http-integration-response",
    prelude: { statusCode: 200, headers: { "content-type": "application/json" } },
    ended: true,
    destroyCalled: false,
  });
  expect(JSON.parse(answer.body)).toMatchObject({ status: "ok", request_id: requestIdOf(answer) });
});

test.each([
  ["a stage in the path", { path: "/prod/v1/models" }],
  ["a custom domain's base path", { path: "/llm/v1/models" }],
  ["headers that come once only", { multiValueHeaders: null }],
])("%s changes nothing of what is asked for", async (_name, changes) => {
  const answer = await invoke(handler, get("/v1/models", changes));
  expect(statusOf(answer)).toBe(200);
  expect(JSON.parse(answer.body).data.length).toBeGreaterThan(3);
});

test("a balance is read from the tables, by the key", async () => {
  const answer = await invoke(handler, get("/v1/balance"));
  expect(statusOf(answer)).toBe(200);
  expect(answer.body).toContain("acct_poor");
});

test.each([false, true])(
  "a body in base64 is read like another, and what it costs is refused: %s",
  async (base64) => {
    const model = JSON.parse((await invoke(handler, get("/v1/models"))).body).data[0].id;
    const body = JSON.stringify({ model, messages: [{ role: "user", content: PROMPT }], max_tokens: 100 });
    const answer = await invoke(
      handler,
      proxyEvent({
        headers: { "content-type": "application/json" },
        multiValueHeaders: { Authorization: [`Bearer ${KEY}`], "content-type": ["application/json"] },
        body: base64 ? Buffer.from(body).toString("base64") : body,
        isBase64Encoded: base64,
      }),
    );
    expect(statusOf(answer)).toBe(402);
    expect(JSON.parse(answer.body).error).toMatchObject({
      code: "insufficient_balance",
      request_id: requestIdOf(answer),
    });
  },
);

test("whatever path, query, headers and body come, the answer is JSON with a request id, and no stack", async () => {
  await fc.assert(
    fc.asyncProperty(anyEvent, async (changes) => {
      const answer = await invoke(handler, proxyEvent(changes));
      expect([statusOf(answer), answer.ended]).toEqual([expect.any(Number), true]);
      expect(requestIdOf(answer)).toMatch(/^\S+$/);
      expect(Number(statusOf(answer))).toBeLessThan(500);
      if (answer.body !== "") JSON.parse(answer.body);
      expect(answer.body).not.toMatch(/\n\s+at |node:internal|index\.mjs/);
    }),
    { numRuns: 150, seed: Number(process.env["WLROUTER_SEED"] ?? Date.now()) },
  );
}, 120_000);

test("what it printed of all that is JSON, counts each request once, and has no prompt and no key in it", () => {
  expect(printed.length).toBeGreaterThan(20);
  const all = printed.join("");
  for (const line of all.split("\n").filter(Boolean)) expect(() => JSON.parse(line), line).not.toThrow();
  expect(all).not.toContain(PROMPT);
  expect(all).not.toContain(KEY);
  expect(all).not.toContain(CANARY);
  expect(all).not.toContain(createHash("sha256").update(KEY).digest("hex"));
  expect(all).toContain('"Namespace":"WLRouter"');
});
