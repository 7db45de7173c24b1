/**
 * Sixty-four invocations at once in one environment, as Lambda Managed Instances sends them: the gateway's bundle, loaded
 * once, and everything that it keeps between requests shared by all of them.
 */

import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { ENV } from "../../lambda/env.ts";
import { bundleRoom } from "../../lib/bundle.ts";
import { compileCatalog } from "../../lib/config.ts";
import { Config } from "../../lib/config-schema.ts";
import { proxyEvent } from "../adapters/lambda/events.ts";
import { installStreamingGlobal, invoke } from "../adapters/lambda/fake-runtime.ts";
import { type ProviderServer, startProviderServer } from "../fakes/provider-server.ts";
import { type Router, startRouter } from "../fakes/router.ts";

const AT_ONCE = 64;
const ACCOUNTS = 4;
const PRICE = { input: 400_000n, output: 1_600_000n };

type Handler = Parameters<typeof invoke>[0];
interface Payer {
  readonly accountId: string;
  readonly key: string;
  readonly keyId: string;
}

const folder = mkdtempSync(path.join(tmpdir(), "wlrouter-concurrent-"));
const printed: string[] = [];
let provider: ProviderServer;
let router: Router;
let handler: Handler;
let payers: Payer[];

/** Stands for Secrets Manager. */
const secrets = createServer((_, response) => {
  response.end(JSON.stringify({ SecretString: JSON.stringify({ TEST_KEY: "sk-test" }) }));
});

beforeAll(async () => {
  [provider, router] = await Promise.all([startProviderServer(), startRouter()]);
  payers = await Promise.all(Array.from({ length: ACCOUNTS }, newPayer));
  secrets.listen(0, "127.0.0.1");
  await once(secrets, "listening");
  bundleRoom("gateway", folder);
  writeFileSync(path.join(folder, "catalog.json"), JSON.stringify(catalog()));
  const { tables, endpoint } = router.dynamo;
  const environment = {
    ...Object.fromEntries(Object.values(ENV).map((name) => [name, "x"])),
    [ENV.traceEndpoint]: "",
    [ENV.providerSecretArn]: "arn:aws:secretsmanager:local:123456789012:secret:x",
    [ENV.accountsTable]: tables.accounts,
    [ENV.ledgerTable]: tables.ledger,
    [ENV.apiKeysTable]: tables.apiKeys,
    AWS_REGION: "local",
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    AWS_ENDPOINT_URL_SECRETSMANAGER: `http://127.0.0.1:${(secrets.address() as AddressInfo).port}`,
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  vi.spyOn(process.stdout, "write").mockImplementation((text) => printed.push(String(text)) > 0);
  installStreamingGlobal();
  const bundle: { handler: Handler } = await import(
    /* @vite-ignore */ pathToFileURL(path.join(folder, "index.mjs")).href
  );
  ({ handler } = bundle);
}, 60_000);

afterAll(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  secrets.close();
  await router.close();
  await provider.close();
  rmSync(folder, { recursive: true });
});

async function newPayer(): Promise<Payer> {
  const accountId = await router.newAccount("25");
  return { accountId, ...(await router.newKey({ accountId })) };
}

function catalog() {
  return compileCatalog(
    Config.parse({
      billing: { minimumTopUpUsd: "10", serviceFeePercent: "5" },
      providers: { p1: { kind: "openai-compatible", baseUrl: provider.baseUrl, apiKeyEnv: "TEST_KEY" } },
      models: [
        {
          id: "test/model",
          ownedBy: "test",
          contextWindow: 128_000,
          maxOutputTokens: 16_384,
          inputModalities: ["text"],
          outputModalities: ["text"],
          prices: { inputUsdPerMillion: "0.40", outputUsdPerMillion: "1.60" },
          routes: [{ provider: "p1", model: "upstream-model" }],
        },
      ],
    }),
  );
}

