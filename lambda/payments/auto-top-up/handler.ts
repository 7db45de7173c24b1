/**
 * Trigger: the queue behind the bus's rule for low balances.
 * Purpose: an account whose owner wants it so is filled up with its saved payment method.
 * Steps: read the account's settings; write an order down; charge it; credit it; look whether the balance is low still.
 * A retry finds the order and goes on with it: Stripe knows it by its id, and so does the ledger.
 */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { accountOfArn } from "../../adapters/aws-json/endpoints.ts";
import { dynamoClient, functionAccess, secretsClient } from "../../adapters/aws-json/services.ts";
import { createDirectStore } from "../../adapters/dynamodb/direct-store.ts";
import { createLedger } from "../../adapters/dynamodb/ledger.ts";
import { createLowBalances } from "../../adapters/dynamodb/low-balances.ts";
import { createPaymentProfiles } from "../../adapters/dynamodb/payment-profiles.ts";
import { providerKeysFromSecret, secretsManagerReader } from "../../adapters/secrets/provider-keys.ts";
import { createStripeProcessor } from "../../adapters/stripe/processor.ts";
import { isRecord } from "../../core/is-record.ts";
import { ENV, environmentVariable, PAYMENT_SECRETS, PAYMENTS_FILE } from "../../env.ts";
import { type AutoTopUpWorld, autoTopUp } from "./auto-top-up.ts";
import { lowOf } from "./low-event.ts";

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
const { billing, payments } = JSON.parse(
  readFileSync(new URL(`./${PAYMENTS_FILE}`, import.meta.url), "utf8"),
);
const world: AutoTopUpWorld = {
  ledger: createLedger({
    store,
    tables,
    nowMs,
    pause,
    newAttempt: () => randomBytes(5).toString("base64url"),
  }),
  profiles: createPaymentProfiles(store, tables.accounts),
  balances: createLowBalances(store, tables.accounts),
  processor: createStripeProcessor({
    secretKey: secretNamed(PAYMENT_SECRETS.secretKey),
    webhookSecret: secretNamed(PAYMENT_SECRETS.webhookSecret),
    apiBaseUrl: payments.stripeApiBaseUrl,
  }),
  terms: billing,
  nowMs,
};

export async function handler({ Records }: SQSEvent): Promise<SQSBatchResponse> {
  const failed: string[] = [];
  for (const { messageId, body } of Records) {
    try {
      const low = lowOf(detailOf(body));
      if (!low) throw new TypeError("not a balance.low event of ours");
      log({ event: "auto_top_up", ...(await autoTopUp(world, low)) });
    } catch (error) {
      failed.push(messageId);
      log({ event: "auto_top_up_failed", messageId, cause: String(error) });
    }
  }
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
}

/** Of EventBridge's envelope. */
function detailOf(body: string): unknown {
  const envelope: unknown = JSON.parse(body);
  return isRecord(envelope) && envelope["detail-type"] === "balance.low" ? envelope["detail"] : undefined;
}

function log(line: object): void {
  process.stdout.write(`${JSON.stringify({ at: new Date(nowMs()).toISOString(), ...line })}\n`);
}
