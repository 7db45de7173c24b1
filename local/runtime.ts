import { setTimeout as sleep } from "node:timers/promises";
import { createRequestSigner } from "../lambda/adapters/aws-json/request-signer.ts";
import { localDynamoClient } from "../lambda/adapters/aws-json/services.ts";
import { createAccounts } from "../lambda/adapters/dynamodb/accounts.ts";
import { createApiKeys, createKeyFinder } from "../lambda/adapters/dynamodb/api-keys.ts";
import { createDirectQueries, createDirectStore } from "../lambda/adapters/dynamodb/direct-store.ts";
import { createLedger } from "../lambda/adapters/dynamodb/ledger.ts";
import type { Store } from "../lambda/adapters/dynamodb/store.ts";
import { connectUpstream } from "../lambda/adapters/http/upstream.ts";
import { createOpenAiCompatibleProvider } from "../lambda/adapters/openai-compatible/provider.ts";
import type { CatalogFile } from "../lambda/core/catalog.ts";
import type { RequestLog } from "../lambda/core/ports.ts";
import type { Timers } from "../lambda/core/timers.ts";
import { createApi } from "../lambda/gateway/api.ts";
import { cachedKeyFinder } from "../lambda/gateway/authenticate.ts";
import type { Gateway } from "../lambda/gateway/gateway.ts";
import { createProviders } from "../lambda/gateway/providers.ts";
import { createRandomNames } from "../lambda/gateway/random-names.ts";
import { createRouteMonitor } from "../lambda/gateway/route-monitor.ts";
import { sweep } from "../lambda/ledger/sweep.ts";
import { commandLineCredentials } from "./aws-credentials.ts";
import { localCatalog } from "./catalog.ts";
import { createDemoProvider, DEMO_PROVIDER } from "./demo-provider.ts";
import type { LocalDynamo } from "./dynamodb.ts";
import { type LocalOwedSettles, openOwedSettles } from "./owed-settles.ts";
import { providerKeysFromEnvironment } from "./provider-keys.ts";

const pause = (milliseconds: number) => sleep(milliseconds);

export const systemTimers: Timers = {
  nowMs: () => Date.now(),
  after: (milliseconds, action) => {
    const timer = setTimeout(action, milliseconds);
    return () => clearTimeout(timer);
  },
};

/**
 * The embedded store shares this process and its one thread: slow means busy, never lost, and trying again would only
 * make it busier. Two hundred requests at once take it seconds.
 */
const EMBEDDED_ANSWER_MS = 30_000;

/**
 * The whole product over an embedded DynamoDB: the same rooms and adapters that run in AWS, wired for one process.
 * @param owedSettles where charges wait that the ledger could not take; each sweep tries them.
 * @param watch stands between the ledger and its store, to see what reaches it.
 */
export function wireLocal(
  dynamo: LocalDynamo,
  catalogFile: CatalogFile,
  log: RequestLog,
  timers: Timers = systemTimers,
  watch: (store: Store, ledgerTable: string) => Store = (store) => store,
  owedSettles: LocalOwedSettles = openOwedSettles(),
) {
  const client = localDynamoClient(dynamo.endpoint, EMBEDDED_ANSWER_MS);
  const store = watch(createDirectStore(client.call), dynamo.tables.ledger);
  const queries = createDirectQueries(client.call);
  const names = createRandomNames();
  const ledger = createLedger({
    store,
    tables: dynamo.tables,
    nowMs: timers.nowMs,
    pause,
    newAttempt: names.attempt,
  });
  const accounts = createAccounts(store, queries, dynamo.tables);
  const catalog = localCatalog(catalogFile, (apiKeyEnv) => Boolean(process.env[apiKeyEnv]));
  const configured = createProviders(catalog, {
    kinds: {
      "openai-compatible": async () => createOpenAiCompatibleProvider,
      anthropic: async () =>
        (await import("../lambda/adapters/anthropic/provider.ts")).createAnthropicProvider,
      bedrock: async () => (await import("../lambda/adapters/bedrock/provider.ts")).createBedrockProvider,
      gemini: async () => (await import("../lambda/adapters/gemini/provider.ts")).createGeminiProvider,
      cohere: async () => (await import("../lambda/adapters/cohere/provider.ts")).createCohereProvider,
    },
    keyNamed: providerKeysFromEnvironment(),
    connect: connectUpstream,
    signer: createRequestSigner({
      region: process.env["AWS_REGION"] ?? process.env["AWS_DEFAULT_REGION"],
      credentials: commandLineCredentials(),
      nowMs: timers.nowMs,
    }),
  });
  const demo = createDemoProvider();
  const monitor = createRouteMonitor(catalog.routing.breaker, timers.nowMs);
  const gateway: Gateway = {
    catalog,
    ledger,
    owedSettles,
    entries: accounts,
    keys: cachedKeyFinder(createKeyFinder(store, dynamo.tables, pause), timers.nowMs),
    providers: { get: async (name) => (name === DEMO_PROVIDER ? demo : configured.get(name)) },
    monitor,
    log,
    timers,
    newRequestId: names.requestId,
    random: Math.random,
  };
  return {
    gateway,
    api: createApi(gateway),
    catalog,
    /** What is known of each route that was called: for the operator's page of providers. */
    routeHealth: monitor.snapshot,
    ledger,
    accounts,
    keys: createApiKeys(store, queries, dynamo.tables),
    owedSettles,
    async sweep() {
      await owedSettles.settleAll(ledger);
      return sweep({
        accounts: accounts.scan(),
        ledger,
        nowMs: timers.nowMs,
        stopAtMs: Number.POSITIVE_INFINITY,
      });
    },
    close: () => void client.close(),
  };
}
