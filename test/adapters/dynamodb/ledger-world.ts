import { type Accounts, createAccounts } from "../../../lambda/adapters/dynamodb/accounts.ts";
import { type ApiKeys, createApiKeys } from "../../../lambda/adapters/dynamodb/api-keys.ts";
import { createDirectStore } from "../../../lambda/adapters/dynamodb/direct-store.ts";
import { createLedger } from "../../../lambda/adapters/dynamodb/ledger.ts";
import { createQueries } from "../../../lambda/adapters/dynamodb/queries.ts";
import { createSdkStore } from "../../../lambda/adapters/dynamodb/sdk-store.ts";
import type { Store } from "../../../lambda/adapters/dynamodb/store.ts";
import type { TableNames } from "../../../lambda/adapters/dynamodb/tables.ts";
import type { ChargeFacts, Entry, Outcome } from "../../../lambda/core/charge.ts";
import { NO_KEY_PERIOD } from "../../../lambda/core/hold.ts";
import type { PicoUsd } from "../../../lambda/core/money.ts";
import type { Account, HoldRequest, Ledger, OpenHold } from "../../../lambda/core/ports.ts";
import { NO_USAGE } from "../../../lambda/core/usage.ts";
import type { LocalDynamo } from "../../../local/dynamodb.ts";
import { NO_FAULTS } from "../../fakes/fault-plans.ts";
import { FaultyProxy } from "../../fakes/faulty-proxy.ts";
import { patientClient, patientDirectClient } from "../../fakes/patient-client.ts";

export type StartStore = () => Promise<LocalDynamo>;

/** The real ledger on a real store, with a network between them that a test can spoil. */
export interface LedgerWorld {
  /** Through the proxy. */
  readonly ledger: Ledger;
  readonly store: Store;
  /** The same ledger on another store, for a test that must step in between. */
  readonly ledgerOn: (store: Store) => Ledger;
  readonly proxy: FaultyProxy;
  /** Past the proxy: what an operator does, and what a judge reads, meets no faults. */
  readonly direct: { readonly ledger: Ledger; readonly store: Store };
  readonly accounts: Accounts;
  readonly apiKeys: ApiKeys;
  readonly tables: TableNames;
  readonly clock: { nowMs: number };
  close(): Promise<void>;
}

export const START_MS = Date.UTC(2026, 10, 23, 12);

/** Which of the two clients reaches the store: the gateway's own, or the SDK. */
export type ClientKind = "direct" | "sdk";

export interface WorldOptions {
  /** The gateway's own unless said otherwise. */
  readonly client?: ClientKind;
  readonly seed: number;
  /** Calls that a late one may come after; a directed test lets it land itself, by `flush`. */
  readonly lateByAtMost: number;
}

export async function openWorld(startStore: StartStore, options: WorldOptions): Promise<LedgerWorld> {
  const dynamo = await startStore();
  const clock = { nowMs: START_MS };
  const nowMs = () => clock.nowMs;
  const proxy = new FaultyProxy({ target: dynamo.endpoint, plan: NO_FAULTS, nowMs, ...options });
  const { store, close: closeStore } = openStore(await proxy.listen(), options.client ?? "direct");
  const directClient = patientClient(dynamo.endpoint);
  const directStore = createSdkStore(directClient);
  const queries = createQueries(directClient);
  let attempts = 0;
  const ledgerOn = (on: Store) =>
    createLedger({
      store: on,
      tables: dynamo.tables,
      nowMs,
      // Nothing gets better by waiting here: the plan decides about the next try.
      pause: async () => {},
      newAttempt: () => `a${++attempts}`,
    });
  return {
    ledger: ledgerOn(store),
    store,
    ledgerOn,
    proxy,
    direct: { ledger: ledgerOn(directStore), store: directStore },
    accounts: createAccounts(directStore, queries, dynamo.tables),
    apiKeys: createApiKeys(directStore, queries, dynamo.tables),
    tables: dynamo.tables,
    clock,
    async close() {
      await proxy.flush();
      await closeStore();
      directClient.destroy();
      await proxy.close();
      await dynamo.close();
    },
  };
}

