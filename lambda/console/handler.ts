/**
 * Trigger: API Gateway, `/console` and everything below it.
 * Purpose: the console, its page and its API.
 * Steps: wire the adapters once per environment; then each request goes through `app.ts`.
 * A retry by the browser is a new request; whatever moves money or happens once has an id made by the form.
 */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { SQSClient } from "@aws-sdk/client-sqs";
import { v7 as uuidv7 } from "uuid";
import { accountOfArn } from "../adapters/aws-json/endpoints.ts";
import { dynamoClient, functionAccess, secretsClient } from "../adapters/aws-json/services.ts";
import { createAccounts } from "../adapters/dynamodb/accounts.ts";
import { createApiKeys } from "../adapters/dynamodb/api-keys.ts";
import { createAuditLog, createResolutions } from "../adapters/dynamodb/audit.ts";
import { createDirectQueries, createDirectStore } from "../adapters/dynamodb/direct-store.ts";
import { createLedger } from "../adapters/dynamodb/ledger.ts";
import { createLowBalances } from "../adapters/dynamodb/low-balances.ts";
import { createInvites, createMembers } from "../adapters/dynamodb/members.ts";
import { createPaymentProfiles } from "../adapters/dynamodb/payment-profiles.ts";
import { createRollups } from "../adapters/dynamodb/rollups.ts";
import { streamHandler } from "../adapters/lambda/stream-handler.ts";
import { createProviderStatistics } from "../adapters/logs/provider-statistics.ts";
import { createIdentityProvider } from "../adapters/oidc/identity-provider.ts";
import { createObjectLinks } from "../adapters/s3/object-links.ts";
import { createObjectStore, createS3Client } from "../adapters/s3/object-store.ts";
import { providerKeysFromSecret, secretsManagerReader } from "../adapters/secrets/provider-keys.ts";
import { createDeadLetterQueues } from "../adapters/sqs/dead-letter-queues.ts";
import { createStripeProcessor } from "../adapters/stripe/processor.ts";
import { loadCatalog } from "../core/catalog.ts";
import { parseUsd } from "../core/money.ts";
import { createPayments } from "../core/payments-service.ts";
import { CONSOLE_SECRETS, ENV, environmentVariable, PAYMENT_SECRETS, PAYMENTS_FILE } from "../env.ts";
import { createConsoleApp } from "./app.ts";
import { pageFilesIn } from "./page-files.ts";

const nowMs = () => Date.now();
const pause = (milliseconds: number) => sleep(milliseconds);
const fileBeside = (name: string) => JSON.parse(readFileSync(new URL(`./${name}`, import.meta.url), "utf8"));
const tables = {
  accounts: environmentVariable(ENV.accountsTable),
  ledger: environmentVariable(ENV.ledgerTable),
  apiKeys: environmentVariable(ENV.apiKeysTable),
  invites: environmentVariable(ENV.invitesTable),
};
const auditTable = environmentVariable(ENV.auditTable);
const consoleSecretArn = environmentVariable(ENV.consoleSecretArn);
const access = functionAccess(process.env, nowMs);
const dynamo = dynamoClient(access, accountOfArn(consoleSecretArn));
const store = createDirectStore(dynamo.call);
const queries = createDirectQueries(dynamo.call);
const secretNamed = (arn: string) =>
  providerKeysFromSecret(secretsManagerReader(secretsClient(access).call, arn, pause), { nowMs });
const consoleSecret = secretNamed(consoleSecretArn);
const paymentSecret = secretNamed(environmentVariable(ENV.paymentSecretArn));
const s3 = createS3Client();
const reportsBucket = environmentVariable(ENV.reportsBucket);
const settings = fileBeside("console.json");
const { billing, payments } = fileBeside(PAYMENTS_FILE);
const publicUrl = environmentVariable(ENV.publicUrl);
const consoleUrl = `${publicUrl}/console`;
const accounts = createAccounts(store, queries, tables);
const lowBalances = createLowBalances(store, tables.accounts);

const app = createConsoleApp(
  {
    settings: {
      consoleUrl,
      // Not `…/console/`: whether API Gateway hands over a path that ends so is its own affair.
      pageUrl: `${consoleUrl}/index.html`,
      baseUrl: `${publicUrl}/v1`,
      sessionHours: settings.sessionHours,
      inviteDays: settings.inviteDays,
      welcomeCreditPicoUsd: parseUsd(settings.welcomeCreditUsd),
    },
    sessionSecret,
    identityProvider: createIdentityProvider({
      issuer: environmentVariable(ENV.consoleIssuer),
      clientId: environmentVariable(ENV.consoleClientId),
      clientSecret: () => consoleSecret(CONSOLE_SECRETS.client).get(),
      redirectUri: `${consoleUrl}/api/session/callback`,
      scope: settings.scope,
      operatorClaim: settings.operatorClaim,
      operatorGroup: settings.operatorGroup,
    }),
    members: createMembers(store, queries, environmentVariable(ENV.membersTable)),
    invites: createInvites(store, queries, tables),
    audit: createAuditLog(store, queries, auditTable),
    resolutions: createResolutions(store, auditTable),
    catalog: loadCatalog(fileBeside("catalog.json")),
    accounts,
    keys: createApiKeys(store, queries, tables),
    ledger: createLedger({
      store,
      tables,
      nowMs,
      pause,
      newAttempt: () => randomBytes(5).toString("base64url"),
    }),
    rollups: createRollups(store, queries, environmentVariable(ENV.rollupsTable)),
    lowBalances,
    reports: createObjectStore(s3, reportsBucket),
    reportLinks: createObjectLinks(s3, reportsBucket),
    payments: createPayments({
      processor: createStripeProcessor({
        secretKey: paymentSecret(PAYMENT_SECRETS.secretKey),
        webhookSecret: paymentSecret(PAYMENT_SECRETS.webhookSecret),
        apiBaseUrl: payments.stripeApiBaseUrl,
      }),
      profiles: createPaymentProfiles(store, tables.accounts),
      entries: accounts,
      terms: billing,
      retell: (accountId) => lowBalances.retell(accountId),
      nowMs,
    }),
    providerStatistics: createProviderStatistics(
      new CloudWatchLogsClient({}),
      environmentVariable(ENV.gatewayLogGroup),
      nowMs,
    ),
    deadLetters: createDeadLetterQueues(
      new SQSClient({}),
      JSON.parse(environmentVariable(ENV.deadLetterQueues)),
    ),
    // The console may not read providers' keys, not even to see whether there are any.
    hasProviderKey: async () => undefined,
    nowMs,
    randomBytes: (count) => randomBytes(count),
    newRequestId: () => `con_${uuidv7()}`,
    report: logBug,
  },
  pageFilesIn(fileURLToPath(new URL("./page", import.meta.url))),
);

export const handler = streamHandler((request) => app.fetch(request));

async function sessionSecret(): Promise<string> {
  const secret = await consoleSecret(CONSOLE_SECRETS.session).get();
  if (!secret) throw new Error(`the console's secret has no ${CONSOLE_SECRETS.session}`);
  return secret;
}

/** Its kind and place, never its text, which may hold anything. */
function logBug(error: unknown, requestId: string): void {
  const isError = error instanceof Error;
  const place = isError ? /\n\s+at (.*)/.exec(error.stack ?? "")?.[1] : undefined;
  const line = { at: new Date(nowMs()).toISOString(), event: "console_bug", requestId };
  process.stdout.write(`${JSON.stringify({ ...line, alarm: isError ? error.name : "unknown", place })}\n`);
}
