import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { v7 as uuidv7 } from "uuid";
import type { Accounts } from "../lambda/adapters/dynamodb/accounts.ts";
import type { ApiKeys } from "../lambda/adapters/dynamodb/api-keys.ts";
import { createAuditLog, createResolutions } from "../lambda/adapters/dynamodb/audit.ts";
import { createDynamoClient } from "../lambda/adapters/dynamodb/client.ts";
import { createLowBalances } from "../lambda/adapters/dynamodb/low-balances.ts";
import { createInvites, createMembers } from "../lambda/adapters/dynamodb/members.ts";
import { createQueries } from "../lambda/adapters/dynamodb/queries.ts";
import { createRollups } from "../lambda/adapters/dynamodb/rollups.ts";
import { createSdkStore } from "../lambda/adapters/dynamodb/sdk-store.ts";
import { createIdentityProvider } from "../lambda/adapters/oidc/identity-provider.ts";
import { createObjectLinks } from "../lambda/adapters/s3/object-links.ts";
import { createS3Client } from "../lambda/adapters/s3/object-store.ts";
import { createConsoleApp } from "../lambda/console/app.ts";
import { memberIdOf } from "../lambda/console/membership.ts";
import { type PageFiles, pageFilesIn } from "../lambda/console/page-files.ts";
import type { Catalog } from "../lambda/core/catalog.ts";
import type { Members } from "../lambda/core/members.ts";
import { parseUsd } from "../lambda/core/money.ts";
import type { ProviderStatistics } from "../lambda/core/operations.ts";
import type { Payments } from "../lambda/core/payments.ts";
import type { Ledger, ObjectStore } from "../lambda/core/ports.ts";
import { DEMO_PROVIDER } from "./demo-provider.ts";
import type { LocalDynamo } from "./dynamodb.ts";
import { LOCAL_CLIENT_ID, LOCAL_USER, type LocalUser, startIssuer } from "./issuer.ts";
import { LOCAL_BUCKET } from "./s3.ts";
import type { Mount } from "./server.ts";

export interface LocalConsoleOptions {
  readonly dynamo: LocalDynamo;
  readonly s3Endpoint: string;
  readonly objects: ObjectStore;
  readonly router: {
    readonly accounts: Accounts;
    readonly keys: ApiKeys;
    readonly ledger: Ledger;
    readonly catalog: Catalog;
  };
  readonly settings: {
    readonly sessionHours: number;
    readonly inviteDays: number;
    readonly welcomeCreditUsd: string;
  };
  readonly payments: Payments;
  readonly providerStatistics: ProviderStatistics;
  readonly file: (name: string) => string;
  /** The built page's folder; absent: a page that says how it is built. */
  readonly pageFolder?: string | undefined;
  readonly users?: readonly LocalUser[];
  readonly nowMs: () => number;
  report(message: string): void;
}

export interface LocalConsole extends Mount {
  /** Begins to answer. @param origin of the server that it is mounted on. @returns the console's URL. */
  open(origin: string): Promise<string>;
  close(): Promise<void>;
}

const PATH = "/console";
/** Stands for the issuer, whose port is another at each start. */
const ISSUER_NAME = "local";

/** The console on one machine, with an issuer of its own. It answers once the port is known. */
export function localConsole(options: LocalConsoleOptions): LocalConsole {
  const client = createDynamoClient(options.dynamo.endpoint, 1, EMBEDDED_ANSWER_MS);
  const s3 = createS3Client(options.s3Endpoint);
  let app: { fetch(request: Request): Response | Promise<Response> } | undefined;
  let closeIssuer = async () => {};
  return {
    path: PATH,
    fetch: (request) => app?.fetch(withoutPrefix(request)) ?? new Response("not yet", { status: 503 }),
    async open(origin) {
      const consoleUrl = origin + PATH;
      const redirectUri = `${consoleUrl}/api/session/callback`;
      const pageUrl = `${consoleUrl}/`;
      const issuer = await startIssuer({
        redirectUri,
        pageUrl,
        ...(options.users ? { users: options.users } : {}),
      });
      closeIssuer = issuer.close;
      const files: PageFiles = options.pageFolder ? pageFilesIn(options.pageFolder) : () => undefined;
      const world = wire(options, { client, s3, origin, issuerUrl: issuer.url, redirectUri });
      await adoptFirstAccount(options.router.accounts, world.members, options.nowMs());
      app = createConsoleApp(world, files);
      return pageUrl;
    },
    async close() {
      await closeIssuer();
      client.destroy();
      s3.destroy();
    },
  };
}

