import { expect } from "vitest";
import type { Store } from "../../lambda/adapters/dynamodb/store.ts";
import { decodeHold, keyPeriodOf } from "../../lambda/core/hold.ts";
import type { Credit, HoldAnswer, Ledger } from "../../lambda/core/ports.ts";
import { sweep } from "../../lambda/ledger/sweep.ts";
import {
  factsOf,
  holdRequest,
  type LedgerWorld,
  newAccount,
  nextRequestId,
  readAccountOf,
} from "../adapters/dynamodb/ledger-world.ts";
import { Reference, type RequestRecord } from "./reference.ts";
import { ACCOUNTS, type Change, type Operation, type Planned } from "./sequences.ts";

const OPENING = 1_000n;
/** What each payment of an account's brings; delivered again, it brings the same. */
const PAYMENTS = [500n, 7n, -300n, 900n, -60n, -2_000n];
/** Longer than a hold lives, and than a late call does. */
const BEYOND_EXPIRY_MS = 361_000;

/** A process that is gone: what it had sent has happened or not, and nobody heard. */
class Died extends Error {}

/** One sequence under way: the real ledger behind a bad network, and what its callers know. */
export class Play {
  readonly reference = new Reference();
  readonly #world: LedgerWorld;
  readonly #accountIds: string[] = [];
  readonly #stopped = new Set<string>();

  constructor(world: LedgerWorld) {
    this.#world = world;
  }

  async open(): Promise<void> {
    for (let index = 0; index < ACCOUNTS; index++) {
      const accountId = await newAccount(this.#world, OPENING);
      this.#accountIds.push(accountId);
      this.reference.credits.set(`${accountId} opening`, {
        accountId,
        creditId: "topup_opening",
        amountPicoUsd: OPENING,
      });
    }
  }

  /** Past all faults: what an operator does is not what is being tried here. */
  async change(change: Change): Promise<void> {
    const { clock, accounts, apiKeys } = this.#world;
    if (change.kind === "minute") clock.nowMs += 61_000;
    if (change.kind === "expiry") clock.nowMs += BEYOND_EXPIRY_MS;
    if (change.kind === "month") clock.nowMs += 31 * 24 * 3_600_000;
    if (change.kind === "status") {
      const accountId = this.#accountOf(change.account);
      await accounts.setStatus(accountId, change.status);
      if (change.status === "suspended") this.#stopped.add(accountId);
      else this.#stopped.delete(accountId);
    }
    if (change.kind === "revoke") {
      const accountId = this.#accountOf(change.account);
      const keyId = `key_${change.key}`;
      const keyHash = `${accountId} ${keyId}`;
      const key = {
        keyHash,
        keyId,
        accountId,
        name: "",
        last4: "",
        createdAt: "",
        status: "active",
      } as const;
      await apiKeys.create(key).catch(() => {});
      await apiKeys.revoke(key);
      this.#stopped.add(`${accountId} ${keyId}`);
    }
  }

  async run({ operation, diesAfterCalls }: Planned): Promise<void> {
    const { ledger, store, ledgerOn } = this.#world;
    const mortal = diesAfterCalls === undefined ? ledger : ledgerOn(dyingAfter(diesAfterCalls, store));
    await this.#do(operation, mortal);
  }

  /** What must be true at any moment, whatever is under way. */
  async check(): Promise<void> {
    for (const accountId of this.#accountIds) {
      const account = await readAccountOf(this.#world, accountId);
      const held = [...account.holds.values()].reduce(
        (sum, text) => sum + decodeHold(text).amountPicoUsd,
        0n,
      );
      expect(account.availablePicoUsd, "1").toBeGreaterThanOrEqual(0n);
      expect(account.postedPicoUsd - account.availablePicoUsd, "2").toBe(held);
      for (const spent of account.keySpendPicoUsd.values()) expect(spent, "13").toBeGreaterThanOrEqual(0n);
    }
  }

  /** Lets what is late land, then runs the sweeper as often as it takes to end what is left behind. */
  async recover(): Promise<readonly string[]> {
    const { clock, proxy, direct } = this.#world;
    await proxy.flush();
    for (const waitMs of [BEYOND_EXPIRY_MS, 61_000]) {
      clock.nowMs += waitMs;
      await this.#sweep(direct.ledger);
    }
    await proxy.flush();
    return this.#accountIds;
  }

  async #do(operation: Operation, ledger: Ledger): Promise<void> {
    switch (operation.kind) {
      case "hold":
        return this.#hold(operation, ledger);
      case "end":
        return this.#end(this.#heldRequest(operation.request), ledger);
      case "credit":
        return this.#credit(operation, ledger);
      case "drain": {
        const { outbox } = await readAccountOf(this.#world, this.#accountOf(operation.account));
        await Promise.allSettled([...outbox.values()].map((entry) => ledger.drain(entry)));
        return;
      }
      case "sweep":
        return this.#sweep(ledger);
    }
  }

  async #hold(wish: Operation & { kind: "hold" }, ledger: Ledger): Promise<void> {
    const accountId = this.#accountOf(wish.account);
    const keyId = `key_${wish.key}`;
    const keyPeriod = keyPeriodOf(keyId, wish.limit, this.#world.clock.nowMs);
    const request: RequestRecord = {
      accountId,
      requestId: nextRequestId(),
      keyPeriod,
      amountPicoUsd: wish.amount,
      costPicoUsd: (wish.amount * BigInt(wish.costPercent)) / 100n,
      fate: wish.fate,
      settleTried: false,
      acknowledged: [],
    };
    this.reference.requests.push(request);
    const hold = () =>
      ledger.hold(
        holdRequest(accountId, wish.amount, {
          requestId: request.requestId,
          keyId,
          keyPeriod,
          expiresAtMs: this.#world.clock.nowMs + 360_000,
          ...(wish.limit ? { limitPicoUsd: wish.limit.amount } : {}),
        }),
      );
    const answers = await settledOnly(wish.twice ? [hold(), hold()] : [hold()]);
    const held = answers.filter((answer): answer is HoldAnswer & { held: true } => answer.held);
    expect(held.length, "a request id is held for one caller").toBeLessThanOrEqual(1);
    if (this.#stopped.has(accountId) || this.#stopped.has(`${accountId} ${keyId}`)) expect(held).toEqual([]);
    if (!wish.twice)
      for (const answer of answers) expect(answer).not.toMatchObject({ refusal: "already_known" });
    const [first] = held;
    if (first) request.open = first.open;
  }

  #heldRequest(fromNewest: number): RequestRecord | undefined {
    return this.reference.requests.filter(({ open, fate }) => open && fate !== "abandon").at(-1 - fromNewest);
  }

  async #end(request: RequestRecord | undefined, ledger: Ledger): Promise<void> {
    if (!request?.open) return;
    const { open, fate, costPicoUsd } = request;
    if (fate === "release") return void (await settledOnly([ledger.release(open)]));
    request.settleTried = true;
    const [settled] = await settledOnly([ledger.settle(open, costPicoUsd, factsOf(open))]);
    if (!settled) return;
    expect(settled.entry, "a settle tells what it came to").toBeDefined();
    if (settled.entry) request.acknowledged.push(settled.entry);
  }

  async #credit({ account, payment }: Operation & { kind: "credit" }, ledger: Ledger): Promise<void> {
    const accountId = this.#accountOf(account);
    const amountPicoUsd = PAYMENTS[payment] ?? 0n;
    const wanted: Credit = {
      accountId,
      creditId: `adj_${payment}`,
      type: "adjustment",
      amountPicoUsd,
      createdAt: "2026-11-23T12:00:00.000Z",
    };
    const known = this.reference.credits.get(`${accountId} ${payment}`);
    const record = known ?? { accountId, creditId: wanted.creditId, amountPicoUsd };
    this.reference.credits.set(`${accountId} ${payment}`, record);
    const [entry] = await settledOnly([ledger.credit(wanted)]);
    if (entry) record.acknowledged = entry;
  }

