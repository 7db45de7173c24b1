import { createHash, randomBytes } from "node:crypto";
import { createAccounts } from "../../../lambda/adapters/dynamodb/accounts.ts";
import { createApiKeys, createKeyFinder } from "../../../lambda/adapters/dynamodb/api-keys.ts";
import { createDirectQueries, createDirectStore } from "../../../lambda/adapters/dynamodb/direct-store.ts";
import { createLedger } from "../../../lambda/adapters/dynamodb/ledger.ts";
import type { Store } from "../../../lambda/adapters/dynamodb/store.ts";
import { loadCatalog } from "../../../lambda/core/catalog.ts";
import { type ApiKey, formatKey, newId, type SpendLimit } from "../../../lambda/core/keys.ts";
import type { PicoUsd } from "../../../lambda/core/money.ts";
import type { Account, Credit, Ledger, OpenHold, RequestLogLine } from "../../../lambda/core/ports.ts";
import { createApi } from "../../../lambda/gateway/api.ts";
import { cachedKeyFinder } from "../../../lambda/gateway/authenticate.ts";
import { readIdempotency } from "../../../lambda/gateway/idempotency.ts";
import { createRouteMonitor } from "../../../lambda/gateway/route-monitor.ts";
import { sweep } from "../../../lambda/ledger/sweep.ts";
import { compileCatalog } from "../../../lib/config.ts";
import { Config } from "../../../lib/config-schema.ts";
import type { LocalDynamo } from "../../../local/dynamodb.ts";
import { openOwedSettles } from "../../../local/owed-settles.ts";
import { patientDirectClient } from "../../fakes/patient-client.ts";
import { type Interruption, Invocation, mortalProvider, mortalStore, mortalTimers } from "./invocation.ts";
import { ProviderStandIn } from "./provider-stand-in.ts";
import { bodyOf, type RequestPlan } from "./request-plan.ts";
import type { VirtualClock } from "./virtual-clock.ts";

export interface BankKey {
  readonly secret: string;
  readonly apiKey: ApiKey;
  /** Whoever revoked it was told that it is done. */
  isRevoked: boolean;
}

export interface BankAccount {
  readonly accountId: string;
  /** Those in use; a revoked one is used for a while yet. */
  keys: BankKey[];
  isSuspended: boolean;
}

/** One request and all that was seen of it from outside the ledger. */
export interface Witness {
  readonly plan: RequestPlan;
  readonly invocation: Invocation;
  readonly accountId: string;
  readonly requestId: string;
  /** By which the provider knows it. */
  readonly user: string;
  /** Its key was revoked, or its account suspended, before it began and until it ended. */
  mustBeRefused: boolean;
  held: OpenHold | undefined;
  /** Its line in the log, which is written when its end is known. */
  line: RequestLogLine | undefined;
  status: number | undefined;
}

export interface Payment {
  readonly credit: Credit;
  isAcknowledged: boolean;
}

export interface BankOptions {
  readonly dynamo: LocalDynamo;
  /** Where the ledger finds the store: the store itself, or a bad network before it. */
  readonly endpoint: string;
  readonly clock: VirtualClock;
}

export type Bank = ReturnType<typeof openBank>;

const REQUEST_LIFE_MS = 15 * 60_000;

