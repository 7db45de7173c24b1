/**
 * Trigger: API Gateway, POST /webhooks/stripe, a function of its own so that nothing touches the body before it.
 * Purpose: the ledger follows what happens to payments at Stripe.
 * Steps: verify the signature over the raw body; look the payment up; post what the ledger has not.
 * A retry, by Stripe for three days, posts nothing twice: every entry has an id of its own.
 */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from "aws-lambda";
import { accountOfArn } from "../../adapters/aws-json/endpoints.ts";
import { dynamoClient, functionAccess, secretsClient } from "../../adapters/aws-json/services.ts";
import { createDirectStore } from "../../adapters/dynamodb/direct-store.ts";
import { createLedger } from "../../adapters/dynamodb/ledger.ts";
import { createPaymentProfiles } from "../../adapters/dynamodb/payment-profiles.ts";
import { eventToRequest } from "../../adapters/lambda/event-to-request.ts";
import { providerKeysFromSecret, secretsManagerReader } from "../../adapters/secrets/provider-keys.ts";
import { createStripeProcessor } from "../../adapters/stripe/processor.ts";
import { ENV, environmentVariable, PAYMENT_SECRETS, PAYMENTS_FILE } from "../../env.ts";
import { createWebhook, noRequest } from "./api.ts";

const nowMs = () => Date.now();
const pause = (milliseconds: number) => sleep(milliseconds);
const secretArn = environmentVariable(ENV.paymentSecretArn);
const tables = {
  accounts: environmentVariable(ENV.accountsTable),
  ledger: environmentVariable(ENV.ledgerTable),
};
const access = functionAccess(process.env, nowMs);
const store = createDirectStore(dynamoClient(access, accountOfArn(secretArn)).call);
const readSecret = secretsManagerReader(secretsClient(access).call, secretArn, pause);
const secretNamed = providerKeysFromSecret(readSecret, { nowMs });
const { payments } = JSON.parse(readFileSync(new URL(`./${PAYMENTS_FILE}`, import.meta.url), "utf8"));
const metrics = new Metrics({ namespace: "WLRouter", serviceName: "payments" });
const webhook = createWebhook({
  ledger: createLedger({
    store,
    tables,
    nowMs,
    pause,
    newAttempt: () => randomBytes(5).toString("base64url"),
  }),
  profiles: createPaymentProfiles(store, tables.accounts),
  processor: createStripeProcessor({
    secretKey: secretNamed(PAYMENT_SECRETS.secretKey),
    webhookSecret: secretNamed(PAYMENT_SECRETS.webhookSecret),
    apiBaseUrl: payments.stripeApiBaseUrl,
  }),
  nowMs,
  log(line) {
    process.stdout.write(`${JSON.stringify(line)}\n`);
    metrics.addMetric("PaymentAlarms", MetricUnit.Count, line.alarm === undefined ? 0 : 1);
    metrics.addMetric("WebhooksFailed", MetricUnit.Count, line.outcome.startsWith("failed") ? 1 : 0);
  },
});

export async function handler(event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> {
  const request = requestOf(event);
  const response = request ? await webhook.fetch(request) : noRequest();
  metrics.publishStoredMetrics();
  return {
    statusCode: response.status,
    headers: Object.fromEntries(response.headers),
    body: await response.text(),
  };
}

/** A throw would be a failure of the function, and ring for what anybody can send. */
function requestOf(event: APIGatewayProxyEvent): Request | undefined {
  try {
    return eventToRequest(event);
  } catch {
    return undefined;
  }
}
