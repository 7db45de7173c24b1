import { createHash, randomBytes } from "node:crypto";
import type { CatalogFile } from "../../lambda/core/catalog.ts";
import { formatKey, newId, type SpendLimit } from "../../lambda/core/keys.ts";
import { parseUsd } from "../../lambda/core/money.ts";
import type { RequestLogLine } from "../../lambda/core/ports.ts";
import type { RateLimit } from "../../lambda/core/rate-limit.ts";
import type { Timers } from "../../lambda/core/timers.ts";
import { compileCatalog, type WlrouterConfig } from "../../lib/config.ts";
import { Config } from "../../lib/config-schema.ts";
import { type LocalDynamo, startDynamo } from "../../local/dynamodb.ts";
import { systemTimers, wireLocal } from "../../local/runtime.ts";
import { startServer } from "../../local/server.ts";

export interface RouterOptions {
  /** Where the model `test/model` is served; absent: only the demo model is. */
  readonly providerUrl?: string;
  /** Several routes for `test/model`, in order; takes the place of `providerUrl`. */
  readonly providerUrls?: readonly string[];
  /** Changes to `test/model`. */
  readonly model?: Partial<WlrouterConfig["models"][number]>;
  /** Changes to every provider, of another kind too. */
  readonly provider?: Readonly<Record<string, unknown>>;
  /** More providers, for routes of `models`. */
  readonly providers?: WlrouterConfig["providers"];
  /** Absent: no route ever rests. */
  readonly routing?: WlrouterConfig["routing"];
  /** More models. */
  readonly models?: readonly (Pick<WlrouterConfig["models"][number], "id" | "routes"> &
    Partial<WlrouterConfig["models"][number]>)[];
  /** Providers and models of any kind; takes the place of all of the above. */
  readonly config?: Pick<WlrouterConfig, "providers" | "models">;
  readonly creditUsd?: string;
  readonly timers?: Timers;
  /** A store that runs already, so that a router can be stopped and started on the same tables. */
  readonly dynamo?: LocalDynamo;
}

export interface NewKey {
  readonly accountId?: string;
  readonly spendLimit?: SpendLimit;
  readonly allowedModels?: readonly string[];
  readonly expiresAt?: string;
  readonly rateLimit?: RateLimit;
}

/**
 * The whole product in this process, over real HTTP and an in-memory DynamoDB, with one account, its key and a model:
 *
 *     const router = await startRouter({ providerUrl: provider.baseUrl, creditUsd: "1" });
 *     new OpenAI({ baseURL: router.baseUrl, apiKey: router.key });
 */
export async function startRouter(options: RouterOptions = {}) {
  const dynamo = options.dynamo ?? (await startDynamo());
  const lines: RequestLogLine[] = [];
  const timers = options.timers ?? systemTimers;
  const wired = wireLocal(dynamo, catalogOf(options), { write: (line) => lines.push(line) }, timers);
  const server = await startServer(wired.api, 0, timers.nowMs);

  async function newAccount(creditUsd: string): Promise<string> {
    const accountId = newId("acct_", randomBytes(16));
    const createdAt = new Date(timers.nowMs()).toISOString();
    await wired.accounts.create({ accountId, name: "test", createdAt });
    const amountPicoUsd = parseUsd(creditUsd);
    if (amountPicoUsd > 0n) {
      await wired.ledger.credit({
        accountId,
        creditId: `topup_${accountId}`,
        type: "topup",
        amountPicoUsd,
        createdAt,
      });
    }
    return accountId;
  }

  const accountId = await newAccount(options.creditUsd ?? "25");

  async function newKey(wanted: NewKey = {}): Promise<{ key: string; keyId: string }> {
    const key = formatKey(randomBytes(32));
    const keyId = newId("key_", randomBytes(16));
    await wired.keys.create({
      keyHash: createHash("sha256").update(key).digest("hex"),
      keyId,
      accountId: wanted.accountId ?? accountId,
      name: "test",
      last4: key.slice(-4),
      createdAt: new Date(timers.nowMs()).toISOString(),
      status: "active",
      expiresAt: wanted.expiresAt,
      allowedModels: wanted.allowedModels,
      spendLimit: wanted.spendLimit,
      rateLimit: wanted.rateLimit,
    });
    return { key, keyId };
  }

  const { key, keyId } = await newKey();
  return {
    ...wired,
    baseUrl: `http://127.0.0.1:${server.port}/v1`,
    accountId,
    key,
    keyId,
    newAccount,
    newKey,
    /** The structured log, a line a request. */
    lines,
    dynamo,
    /** Waits for everything that is open to be settled and drained. */
    async close() {
      await server.close();
      wired.close();
      if (!options.dynamo) await dynamo.close();
    },
  };
}

export type Router = Awaited<ReturnType<typeof startRouter>>;

function catalogOf(options: RouterOptions): CatalogFile {
  // Tests break providers one after another: none of them should rest for it, unless that is what is tested.
  const routing = options.routing ?? { breaker: { enabled: false } };
  if (options.config) return compileCatalog(Config.parse({ billing: BILLING, routing, ...options.config }));
  const urls = options.providerUrls ?? (options.providerUrl ? [options.providerUrl] : []);
  const providers = Object.fromEntries(
    urls.map((baseUrl, i) => [`p${i + 1}`, { kind: "openai-compatible", baseUrl, ...options.provider }]),
  );
  const model: WlrouterConfig["models"][number] = {
    id: "test/model",
    ownedBy: "test",
    contextWindow: 128_000,
    maxOutputTokens: 16_384,
    inputModalities: ["text", "image", "audio", "file"],
    outputModalities: ["text"],
    prices: { inputUsdPerMillion: "0.40", outputUsdPerMillion: "1.60", cacheReadUsdPerMillion: "0.10" },
    routes: urls.map((_, i) => ({ provider: `p${i + 1}`, model: "upstream-model" })),
    ...options.model,
  };
  const more = (options.models ?? []).map((each) => ({ ...model, ...each }));
  if (urls.length > 0)
    return compileCatalog(
      Config.parse({
        billing: BILLING,
        routing,
        providers: { ...providers, ...options.providers },
        models: [model, ...more],
      }),
    );
  const nowhere = {
    p1: { kind: "openai-compatible", baseUrl: "http://127.0.0.1:9/v1", apiKeyEnv: "NO_SUCH_KEY" },
  };
  const routes = [{ provider: "p1", model: "none" }];
  return compileCatalog(
    Config.parse({ billing: BILLING, providers: nowhere, models: [{ ...model, routes }] }),
  );
}

const BILLING = { minimumTopUpUsd: "10", serviceFeePercent: "5" };
