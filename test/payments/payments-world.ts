import { randomUUID } from "node:crypto";
import { afterAll, beforeEach, expect } from "vitest";
import { createAccounts } from "../../lambda/adapters/dynamodb/accounts.ts";
import { createLedger } from "../../lambda/adapters/dynamodb/ledger.ts";
import { createLowBalances } from "../../lambda/adapters/dynamodb/low-balances.ts";
import { createPaymentProfiles } from "../../lambda/adapters/dynamodb/payment-profiles.ts";
import { createQueries } from "../../lambda/adapters/dynamodb/queries.ts";
import { createSdkStore } from "../../lambda/adapters/dynamodb/sdk-store.ts";
import { createStripeProcessor } from "../../lambda/adapters/stripe/processor.ts";
import type { Entry } from "../../lambda/core/charge.ts";
import { parseUsd } from "../../lambda/core/money.ts";
import { createPayments } from "../../lambda/core/payments-service.ts";
import type { Credit, Ledger } from "../../lambda/core/ports.ts";
import { createWebhook, type WebhookLine } from "../../lambda/payments/webhook/api.ts";
import { startDynamo } from "../../local/dynamodb.ts";
import { patientClient } from "../fakes/patient-client.ts";
import {
  type Delivery,
  STRIPE_KEY,
  startStripeServer,
  WEBHOOK_SECRET,
  webhookRequest,
} from "../fakes/stripe-server.ts";

const TERMS = {
  minimumTopUpUsd: "10",
  maximumTopUpUsd: "1000",
  serviceFeePercent: "5",
  autoTopUpsPerDay: 3,
};

/** Where the next credits of the ledger break off: the process dies before or after the money moved. */
export type Crash = "before" | "after" | undefined;

interface WebhookAnswer {
  readonly received?: boolean;
  readonly outcome?: string;
  readonly posted?: readonly string[];
  readonly error?: { readonly code: string; readonly message: string };
}

export type PaymentsWorld = Awaited<ReturnType<typeof openPaymentsWorld>>;

/** Payments on a real ledger, with Stripe over HTTP and real signatures; a test moves clock, events and crashes. */
async function openPaymentsWorld() {
  const dynamo = await startDynamo();
  const client = patientClient(dynamo.endpoint);
  const store = createSdkStore(client);
  const clock = { aheadMs: 0 };
  const nowMs = () => Date.now() + clock.aheadMs;
  const stripe = await startStripeServer(nowMs);
  const secrets = { key: STRIPE_KEY as string | undefined, webhook: WEBHOOK_SECRET };
  const accounts = createAccounts(store, createQueries(client), dynamo.tables);
  const whole = createLedger({
    store,
    tables: dynamo.tables,
    nowMs,
    pause: async () => {},
    newAttempt: () => randomUUID().slice(0, 8),
  });
  const crashes: Crash[] = [];
  const ledger: Ledger = { ...whole, credit: (wanted) => crashing(whole, crashes, wanted) };
  const processor = createStripeProcessor({
    secretKey: { get: async () => secrets.key, refresh: async () => secrets.key },
    webhookSecret: { get: async () => secrets.webhook, refresh: async () => secrets.webhook },
    apiBaseUrl: stripe.baseUrl,
  });
  const balances = createLowBalances(store, dynamo.tables.accounts);
  const profiles = createPaymentProfiles(store, dynamo.tables.accounts);
  const lines: WebhookLine[] = [];
  const world = { ledger, profiles, processor, nowMs, balances, entries: accounts, accounts, terms: TERMS };
  const webhook = createWebhook({ ...world, log: (line) => lines.push(line) });
  return {
    ...world,
    dynamo,
    store,
    clock,
    stripe,
    secrets,
    crashes,
    lines,
    payments: createPayments({ ...world, retell: (accountId) => balances.retell(accountId) }),
    async deliver(event: object, delivery?: Delivery) {
      const response = await webhook.fetch(webhookRequest(event, delivery));
      const body = (await response.json()) as WebhookAnswer;
      return { status: response.status, body };
    },
    webhook,
    async close() {
      client.destroy();
      await stripe.close();
      await dynamo.close();
    },
  };
}

/** A world for a file's tests. Before each of them its clock is right, and nothing is told of or waits. */
export async function worldForTests(): Promise<PaymentsWorld> {
  const world = await openPaymentsWorld();
  afterAll(() => world.close());
  beforeEach(() => {
    world.clock.aheadMs = 0;
    world.lines.length = 0;
    world.stripe.takeEvents();
  });
  return world;
}

/** All events that wait; the webhook takes each. */
export async function deliverAll(world: PaymentsWorld): Promise<void> {
  for (const event of world.stripe.takeEvents()) expect((await world.deliver(event)).status).toBe(200);
}

async function crashing(ledger: Ledger, crashes: Crash[], wanted: Credit): Promise<Entry> {
  const crash = crashes.shift();
  if (crash === "before") throw new Error("the process died");
  const entry = await ledger.credit(wanted);
  if (crash === "after") throw new Error("the process died");
  return entry;
}

export async function newAccount(world: PaymentsWorld, usd?: string): Promise<string> {
  const accountId = `acct_${randomUUID()}`;
  const createdAt = new Date(world.nowMs()).toISOString();
  await world.accounts.create({ accountId, name: "test", createdAt });
  if (usd) await moveBy(world, accountId, usd);
  return accountId;
}

/** What an operator moves by hand. */
export async function moveBy(world: PaymentsWorld, accountId: string, usd: string): Promise<void> {
  const createdAt = new Date(world.nowMs()).toISOString();
  const creditId = `adj_${randomUUID()}`;
  const amountPicoUsd = parseUsd(usd);
  await world.ledger.credit({ accountId, creditId, type: "adjustment", amountPicoUsd, createdAt });
}

/** A checkout of a top-up. @returns the session's id, to be paid in the stand-in's books. */
export async function checkout(
  world: PaymentsWorld,
  accountId: string,
  usd: string,
  savePaymentMethod = false,
): Promise<string> {
  const { url } = await world.payments.startCheckout({
    accountId,
    email: undefined,
    creditPicoUsd: parseUsd(usd),
    savePaymentMethod,
    checkoutId: randomUUID(),
    successUrl: "http://127.0.0.1/done",
    cancelUrl: "http://127.0.0.1/cancelled",
  });
  return url.split("/").at(-1) ?? "";
}

/** Top up, paid at once. @returns the payment's id. Its events wait for delivery. */
export async function payTopUp(
  world: PaymentsWorld,
  accountId: string,
  usd: string,
  card?: string,
): Promise<string> {
  const sessionId = await checkout(world, accountId, usd, card !== undefined);
  const intent = world.stripe.books.pay(sessionId, "card", card);
  if (!intent) throw new Error("it was not paid");
  return intent.id;
}

export async function availableOf(world: PaymentsWorld, accountId: string): Promise<bigint> {
  const account = await world.ledger.account(accountId);
  if (!account) throw new Error(`no account ${accountId}`);
  return account.availablePicoUsd;
}

/** Entry ids and what each moved, with its fee, in US cents. */
export async function movedCents(world: PaymentsWorld, accountId: string): Promise<Record<string, number[]>> {
  const moved: Record<string, number[]> = {};
  for await (const entry of world.accounts.entriesById(accountId, { newestFirst: false })) {
    moved[entry.entryId] = [entry.amountPicoUsd, entry.feePicoUsd ?? 0n].map((pico) => Number(pico) / 1e10);
  }
  return moved;
}
