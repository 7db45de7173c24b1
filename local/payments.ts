import { randomBytes } from "node:crypto";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import type { Hono } from "hono";
import type { Accounts } from "../lambda/adapters/dynamodb/accounts.ts";
import { createDynamoClient } from "../lambda/adapters/dynamodb/client.ts";
import { createLowBalances } from "../lambda/adapters/dynamodb/low-balances.ts";
import { createPaymentProfiles } from "../lambda/adapters/dynamodb/payment-profiles.ts";
import { createSdkStore } from "../lambda/adapters/dynamodb/sdk-store.ts";
import { RULES } from "../lambda/adapters/eventbridge/rules.ts";
import { createStripeProcessor } from "../lambda/adapters/stripe/processor.ts";
import type { Billing } from "../lambda/core/catalog.ts";
import type { BusEvent } from "../lambda/core/events.ts";
import type { Payments } from "../lambda/core/payments.ts";
import type { PaymentProcessor } from "../lambda/core/payments-processor.ts";
import { createPayments } from "../lambda/core/payments-service.ts";
import type { Ledger, ProviderKey } from "../lambda/core/ports.ts";
import { PAYMENT_SECRETS } from "../lambda/env.ts";
import { autoTopUp } from "../lambda/payments/auto-top-up/auto-top-up.ts";
import { lowOf } from "../lambda/payments/auto-top-up/low-event.ts";
import { type Reconciliation, reconcile } from "../lambda/payments/reconcile/reconcile.ts";
import { createWebhook, WEBHOOK_PATH } from "../lambda/payments/webhook/api.ts";
import type { Target } from "./bus.ts";
import type { LocalDynamo } from "./dynamodb.ts";
import { type BooksState, emptyState } from "./stripe/books.ts";
import { deliver } from "./stripe/delivery.ts";
import { type StripeStandIn, startStripeStandIn } from "./stripe/stand-in.ts";

export interface LocalPaymentsOptions {
  readonly dynamo: LocalDynamo;
  readonly ledger: Ledger;
  readonly accounts: Accounts;
  readonly billing: Billing;
  readonly stripeApiBaseUrl?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly file: (name: string) => string;
  readonly nowMs: () => number;
  /** What went wrong beside the requests, as a sentence for the person at the terminal. */
  report(message: string): void;
}

/** Payments on one machine: Stripe itself where its key is in the environment, else its stand-in. */
export interface LocalPayments {
  readonly payments: Payments;
  readonly webhook: Hono;
  /** Fills up low balances. */
  fillUp(events: readonly BusEvent[]): Promise<void>;
  /** Undefined where payments are Stripe's own. */
  readonly standIn: StripeStandIn | undefined;
  /** Tells the stand-in where the webhook is, and begins to compare payments with credits, now and each hour. */
  start(origin: string): void;
  reconcile(): Promise<Reconciliation>;
  stop(): Promise<void>;
}

const HOUR_MS = 3_600_000;

/** Listens to a bus that is there before payments are. */
export function autoTopUpTarget(payments: () => LocalPayments | undefined): Target {
  return {
    name: "auto-top-up",
    pattern: RULES.autoTopUp,
    take: async (events) => payments()?.fillUp(events),
  };
}

