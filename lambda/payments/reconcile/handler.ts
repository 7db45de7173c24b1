/**
 * Trigger: a schedule, each hour.
 * Purpose: nothing paid stays uncredited, and nothing credited was not paid.
 * Steps: compare Stripe's payments of three days, and those that something happened to, with the ledger's entries; post
 * what is missing; compare the ledger's credits with Stripe's payments; report.
 * A retry, or two at once, posts nothing twice: every entry has an id of its own.
 */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type { Context } from "aws-lambda";
import { functionAccess, secretsClient } from "../../adapters/aws-json/services.ts";
import { createAccounts } from "../../adapters/dynamodb/accounts.ts";
import { createDynamoClient } from "../../adapters/dynamodb/client.ts";
import { createLedger } from "../../adapters/dynamodb/ledger.ts";
import { createPaymentProfiles } from "../../adapters/dynamodb/payment-profiles.ts";
import { createQueries } from "../../adapters/dynamodb/queries.ts";
import { createSdkStore } from "../../adapters/dynamodb/sdk-store.ts";
import { providerKeysFromSecret, secretsManagerReader } from "../../adapters/secrets/provider-keys.ts";
import { createStripeProcessor } from "../../adapters/stripe/processor.ts";
import { ENV, environmentVariable, PAYMENT_SECRETS, PAYMENTS_FILE } from "../../env.ts";
import { reconcile } from "./reconcile.ts";

/** Time to finish the payment at hand and to report. */
const BEFORE_DEADLINE_MS = 60_000;

const nowMs = () => Date.now();
const pause = (milliseconds: number) => sleep(milliseconds);
const tables = {
  accounts: environmentVariable(ENV.accountsTable),
  ledger: environmentVariable(ENV.ledgerTable),
  apiKeys: environmentVariable(ENV.apiKeysTable),
};
const client = createDynamoClient();
const store = createSdkStore(client);
const accounts = createAccounts(store, createQueries(client), tables);
const secrets = secretsClient(functionAccess(process.env, nowMs));
const readSecret = secretsManagerReader(secrets.call, environmentVariable(ENV.paymentSecretArn), pause);
const secretNamed = providerKeysFromSecret(readSecret, { nowMs });
const { payments } = JSON.parse(readFileSync(new URL(`./${PAYMENTS_FILE}`, import.meta.url), "utf8"));
const metrics = new Metrics({ namespace: "WLRouter", serviceName: "payments" });
const world = {
  ledger: createLedger({
    store,
    tables,
    nowMs,
    pause,
    newAttempt: () => randomBytes(5).toString("base64url"),
  }),
  profiles: createPaymentProfiles(store, tables.accounts),
  entries: accounts,
  accounts: () => accounts.scan(),
  processor: createStripeProcessor({
    secretKey: secretNamed(PAYMENT_SECRETS.secretKey),
    webhookSecret: secretNamed(PAYMENT_SECRETS.webhookSecret),
    apiBaseUrl: payments.stripeApiBaseUrl,
  }),
  nowMs,
};

/** @throws what kept it from comparing anything; the next hour's run is the retry. */
export async function handler(_event: unknown, context: Context): Promise<void> {
  const stopAtMs = nowMs() + context.getRemainingTimeInMillis() - BEFORE_DEADLINE_MS;
  const result = await reconcile({ ...world, shouldStop: () => nowMs() >= stopAtMs });
  const at = new Date(nowMs()).toISOString();
  process.stdout.write(`${JSON.stringify({ at, event: "payments_compared", ...result })}\n`);
  metrics.addMetric("PaymentsCompared", MetricUnit.Count, result.payments);
  metrics.addMetric("PaymentDifferences", MetricUnit.Count, result.differences.length);
  metrics.addMetric("PaymentsNotCompared", MetricUnit.Count, result.failed + (result.complete ? 0 : 1));
  metrics.publishStoredMetrics();
}
