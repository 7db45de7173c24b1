import { expect } from "vitest";
import type { Entry } from "../../lambda/core/charge.ts";
import { NO_KEY_PERIOD } from "../../lambda/core/hold.ts";
import type { PicoUsd } from "../../lambda/core/money.ts";
import type { Account, OpenHold } from "../../lambda/core/ports.ts";
import type { Fate } from "./sequences.ts";

/** A request as its caller knows it. */
export interface RequestRecord {
  readonly accountId: string;
  readonly requestId: string;
  readonly keyPeriod: string;
  readonly amountPicoUsd: PicoUsd;
  readonly costPicoUsd: PicoUsd;
  readonly fate: Fate;
  /** The ledger said that the money is held. */
  open?: OpenHold;
  /** A settle was begun: from then on the charge may be there, acknowledged or not. */
  settleTried: boolean;
  /** What the ledger said a settle came to; every one of them must be true. */
  readonly acknowledged: Entry[];
}

export interface CreditRecord {
  readonly accountId: string;
  readonly creditId: string;
  readonly amountPicoUsd: PicoUsd;
  acknowledged?: Entry;
}

/** What the callers know, and nothing of how the ledger works: sums and sets that the ledger is compared with. */
export class Reference {
  readonly requests: RequestRecord[] = [];
  readonly credits = new Map<string, CreditRecord>();

  /** Expects of an account at rest that it holds what was acknowledged, once, and nothing that nobody asked for. */
  judge(account: Account, entries: ReadonlyMap<string, Entry>): void {
    const requests = this.requests.filter(({ accountId }) => accountId === account.accountId);
    const credits = [...this.credits.values()].filter(({ accountId }) => accountId === account.accountId);
    expect(account.holds.size, "6, 8: every hold has ended").toBe(0);
    expect(account.outbox.size, "every record is drained").toBe(0);
    for (const request of requests) judgeRequest(request, entries);
    for (const credit of credits) judgeCredit(credit, entries.get(credit.creditId));
    const asked = new Set([
      ...requests.flatMap(({ requestId }) => [requestId, `late_${requestId}`]),
      ...credits.map(({ creditId }) => creditId),
    ]);
    for (const entryId of entries.keys()) expect(asked, "nothing else is there").toContain(entryId);
    expect(account.postedPicoUsd, "posted is what was asked for, and what had to be written off").toBe(
      this.#balanceOf(requests, credits, entries) + account.writeOffPicoUsd,
    );
    expect(nonZero(account.keySpendPicoUsd), "13: a key's spend is what it was charged").toEqual(
      spendByPeriod(requests, entries),
    );
  }

  /** In bigints, from amounts that callers asked for; the ledger only says which of the unacknowledged happened. */
  #balanceOf(
    requests: readonly RequestRecord[],
    credits: readonly CreditRecord[],
    entries: ReadonlyMap<string, Entry>,
  ): PicoUsd {
    let balance = 0n;
    for (const { creditId, amountPicoUsd } of credits) if (entries.has(creditId)) balance += amountPicoUsd;
    for (const request of requests) if (wasCharged(request, entries)) balance -= request.costPicoUsd;
    return balance;
  }
}

const lateOf = ({ requestId }: RequestRecord, entries: ReadonlyMap<string, Entry>) =>
  entries.get(`late_${requestId}`);

function wasCharged(request: RequestRecord, entries: ReadonlyMap<string, Entry>): boolean {
  const entry = entries.get(request.requestId);
  return lateOf(request, entries) !== undefined || entry?.charge?.outcome === "completed";
}

function judgeRequest(request: RequestRecord, entries: ReadonlyMap<string, Entry>): void {
  const { requestId, open, fate, settleTried, acknowledged, costPicoUsd, amountPicoUsd } = request;
  const entry = entries.get(requestId);
  const late = lateOf(request, entries);
  const owed = (of: Entry) => of.writeOffPicoUsd - of.amountPicoUsd;
  for (const told of acknowledged)
    expect(entries.get(told.entryId), "what was acknowledged is there").toEqual(told);
  if (open && fate !== "release") expect(entry, "6: a held request has an end").toBeDefined();
  if (acknowledged.length > 0 && costPicoUsd > 0n) expect(wasCharged(request, entries)).toBe(true);
  if (!settleTried) expect(wasCharged(request, entries), "nobody settled it").toBe(false);
  if (late) {
    expect(entry?.charge?.outcome, "a late charge follows an expiry").toBe("expired");
    expect(owed(late)).toBe(costPicoUsd);
  }
  if (entry?.charge?.outcome === "expired") {
    expect([entry.amountPicoUsd, entry.writeOffPicoUsd]).toEqual([0n, 0n]);
  } else if (entry) {
    expect(owed(entry), "charged and written off are the cost").toBe(costPicoUsd);
    // 7: the hold pays first, and only what it did not cover may be written off.
    const least = costPicoUsd < amountPicoUsd ? costPicoUsd : amountPicoUsd;
    expect(-entry.amountPicoUsd).toBeGreaterThanOrEqual(least);
  }
}

function judgeCredit(credit: CreditRecord, entry: Entry | undefined): void {
  if (credit.acknowledged) expect(entry, "an acknowledged credit is there").toEqual(credit.acknowledged);
  if (!entry) return;
  expect(entry.amountPicoUsd - entry.writeOffPicoUsd).toBe(credit.amountPicoUsd);
  expect(entry.writeOffPicoUsd).toBeGreaterThanOrEqual(0n);
  if (credit.amountPicoUsd > 0n) expect(entry.writeOffPicoUsd).toBe(0n);
}

function spendByPeriod(
  requests: readonly RequestRecord[],
  entries: ReadonlyMap<string, Entry>,
): Map<string, PicoUsd> {
  const spend = new Map<string, PicoUsd>();
  for (const request of requests) {
    if (request.keyPeriod === NO_KEY_PERIOD) continue;
    for (const entry of [entries.get(request.requestId), lateOf(request, entries)]) {
      const charged = -(entry?.amountPicoUsd ?? 0n);
      spend.set(request.keyPeriod, (spend.get(request.keyPeriod) ?? 0n) + charged);
    }
  }
  return nonZero(spend);
}

function nonZero(amounts: ReadonlyMap<string, PicoUsd>): Map<string, PicoUsd> {
  return new Map([...amounts].filter(([, amount]) => amount !== 0n).sort());
}
