import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createDynamoClient } from "../../lambda/adapters/dynamodb/client.ts";
import { accountKey } from "../../lambda/adapters/dynamodb/items.ts";
import { createLowBalances } from "../../lambda/adapters/dynamodb/low-balances.ts";
import { createSdkStore } from "../../lambda/adapters/dynamodb/sdk-store.ts";
import { createObjectStore, createS3Client } from "../../lambda/adapters/s3/object-store.ts";
import { loadCatalog } from "../../lambda/core/catalog.ts";
import { NO_KEY_PERIOD } from "../../lambda/core/hold.ts";
import { DEFAULT_LOW_BALANCE_PICO_USD } from "../../lambda/core/low-balance.ts";
import type { RequestLogLine } from "../../lambda/core/ports.ts";
import { NO_USAGE } from "../../lambda/core/usage.ts";
import { WEBHOOK_PATH } from "../../lambda/payments/webhook/api.ts";
import { compileCatalog, type ValidConfig } from "../../lib/config.ts";
import { Config } from "../../lib/config-schema.ts";
import { localConsole } from "../../local/console.ts";
import { openConsumerStores } from "../../local/consumer-stores.ts";
import { startDynamo } from "../../local/dynamodb.ts";
import { firstKey } from "../../local/first-run.ts";
import { LOCAL_USER, type LocalUser } from "../../local/issuer.ts";
import { openLocalPayments } from "../../local/payments.ts";
import { countingLog } from "../../local/provider-statistics.ts";
import { systemTimers, wireLocal } from "../../local/runtime.ts";
import { LOCAL_BUCKET, startS3 } from "../../local/s3.ts";
import { startServer } from "../../local/server.ts";
import { startUsage, usageFiles } from "../../local/usage.ts";
import { Browser } from "./browser.ts";

const person = (name: string, groups: string[] = []): LocalUser => ({
  subject: name,
  name,
  email: `${name}@example.com`,
  groups,
});

const USERS = [LOCAL_USER, ...["ada", "ben", "cleo", "dora", "eve"].map((name) => person(name))];

function consoleConfig(): ValidConfig {
  return Config.parse({
    console: { welcomeCreditUsd: "3" },
    providers: {
      nowhere: { kind: "openai-compatible", baseUrl: "http://127.0.0.1:9/v1", apiKeyEnv: "NO_SUCH" },
    },
    models: [
      {
        id: "test/none",
        ownedBy: "test",
        contextWindow: 1_000,
        maxOutputTokens: 100,
        inputModalities: ["text"],
        outputModalities: ["text"],
        prices: { inputUsdPerMillion: "1", outputUsdPerMillion: "2", cacheReadUsdPerMillion: "0.1" },
        routes: [{ provider: "nowhere", model: "none" }],
      },
    ],
  });
}

/**
 * The whole local server with its console, as `npm start` has it, with more people and a clock that can be moved.
 * @param pageFolder the built page, for who looks at it.
 */