/** The product wired as `npm start` wires it, with a clock of its own, and invocations that can die at every call. */
export function openBank({ dynamo, endpoint, clock }: BankOptions) {
  const [client, directClient] = [patientDirectClient(endpoint), patientDirectClient(dynamo.endpoint)];
  const directStore = createDirectStore(directClient.call);
  const store = mortalStore(createDirectStore(client.call));
  const queries = createDirectQueries(directClient.call);
  const { tables } = dynamo;
  let attempts = 0;
  const pause = () => new Promise<void>((resolve) => setImmediate(resolve));
  const ledgerOn = (on: Store) =>
    createLedger({
      store: on,
      tables,
      nowMs: () => clock.nowMs(),
      pause,
      newAttempt: () => `${++attempts}`,
    });
  const ledger = ledgerOn(store);
  const owedSettles = openOwedSettles();
  const accounts = createAccounts(directStore, queries, tables);
  const witnesses = new Map<string, Witness>();
  const standIn = new ProviderStandIn();
  const providers = {
    p1: mortalProvider(standIn.provider("p1")),
    p2: mortalProvider(standIn.provider("p2")),
  };
  const witness = () => witnesses.get(Invocation.current()?.name ?? "");
  const api = createApi({
    catalog: CATALOG,
    ledger: watched(ledger, witness),
    owedSettles,
    entries: accounts,
    keys: cachedKeyFinder(createKeyFinder(store, tables, pause), () => clock.nowMs()),
    providers: {
      get: async (name) =>
        (name === "p1" || name === "p2") && !standIn.withoutKey.has(name) ? providers[name] : undefined,
    },
    monitor: createRouteMonitor({ ...CATALOG.routing.breaker, enabled: false }, () => clock.nowMs()),
    random: () => 0,
    log: {
      write(line) {
        const seen = witness();
        if (seen) seen.line = line;
      },
    },
    timers: mortalTimers(clock),
    newRequestId: () => Invocation.current()?.name ?? "",
  });
  return {
    api,
    clock,
    ledger,
    accounts,
    standIn,
    witnesses,
    payments: new Map<string, Payment>(),
    members: [] as BankAccount[],
    /** Of every key there ever was, by its id. */
    limits: new Map<string, SpendLimit | undefined>(),
    directLedger: ledgerOn(directStore),
    directKeys: createApiKeys(directStore, queries, tables),
    /** Over the bad network, like everything that happens while the bank is open. */
    apiKeys: createApiKeys(store, queries, tables),
    statuses: createAccounts(store, queries, tables),
    /** The queue behind the gateway comes: what waits is settled. @returns how much is left. */
    settleOwed: () => owedSettles.settleAll(ledger),
    sweep: (some: AsyncIterable<Account> = accounts.all()) =>
      sweep({
        accounts: some,
        ledger,
        nowMs: () => clock.nowMs(),
        stopAtMs: Number.POSITIVE_INFINITY,
      }),
    close: () => [client, directClient].forEach((open) => void open.close()),
  };
}

/** Notes the hold that a request was given. */
function watched(ledger: Ledger, witness: () => Witness | undefined): Ledger {
  return {
    ...ledger,
    async hold(request) {
      const answer = await ledger.hold(request);
      const seen = witness();
      if (seen && answer.held) seen.held = answer.open;
      return answer;
    },
  };
}

const route = (provider: string) => ({ provider, model: "upstream" });
const provider = { kind: "openai-compatible" as const, baseUrl: "http://127.0.0.1:9/v1" };

const CATALOG = loadCatalog(
  compileCatalog(
    Config.parse({
      billing: { minimumTopUpUsd: "10", serviceFeePercent: "5" },
      providers: { p1: provider, p2: provider },
      models: [
        {
          id: "test/model",
          ownedBy: "test",
          contextWindow: 128_000,
          maxOutputTokens: 16_384,
          inputModalities: ["text"],
          outputModalities: ["text"],
          prices: { inputUsdPerMillion: "0.40", outputUsdPerMillion: "1.60", cacheReadUsdPerMillion: "0.10" },
          routes: [route("p1"), route("p2")],
        },
      ],
    }),
  ),
);

// --- who banks here -------------------------------------------------------------------------------------------