function event(n: number, key: string): object {
  const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
  const body = JSON.stringify({
    model: "test/model",
    messages: [{ role: "user", content: `number ${n}` }],
    max_completion_tokens: 1_000,
    stream: true,
    stream_options: { include_usage: true },
  });
  const multiValueHeaders = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, [value]]),
  );
  return proxyEvent({ headers, multiValueHeaders, body });
}

/** Different for each request, so that nobody can have been charged for another's. */
const usageOf = (n: number) => ({
  prompt_tokens: 10 + n,
  completion_tokens: 5 + 2 * n,
  total_tokens: 15 + 3 * n,
});
const costOf = (n: number) => BigInt(10 + n) * PRICE.input + BigInt(5 + 2 * n) * PRICE.output;

/** Every stream begins when all requests have come, and says whose it is. */
function answerTogether(): void {
  let come = 0;
  const { promise: allAreHere, resolve } = Promise.withResolvers<void>();
  provider.always(async (response, { body }) => {
    come += 1;
    if (come === AT_ONCE) resolve();
    await allAreHere;
    const n = Number(/number (\d+)/.exec(body.toString())?.[1]);
    const chunk = (choices: object[], usage: object | null) =>
      `data: ${JSON.stringify({ id: `c${n}`, object: "chat.completion.chunk", created: 1, model: "m", choices, usage })}\n\n`;
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const word of ["I ", "am ", `number ${n}`]) {
      response.write(chunk([{ index: 0, delta: { content: word }, finish_reason: null }], null));
      await new Promise(setImmediate);
    }
    response.end(
      `${chunk([{ index: 0, delta: {}, finish_reason: "stop" }], null)}${chunk([], usageOf(n))}data: [DONE]\n\n`,
    );
  });
}

const payerOf = (n: number): Payer => {
  const payer = payers[n % ACCOUNTS];
  if (!payer) throw new Error("no payer");
  return payer;
};

test("sixty-four streams in one environment: each is its own client's, charged exactly, with an id and a line of its own", async () => {
  const numbers = Array.from({ length: AT_ONCE }, (_, n) => n);
  answerTogether();
  const answers = await Promise.all(numbers.map((n) => invoke(handler, event(n, payerOf(n).key))));

  const ids = answers.map(({ prelude }) => String(Object(prelude["headers"])["x-request-id"]));
  expect(new Set(ids).size).toBe(AT_ONCE);
  const lines = printed
    .join("")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  for (const n of numbers) {
    const answer = answers[n];
    expect(answer?.prelude["statusCode"]).toBe(200);
    const events = (answer?.body ?? "").split("\n\n");
    const said = events.flatMap((text) => /"content":"([^"]*)"/.exec(text)?.[1] ?? []).join("");
    expect(said).toBe(`I am number ${n}`);
    const usage = JSON.parse(/"usage":(\{.*\})\}$/.exec(events.at(-3) ?? "")?.[1] ?? "null");
    expect(usage).toMatchObject(usageOf(n));
    const own = lines.filter(({ requestId }) => requestId === ids[n]);
    const { accountId, keyId } = payerOf(n);
    expect(own).toEqual([
      expect.objectContaining({
        accountId,
        keyId,
        status: 200,
        outputTokens: 5 + 2 * n,
        inputTokens: 10 + n,
      }),
    ]);
    const entry = await router.ledger.entry(accountId, ids[n] ?? "");
    expect(entry).toMatchObject({ amountPicoUsd: -costOf(n), charge: { keyId, outcome: "completed" } });
  }
  for (const [at, { accountId }] of payers.entries()) {
    const spent = numbers.filter((n) => n % ACCOUNTS === at).reduce((sum, n) => sum + costOf(n), 0n);
    const account = await router.ledger.account(accountId);
    expect(account?.postedPicoUsd).toBe(25_000_000_000_000n - spent);
    expect(account?.availablePicoUsd).toBe(account?.postedPicoUsd);
    expect([account?.holds.size, account?.outbox.size]).toEqual([0, 0]);
  }
}, 60_000);