export async function openConsoleWorld({ pageFolder }: { pageFolder?: string | undefined } = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), "wlrouter-console-"));
  const file = (name: string) => path.join(folder, name);
  const config = consoleConfig();
  const catalogFile = compileCatalog(config);
  const clock = { offsetMs: 0 };
  const nowMs = () => Date.now() + clock.offsetMs;
  const dynamo = await startDynamo();
  const s3 = await startS3(file("s3"));
  const objects = createObjectStore(createS3Client(s3.endpoint), LOCAL_BUCKET);
  const lines: RequestLogLine[] = [];
  const log = countingLog({ write: (line) => void lines.push(line) });
  const problems: string[] = [];
  const report = (message: string) => void problems.push(message);
  const stores = openConsumerStores(dynamo.endpoint, dynamo.tables);
  const usage = startUsage({ objects, report, stores, ...usageFiles(file) });
  const timers = { ...systemTimers, nowMs };
  const router = wireLocal(dynamo, catalogFile, log, timers, usage.watch);
  const key = (await firstKey(router.accounts, router.keys, router.ledger)) ?? "";
  const settings = config.console;
  const payments = await openLocalPayments({
    ...{ dynamo, ledger: router.ledger, accounts: router.accounts, billing: catalogFile.billing, report },
    ...{ environment: {}, file, nowMs },
  });
  const consoleApp = localConsole({
    ...{
      dynamo,
      s3Endpoint: s3.endpoint,
      objects,
      router,
      settings,
      payments: payments.payments,
      file,
      nowMs,
      report,
      pageFolder,
    },
    providerStatistics: log,
    users: USERS,
  });
  const webhook = { path: WEBHOOK_PATH, fetch: payments.webhook.fetch };
  const server = await startServer(router.api, 0, nowMs, [consoleApp, webhook]);
  const origin = `http://127.0.0.1:${server.port}`;
  payments.start(origin);
  const consoleUrl = await consoleApp.open(origin);
  return {
    ...{
      router,
      consoleUrl,
      origin,
      baseUrl: `${origin}/v1`,
      key,
      clock,
      objects,
      problems,
      usage,
      stores,
      dynamo,
    },
    catalog: loadCatalog(catalogFile),
    /** Somebody signed in, in a browser of their own. */
    async signedIn(user: string, query = ""): Promise<Browser> {
      const browser = new Browser(consoleUrl);
      await browser.signIn(user, query);
      return browser;
    },
    async close() {
      await server.close();
      await consoleApp.close();
      await payments.stop();
      await usage.stop();
      router.close();
      await dynamo.close();
      await s3.close();
      rmSync(folder, { recursive: true });
    },
  };
}

export type ConsoleWorld = Awaited<ReturnType<typeof openConsoleWorld>>;

/** What is written down of an account's low balance. @param isLow writes it down first, if nobody has. */
export async function crossingOf({ dynamo }: ConsoleWorld, accountId: string, { isLow = false } = {}) {
  const client = createDynamoClient(dynamo.endpoint);
  const balances = createLowBalances(createSdkStore(client), dynamo.tables.accounts);
  const at = new Date().toISOString();
  if (isLow) await balances.cross(accountId, DEFAULT_LOW_BALANCE_PICO_USD, at);
  const watched = await balances.read(accountId);
  client.destroy();
  return watched?.crossing;
}

/** Somebody edits an account's holds by hand. */
export async function putHolds(
  { dynamo }: ConsoleWorld,
  accountId: string,
  holds: Readonly<Record<string, string>>,
): Promise<void> {
  const client = createDynamoClient(dynamo.endpoint);
  const values = Object.entries(holds).map(([requestId, text]) => [requestId, { S: text }] as const);
  await createSdkStore(client).update(dynamo.tables.accounts, accountKey(accountId), {
    set: ["#holds = :holds"],
    condition: ["attribute_exists(#accountId)"],
    values: { ":holds": { M: Object.fromEntries(values) } },
  });
  client.destroy();
}

/** A request whose outcome nobody knows, as the gateway leaves it. @returns its id */
export async function putSuspense({ router: { ledger } }: ConsoleWorld, accountId: string): Promise<string> {
  const requestId = `req_${randomUUID()}`;
  const nowMs = Date.now();
  const amountPicoUsd = 10_000_000_000n;
  const shared = { keyId: "key_1", model: "demo/echo", catalogVersion: "00000000" };
  const held = await ledger.hold({
    accountId,
    requestId,
    hold: { ...shared, amountPicoUsd, expiresAtMs: nowMs + 600_000, keyPeriod: NO_KEY_PERIOD },
    requiredPicoUsd: amountPicoUsd,
  });
  if (!held.held) throw new Error(held.refusal);
  const { entry } = await ledger.settle(held.open, 0n, {
    ...{ ...shared, requestId, provider: "demo", outcome: "suspense", usage: NO_USAGE, estimated: false },
    ...{ latencyMs: 1, createdAt: new Date(nowMs).toISOString() },
    ...{ holdPicoUsd: amountPicoUsd, possibleCostPicoUsd: amountPicoUsd },
  });
  if (entry) await ledger.drain(entry);
  return requestId;
}
