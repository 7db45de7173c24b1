/**
 * Trigger: API Gateway, every request, answered as a stream.
 * Purpose: the public API.
 * Steps: wire the adapters once per environment; then each chat goes its way through `chat-door.ts` and `serve.ts`, every
 * other request through `api.ts`.
 * A retry by the client is a new request with a new hold. Nothing retries this function itself.
 */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { accountOfArn } from "../adapters/aws-json/endpoints.ts";
import { createRequestSigner } from "../adapters/aws-json/request-signer.ts";
import { dynamoClient, functionAccess, secretsClient, sqsClient } from "../adapters/aws-json/services.ts";
import { createRequestLog } from "../adapters/cloudwatch/request-log.ts";
import { createAccounts } from "../adapters/dynamodb/accounts.ts";
import { createKeyFinder } from "../adapters/dynamodb/api-keys.ts";
import { createDirectQueries, createDirectStore } from "../adapters/dynamodb/direct-store.ts";
import { createLedger } from "../adapters/dynamodb/ledger.ts";
import { connectUpstream } from "../adapters/http/upstream.ts";
import { type LambdaRequestContext, streamHandler } from "../adapters/lambda/stream-handler.ts";
import { createOpenAiCompatibleProvider } from "../adapters/openai-compatible/provider.ts";
import { createTracedLog } from "../adapters/otlp/traced-log.ts";
import { providerKeysFromSecret, secretsManagerReader } from "../adapters/secrets/provider-keys.ts";
import { createOwedSettles } from "../adapters/sqs/owed-settles.ts";
import { loadCatalog } from "../core/catalog.ts";
import type { Timers } from "../core/timers.ts";
import { ENV, environmentVariable, TRACE_HEADERS } from "../env.ts";
import type { Api } from "./api.ts";
import { cachedKeyFinder } from "./authenticate.ts";
import { CHAT_PATH, createChatDoor } from "./chat-door.ts";
import type { Gateway } from "./gateway.ts";
import { createProviders } from "./providers.ts";
import { createRandomNames } from "./random-names.ts";
import { createRouteMonitor } from "./route-monitor.ts";

const timers: Timers = {
  nowMs: () => Date.now(),
  after: (milliseconds, action) => {
    const timer = setTimeout(action, milliseconds);
    return () => clearTimeout(timer);
  },
};

const pause = (milliseconds: number) => sleep(milliseconds);
const tables = {
  accounts: environmentVariable(ENV.accountsTable),
  ledger: environmentVariable(ENV.ledgerTable),
  apiKeys: environmentVariable(ENV.apiKeysTable),
};
const secretArn = environmentVariable(ENV.providerSecretArn);
const access = functionAccess(process.env, timers.nowMs);
// The tables are in the account that the secret is in.
const dynamo = dynamoClient(access, accountOfArn(secretArn));
const names = createRandomNames();
const store = createDirectStore(dynamo.call);
// The catalog travels beside the bundle, compiled and validated when the stack was synthesized.
const catalog = loadCatalog(JSON.parse(readFileSync(new URL("./catalog.json", import.meta.url), "utf8")));
const keyNamed = providerKeysFromSecret(
  secretsManagerReader(secretsClient(access).call, secretArn, pause),
  timers,
);
// Read while the function starts, not while the first request waits.
void keyNamed("")
  .get()
  .catch(() => {});

const monitor = createRouteMonitor(catalog.routing.breaker, timers.nowMs);

// Not `console.log`: Lambda's JSON format would wrap the line into a string of another.
const requestLog = createRequestLog(
  (text) => void process.stdout.write(text),
  process.env[ENV.logLevel] === "warn" ? "warn" : "info",
  monitor,
);
const traceEndpoint = process.env[ENV.traceEndpoint];
const tracedLog = traceEndpoint
  ? createTracedLog(requestLog, async () => {
      const { createSpanExporter } = await import("../adapters/otlp/span-exporter.ts");
      return createSpanExporter(traceEndpoint, await keyNamed(TRACE_HEADERS).get());
    })
  : undefined;

const gateway: Gateway = {
  catalog,
  ledger: createLedger({
    store,
    tables,
    nowMs: timers.nowMs,
    pause,
    newAttempt: names.attempt,
  }),
  owedSettles: createOwedSettles(sqsClient(access).call, environmentVariable(ENV.owedSettlesQueue), pause),
  entries: createAccounts(store, createDirectQueries(dynamo.call), tables),
  keys: cachedKeyFinder(createKeyFinder(store, tables, pause), timers.nowMs),
  providers: createProviders(catalog, {
    kinds: {
      "openai-compatible": async () => createOpenAiCompatibleProvider,
      anthropic: async () => (await import("../adapters/anthropic/provider.ts")).createAnthropicProvider,
      bedrock: async () => (await import("../adapters/bedrock/provider.ts")).createBedrockProvider,
      gemini: async () => (await import("../adapters/gemini/provider.ts")).createGeminiProvider,
      cohere: async () => (await import("../adapters/cohere/provider.ts")).createCohereProvider,
    },
    keyNamed,
    connect: connectUpstream,
    signer: createRequestSigner(access),
  }),
  monitor,
  log: tracedLog ?? requestLog,
  tracing: tracedLog && {
    newTraceId: () => randomBytes(16).toString("hex"),
    newSpanId: () => randomBytes(8).toString("hex"),
  },
  timers,
  newRequestId: names.requestId,
  random: Math.random,
};
let api: Promise<Api> | undefined;

/** All but chats: the framework is loaded when the first of them comes, since a cold start nearly always is for a chat. */
async function answerOthers(request: Request, context: LambdaRequestContext): Promise<Response> {
  api ??= import("./api.ts").then(({ createApi }) => createApi(gateway));
  return (await api).fetch(request, { deadlineMs: context.deadlineMs }, context);
}

export const handler = streamHandler(answerOthers, {
  plainRoute: { method: "POST", path: CHAT_PATH, answer: createChatDoor(gateway) },
  ...(tracedLog && { last: tracedLog.flush }),
});