/** As in runtime.ts: the embedded store may be busy for seconds. */
const EMBEDDED_ANSWER_MS = 30_000;

interface Place {
  readonly client: ReturnType<typeof createDynamoClient>;
  readonly s3: ReturnType<typeof createS3Client>;
  readonly origin: string;
  readonly issuerUrl: string;
  readonly redirectUri: string;
}

function wire(options: LocalConsoleOptions, place: Place): Parameters<typeof createConsoleApp>[0] {
  const { dynamo, router, settings, nowMs } = options;
  const store = createSdkStore(place.client);
  const queries = createQueries(place.client);
  const secret = sessionSecret(options.file("console-secret"));
  return {
    settings: {
      consoleUrl: place.origin + PATH,
      pageUrl: `${place.origin}${PATH}/`,
      baseUrl: `${place.origin}/v1`,
      sessionHours: settings.sessionHours,
      inviteDays: settings.inviteDays,
      welcomeCreditPicoUsd: parseUsd(settings.welcomeCreditUsd),
    },
    sessionSecret: async () => secret,
    identityProvider: createIdentityProvider({
      issuer: place.issuerUrl,
      issuerName: ISSUER_NAME,
      clientId: LOCAL_CLIENT_ID,
      redirectUri: place.redirectUri,
      scope: "openid email profile",
      operatorClaim: "groups",
      operatorGroup: "operators",
    }),
    members: createMembers(store, queries, dynamo.tables.members),
    invites: createInvites(store, queries, dynamo.tables),
    audit: createAuditLog(store, queries, dynamo.tables.audit),
    resolutions: createResolutions(store, dynamo.tables.audit),
    catalog: router.catalog,
    accounts: router.accounts,
    keys: router.keys,
    ledger: router.ledger,
    rollups: createRollups(store, queries, dynamo.tables.rollups),
    lowBalances: createLowBalances(store, dynamo.tables.accounts),
    reports: options.objects,
    reportLinks: createObjectLinks(place.s3, LOCAL_BUCKET),
    payments: options.payments,
    providerStatistics: options.providerStatistics,
    deadLetters: {
      depths: async () => [
        { name: "events that no consumer could take", messages: linesIn(options.file("dead-letters.jsonl")) },
      ],
    },
    hasProviderKey: async (provider) => hasKey(router.catalog, provider),
    nowMs,
    randomBytes: (count) => randomBytes(count),
    newRequestId: () => `con_${uuidv7()}`,
    report: (error) => options.report(`console: ${error instanceof Error ? error.stack : String(error)}`),
  };
}

function withoutPrefix(request: Request): Request {
  const url = new URL(request.url);
  // `/console` itself stays as it is: the console sends the browser to its page.
  if (url.pathname !== PATH) url.pathname = url.pathname.slice(PATH.length);
  return new Request(url, request);
}

/** Sessions outlive a restart. */
function sessionSecret(file: string): string {
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString("base64url"), { mode: 0o600 });
  return readFileSync(file, "utf8");
}

function hasKey(catalog: Catalog, provider: string): boolean {
  if (provider === DEMO_PROVIDER) return true;
  const apiKeyEnv = catalog.providers.get(provider)?.apiKeyEnv;
  return apiKeyEnv === undefined || Boolean(process.env[apiKeyEnv]);
}

function linesIn(file: string): number {
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").length - 1 : 0;
}

/** The person at this machine owns the account of the first start. */
async function adoptFirstAccount(accounts: Accounts, members: Members, nowMs: number): Promise<void> {
  const subject = `${ISSUER_NAME}#${LOCAL_USER.subject}`;
  if (await members.find(subject)) return;
  const [first] = (await Array.fromAsync(accounts.all())).sort((a, b) =>
    a.createdAt < b.createdAt ? -1 : 1,
  );
  if (!first) return;
  await members.add({
    subject,
    memberId: memberIdOf(subject),
    accountId: first.accountId,
    role: "owner",
    name: LOCAL_USER.name,
    email: LOCAL_USER.email,
    joinedAt: new Date(nowMs).toISOString(),
  });
}
