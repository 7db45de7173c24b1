/** The deployed functions, each in a process of its own, over one set of embedded stores: the stack, as far as it is code. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createQueries } from "../../lambda/adapters/dynamodb/queries.ts";
import { createObjectStore, createS3Client } from "../../lambda/adapters/s3/object-store.ts";
import { compileCatalog } from "../../lib/config.ts";
import { Config } from "../../lib/config-schema.ts";
import { startDynamo } from "../../local/dynamodb.ts";
import { LOCAL_CLIENT_ID, LOCAL_USER, startIssuer } from "../../local/issuer.ts";
import { LOCAL_BUCKET, startS3 } from "../../local/s3.ts";
import { openWorld } from "../adapters/dynamodb/ledger-world.ts";
import { Browser } from "../console/browser.ts";
import { patientClient } from "../fakes/patient-client.ts";
import { startProviderServer } from "../fakes/provider-server.ts";
import { STRIPE_KEY, startStripeServer, WEBHOOK_SECRET } from "../fakes/stripe-server.ts";
import { rightsIn } from "../lib/rights.ts";
import { synthesize } from "../lib/synthesized.ts";
import type { Aws } from "./aws-endpoint.ts";
import { type DeployedFunction, type FunctionOptions, startFunction } from "./deployed-function.ts";
import { startFront } from "./front.ts";

const VISITOR = { subject: "ada", name: "ada", email: "ada@example.com", groups: [] };

export type DeployedWorld = Awaited<ReturnType<typeof openDeployedWorld>>;

export async function openDeployedWorld() {
  const folder = mkdtempSync(path.join(tmpdir(), "wlrouter-deployed-"));
  const [synthesized, dynamo, s3, provider, stripe] = await Promise.all([
    synthesize(),
    startDynamo(),
    startS3(folder),
    startProviderServer(),
    startStripeServer(Date.now),
  ]);
  const rights = rightsIn(synthesized.template);
  const ledgerWorld = await openWorld(async () => dynamo, { seed: 1, lateByAtMost: 1 });
  ledgerWorld.clock.nowMs = Date.now();
  const aws: Aws = {
    dynamoEndpoint: dynamo.endpoint,
    s3Endpoint: s3.endpoint,
    arnOf: rights.arnOf,
    secrets: new Map<string, object>([
      [rights.arnOf("GatewayProviderKeys"), { P1_KEY: "sk-of-p1" }],
      [
        rights.arnOf("PaymentsKeys"),
        { STRIPE_SECRET_KEY: STRIPE_KEY, STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET },
      ],
      [rights.arnOf("ConsoleSecret"), { SESSION_KEY: "s".repeat(64) }],
    ]),
    events: [],
    messages: [],
    logLines: [],
    fails: () => undefined,
  };
  const files: Required<FunctionOptions>["files"] = {
    "catalog.json": () => catalogOf(provider.baseUrl),
    "payments.json": (content) => ({ ...content, payments: { stripeApiBaseUrl: stripe.baseUrl } }),
    "console.json": (content) => ({ ...content, operatorClaim: "groups", operatorGroup: "operators" }),
  };
  const started = new Map<string, DeployedFunction>();
  const start = async (id: string, names: readonly string[] = [], more: FunctionOptions = {}) => {
    const changed = Object.fromEntries(names.flatMap((name) => (files[name] ? [[name, files[name]]] : [])));
    const fn = await startFunction({ synthesized, rights, aws }, id, { files: changed, ...more });
    started.set(id, fn);
    return fn;
  };
  const front = await startFront((event) => consoleFunction.invoke(event));
  const pages = { redirectUri: `${front.origin}/console/api/session/callback`, pageUrl: front.origin };
  const issuer = await startIssuer({ ...pages, users: [LOCAL_USER, VISITOR] });
  const consoleFunction = await start("ConsoleFunction", Object.keys(files), {
    streams: true,
    environment: {
      PUBLIC_URL: front.origin,
      CONSOLE_ISSUER: issuer.url,
      CONSOLE_CLIENT_ID: LOCAL_CLIENT_ID,
    },
  });
  return {
    ...{ synthesized, rights, aws, provider, stripe, started, start, ledgerWorld, consoleFunction },
    objects: createObjectStore(createS3Client(s3.endpoint), LOCAL_BUCKET),
    /** Somebody signed in at the console. */
    async signedIn(user: string, query = ""): Promise<Browser> {
      const browser = new Browser(`${front.origin}/console/`);
      await browser.signIn(user, query);
      return browser;
    },
    /** Every entry of the ledger, as an item. */
    async entryItems() {
      const client = patientClient(dynamo.endpoint);
      const items = await Array.fromAsync(createQueries(client).scan(dynamo.tables.ledger));
      client.destroy();
      return items;
    },
    async close() {
      await Promise.all([...started.values()].map((fn) => fn.close()));
      await Promise.all([front.close(), issuer.close(), provider.close(), stripe.close(), s3.close()]);
      await ledgerWorld.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function catalogOf(baseUrl: string): object {
  return compileCatalog(
    Config.parse({
      billing: { minimumTopUpUsd: "10", serviceFeePercent: "5" },
      console: { welcomeCreditUsd: "3" },
      providers: { p1: { kind: "openai-compatible", baseUrl, apiKeyEnv: "P1_KEY" } },
      models: [
        {
          id: "test/model",
          ownedBy: "test",
          contextWindow: 128_000,
          maxOutputTokens: 16_384,
          inputModalities: ["text"],
          outputModalities: ["text"],
          prices: { inputUsdPerMillion: "0.40", outputUsdPerMillion: "1.60", cacheReadUsdPerMillion: "0.10" },
          routes: [{ provider: "p1", model: "upstream-model" }],
        },
      ],
    }),
  );
}