export async function addMember(
  bank: Bank,
  balancePicoUsd: PicoUsd,
  limits: readonly (SpendLimit | undefined)[],
): Promise<BankAccount> {
  const accountId = newId("acct_", randomBytes(16));
  const createdAt = new Date(bank.clock.nowMs()).toISOString();
  await bank.accounts.create({ accountId, name: "test", createdAt });
  const member: BankAccount = { accountId, keys: [], isSuspended: false };
  bank.members.push(member);
  for (const spendLimit of limits) member.keys.push(await newKey(bank, accountId, spendLimit));
  const credit = paymentOf(bank, accountId, `topup_opening_${accountId}`, balancePicoUsd);
  await bank.directLedger.credit(credit.credit);
  credit.isAcknowledged = true;
  return member;
}

export async function newKey(bank: Bank, accountId: string, spendLimit?: SpendLimit): Promise<BankKey> {
  const secret = formatKey(randomBytes(32));
  const apiKey: ApiKey = {
    keyHash: createHash("sha256").update(secret).digest("hex"),
    keyId: newId("key_", randomBytes(16)),
    accountId,
    name: "test",
    last4: secret.slice(-4),
    createdAt: new Date(bank.clock.nowMs()).toISOString(),
    status: "active",
    spendLimit,
  };
  await bank.directKeys.create(apiKey);
  bank.limits.set(apiKey.keyId, spendLimit);
  return { secret, apiKey, isRevoked: false };
}

/** A credit that is to be applied once, however often it is delivered. */
export function paymentOf(bank: Bank, accountId: string, creditId: string, amountPicoUsd: PicoUsd): Payment {
  const createdAt = new Date(bank.clock.nowMs()).toISOString();
  const type = creditId.startsWith("topup_") ? "topup" : "adjustment";
  const payment: Payment = {
    credit: { accountId, creditId, type, amountPicoUsd, createdAt },
    isAcknowledged: false,
  };
  bank.payments.set(creditId, payment);
  return payment;
}

// --- serving --------------------------------------------------------------------------------------------------

/** Sends a request by its plan through the public API, and waits until it has ended or died. */
export async function serve(
  bank: Bank,
  plan: RequestPlan,
  { member, key }: { member: BankAccount; key: BankKey },
  interruption?: Interruption,
): Promise<Witness> {
  const user = `${key.apiKey.keyId} ${plan.group}`;
  bank.standIn.plans.set(user, plan);
  const body = bodyOf(plan, user);
  const name = `req_chaos-${String(plan.number).padStart(12, "0")}`;
  const before = { isRevoked: key.isRevoked, isSuspended: member.isSuspended };
  const idempotencyKey = plan.isIdempotent ? user : undefined;
  const witness: Witness = {
    plan,
    invocation: new Invocation(name, interruption),
    accountId: member.accountId,
    requestId: readIdempotency(idempotencyKey, key.apiKey, body)?.requestId ?? name,
    user,
    mustBeRefused: false,
    held: undefined,
    line: undefined,
    status: undefined,
  };
  bank.witnesses.set(name, witness);
  await witness.invocation.run(async () => {
    const waiting: Promise<unknown>[] = [];
    const response = await bank.api.fetch(
      new Request("http://bank/v1/chat/completions", {
        method: "POST",
        headers: {
          authorization: `Bearer ${key.secret}`,
          "content-type": "application/json",
          ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
        },
        body,
      }),
      { deadlineMs: bank.clock.nowMs() + REQUEST_LIFE_MS },
      { waitUntil: (promise) => waiting.push(promise), passThroughOnException: () => {}, props: {} },
    );
    witness.status = response.status;
    await readAnswer(response, plan.leavesEarly);
    await Promise.all(waiting);
  });
  // Revoked is for ever; suspended at both ends is so all the time. Before the one and then the other is open between.
  witness.mustBeRefused = before.isRevoked || (before.isSuspended && member.isSuspended);
  return witness;
}

async function readAnswer(response: Response, leavesEarly: boolean): Promise<void> {
  if (!leavesEarly || !response.body) return void (await response.arrayBuffer());
  const reader = response.body.getReader();
  await reader.read();
  await reader.cancel();
}