function openStore(endpoint: string, kind: ClientKind): { store: Store; close(): Promise<void> } {
  if (kind === "direct") {
    const client = patientDirectClient(endpoint);
    return { store: createDirectStore(client.call), close: client.close };
  }
  const client = patientClient(endpoint);
  return { store: createSdkStore(client), close: async () => client.destroy() };
}

let accountsMade = 0;

export function nextAccountId(): string {
  accountsMade += 1;
  return `acct_${accountsMade}`;
}

/** An account of its own for each test, so that tests share a store and nothing else. */
export async function newAccount(world: LedgerWorld, balancePicoUsd: PicoUsd): Promise<string> {
  const accountId = nextAccountId();
  await world.accounts.create({ accountId, name: "test", createdAt: "2026-11-23T12:00:00.000Z" });
  if (balancePicoUsd !== 0n) await world.direct.ledger.credit(topUp(accountId, "opening", balancePicoUsd));
  return accountId;
}

export function topUp(accountId: string, payment: string, amountPicoUsd: PicoUsd) {
  return {
    accountId,
    creditId: `topup_${payment}`,
    type: "topup",
    amountPicoUsd,
    createdAt: "2026-11-23T12:00:00.000Z",
  } as const;
}

export function adjustment(accountId: string, name: string, amountPicoUsd: PicoUsd) {
  return { ...topUp(accountId, name, amountPicoUsd), creditId: `adj_${name}`, type: "adjustment" } as const;
}

export interface HoldWish {
  readonly requestId?: string;
  readonly keyId?: string;
  readonly keyPeriod?: string;
  readonly limitPicoUsd?: PicoUsd;
  readonly requiredPicoUsd?: PicoUsd;
  readonly expiresAtMs?: number;
}

let requestsMade = 0;

export function nextRequestId(): string {
  requestsMade += 1;
  return `req_${requestsMade}`;
}

export function holdRequest(accountId: string, amountPicoUsd: PicoUsd, wish: HoldWish = {}): HoldRequest {
  return {
    accountId,
    requestId: wish.requestId ?? nextRequestId(),
    hold: {
      amountPicoUsd,
      expiresAtMs: wish.expiresAtMs ?? START_MS + 360_000,
      keyId: wish.keyId ?? "key_1",
      keyPeriod: wish.keyPeriod ?? NO_KEY_PERIOD,
      model: "demo/echo",
      catalogVersion: "0a1b2c3d",
    },
    requiredPicoUsd: wish.requiredPicoUsd ?? amountPicoUsd,
    keyLimitPicoUsd: wish.limitPicoUsd,
  };
}

/** Holds, and expects to. */
export async function take(
  world: LedgerWorld,
  accountId: string,
  amountPicoUsd: PicoUsd,
  wish: HoldWish = {},
): Promise<OpenHold> {
  const answer = await world.ledger.hold(holdRequest(accountId, amountPicoUsd, wish));
  if (!answer.held) throw new Error(`refused: ${answer.refusal}`);
  return answer.open;
}

export function factsOf(open: OpenHold, outcome: Outcome = "completed"): ChargeFacts {
  return {
    requestId: open.requestId,
    keyId: open.hold.keyId,
    model: open.hold.model,
    provider: "demo",
    outcome,
    usage: { ...NO_USAGE, inputTokens: 12, outputTokens: 34 },
    estimated: false,
    catalogVersion: open.hold.catalogVersion,
    createdAt: "2026-11-23T12:00:01.000Z",
    latencyMs: 321,
  };
}

/** The account as it is, read past all faults. */
export async function readAccountOf(world: LedgerWorld, accountId: string): Promise<Account> {
  const account = await world.direct.ledger.account(accountId);
  if (!account) throw new Error(`no account ${accountId}`);
  return account;
}

export async function entriesOf(world: LedgerWorld, accountId: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of world.accounts.entries(accountId)) entries.push(entry);
  return entries;
}