export async function openLocalPayments(options: LocalPaymentsOptions): Promise<LocalPayments> {
  const { dynamo, ledger, accounts, nowMs } = options;
  const log = (line: object) => appendFileSync(options.file("payments.jsonl"), `${JSON.stringify(line)}\n`);
  const client = createDynamoClient(dynamo.endpoint, 3, 30_000);
  const store = createSdkStore(client);
  const { processor, standIn, listen } = await openProcessor(options);
  const balances = createLowBalances(store, dynamo.tables.accounts);
  const profiles = createPaymentProfiles(store, dynamo.tables.accounts);
  const world = { ledger, profiles, processor, nowMs, balances, entries: accounts, terms: options.billing };
  let isStopping = false;
  const compare = () =>
    reconcile({ ...world, accounts: () => accounts.scan(), shouldStop: () => isStopping });
  const run = () =>
    compare().then(
      (result) => tell(result, options),
      (error) => options.report(String(error)),
    );
  let running = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  return {
    payments: createPayments({ ...world, retell: (accountId) => balances.retell(accountId) }),
    webhook: createWebhook({ ...world, log }),
    standIn,
    async fillUp(events) {
      for (const { type, detail } of events) {
        const low = type === "balance.low" ? lowOf(detail) : undefined;
        if (low) log({ event: "auto_top_up", ...(await autoTopUp(world, low)) });
      }
    },
    start(origin) {
      listen(`${origin}${WEBHOOK_PATH}`);
      running = run();
      timer = setInterval(() => {
        running = running.then(run);
      }, HOUR_MS);
    },
    reconcile: compare,
    async stop() {
      isStopping = true;
      clearInterval(timer);
      await running;
      await standIn?.close();
      client.destroy();
    },
  };
}

function tell({ differences, failed, failure }: Reconciliation, { report }: LocalPaymentsOptions): void {
  for (const { kind, paymentId, accountId } of differences) {
    report(`payments and credits differ: ${kind}, payment ${paymentId}, account ${accountId}`);
  }
  if (failed > 0) report(`${failed} payments could not be compared with their credits: ${failure}`);
}

// --- Stripe, or its stand-in ----------------------------------------------------------------------------------

interface OpenProcessor {
  readonly processor: PaymentProcessor;
  readonly standIn: StripeStandIn | undefined;
  listen(webhookUrl: string): void;
}

async function openProcessor(options: LocalPaymentsOptions): Promise<OpenProcessor> {
  const key = options.environment[PAYMENT_SECRETS.secretKey];
  const secret = options.environment[PAYMENT_SECRETS.webhookSecret];
  if (key) {
    const settings = {
      secretKey: fixed(key),
      webhookSecret: fixed(secret),
      apiBaseUrl: options.stripeApiBaseUrl,
    };
    return { processor: createStripeProcessor(settings), standIn: undefined, listen: () => {} };
  }
  return openStandIn(options);
}

interface StandInFile {
  readonly secretKey: string;
  readonly webhookSecret: string;
  readonly state: BooksState;
}

/** Tries of one event; at Stripe they go on for three days. */
const PAUSES_MS = [0, 500, 2_000, 10_000, 60_000];

/** Its books are kept beside the ledger: without them the next start would find credits that nobody paid for. */
async function openStandIn({ file, nowMs, report }: LocalPaymentsOptions): Promise<OpenProcessor> {
  const path = file("stripe-stand-in.json");
  const known: StandInFile = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : newStandIn();
  const address = { webhookUrl: "" };
  const save = (state: BooksState) => writeFileSync(path, JSON.stringify({ ...known, state }));
  save(known.state);
  const standIn = await startStripeStandIn({
    state: known.state,
    secretKey: known.secretKey,
    nowMs,
    save,
    async deliver(event) {
      const { webhookSecret } = known;
      for (const milliseconds of PAUSES_MS) {
        await pause(milliseconds, undefined, { ref: false });
        const delivered = deliver(event, { webhookUrl: address.webhookUrl, webhookSecret, nowMs });
        if ((await delivered.catch(() => 0)) === 200) return;
      }
      report(`the test payment's event ${event.id} was not taken; the hourly comparison makes up for it`);
    },
  });
  const settings = {
    secretKey: fixed(known.secretKey),
    webhookSecret: fixed(known.webhookSecret),
    apiBaseUrl: standIn.baseUrl,
  };
  const listen = (webhookUrl: string) => {
    address.webhookUrl = webhookUrl;
  };
  return { processor: createStripeProcessor(settings), standIn, listen };
}

function newStandIn(): StandInFile {
  return {
    secretKey: `sk_test_${randomBytes(16).toString("hex")}`,
    webhookSecret: `whsec_${randomBytes(24).toString("hex")}`,
    state: emptyState(),
  };
}

function fixed(value: string | undefined): ProviderKey {
  const get = async () => value?.trim() || undefined;
  return { get, refresh: get };
}