  async #sweep(ledger: Ledger): Promise<void> {
    const { clock } = this.#world;
    const swept = async function* (play: Play) {
      for (const accountId of play.#accountIds) yield readAccountOf(play.#world, accountId);
    };
    await sweep({
      accounts: swept(this),
      ledger,
      nowMs: () => clock.nowMs,
      stopAtMs: Number.POSITIVE_INFINITY,
    });
  }

  #accountOf(index: number): string {
    return this.#accountIds[index] ?? "";
  }
}

/** The results of what came to an end. What failed told its caller nothing, and is judged by what is found later. */
async function settledOnly<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(promises);
  for (const result of results) {
    if (result.status === "rejected" && !isLoss(result.reason)) throw result.reason;
  }
  return results.filter((result) => result.status === "fulfilled").map((result) => result.value);
}

/** A bad network and a dead process are expected; anything else is a bug. */
function isLoss(error: unknown): boolean {
  return (
    error instanceof Died || (error instanceof Error && ["StoreError", "GatewayError"].includes(error.name))
  );
}

/** A store whose process dies after so many calls: the last one is sent, and its answer heard by nobody. */
function dyingAfter(calls: number, store: Store): Store {
  let left = calls;
  const mortal = async <T>(call: () => Promise<T>): Promise<T> => {
    left -= 1;
    if (left < -1) throw new Died();
    const result = call();
    if (left >= 0) return result;
    await result.catch(() => {});
    throw new Died();
  };
  return {
    get: (...args) => mortal(() => store.get(...args)),
    putIfAbsent: (...args) => mortal(() => store.putIfAbsent(...args)),
    update: (...args) => mortal(() => store.update(...args)),
  };
}
