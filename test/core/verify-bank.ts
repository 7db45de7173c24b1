import type { Entry } from "../../lambda/core/charge.ts";
import { encodeHold } from "../../lambda/core/hold.ts";
import type { AccountReader, Balance } from "../../lambda/core/verify.ts";

/** An account and its ledger in memory, moved by the same steps as the real ones. */
export interface Bank {
  available: bigint;
  posted: bigint;
  sequence: number;
  readonly holds: Map<string, bigint | string>;
  readonly outbox: Map<string, Entry>;
  readonly ledger: Map<string, Entry>;
  requests: number;
}

export function entryOf(entryId: string, amountPicoUsd: bigint): Entry {
  const type = amountPicoUsd < 0n ? "charge" : "topup";
  return { accountId: "acct_1", entryId, type, amountPicoUsd, writeOffPicoUsd: 0n, createdAt: "2026-11-23" };
}

function credit(bank: Bank, entryId: string, amount: bigint): void {
  bank.available += amount;
  bank.posted += amount;
  bank.sequence += 1;
  bank.outbox.set(entryId, entryOf(entryId, amount));
}

/** All charges are 3 and all credits 100, so that sums alone cannot tell one record from another. */
const STEPS: readonly ((bank: Bank) => void)[] = [
  function hold(bank) {
    if (bank.available < 5n) return;
    bank.available -= 5n;
    bank.requests += 1;
    bank.holds.set(`req_${String(bank.requests).padStart(6, "0")}`, 5n);
  },
  function settle(bank) {
    const [requestId] = bank.holds.keys();
    if (requestId === undefined) return;
    bank.holds.delete(requestId);
    bank.available += 2n;
    bank.posted -= 3n;
    bank.sequence += 1;
    bank.outbox.set(requestId, entryOf(requestId, -3n));
  },
  function drainOldest(bank) {
    const [record] = bank.outbox.values();
    if (!record) return;
    bank.ledger.set(record.entryId, record);
    bank.outbox.delete(record.entryId);
  },
  function drainHalf(bank) {
    const [record] = bank.outbox.values();
    if (record) bank.ledger.set(record.entryId, record);
  },
  function topUp(bank) {
    credit(bank, `topup_${bank.sequence}`, 100n);
  },
  function adjust(bank) {
    credit(bank, `adj_${bank.sequence}`, 100n);
  },
];

export function bankWithHistory(requests = 12): Bank {
  const bank: Bank = {
    available: 0n,
    posted: 0n,
    sequence: 0,
    holds: new Map(),
    outbox: new Map(),
    ledger: new Map(),
    requests: 0,
  };
  credit(bank, "topup_first", 10_000n);
  for (let round = 0; round < requests; round++) run(bank, [0, 0, 1, 2]);
  return bank;
}

export function run(bank: Bank, steps: readonly number[]): void {
  for (const step of steps) STEPS[step % STEPS.length]?.(bank);
}

function snapshot(bank: Bank): Balance {
  return {
    accountId: "acct_1",
    availablePicoUsd: bank.available,
    postedPicoUsd: bank.posted,
    sequence: bank.sequence,
    holds: new Map([...bank.holds].map(([id, amount]) => [id, holdText(amount)])),
    outbox: new Map(bank.outbox),
  };
}

function holdText(amount: bigint | string): string {
  if (typeof amount === "string") return amount;
  return encodeHold({
    amountPicoUsd: amount,
    expiresAtMs: 1,
    keyId: "key_1",
    keyPeriod: "-",
    model: "m",
    catalogVersion: "v",
    attempt: "a",
  });
}

/** Reads the bank as DynamoDB is read: the account whole, the ledger page by page, with `traffic` before each read. */
export function readerOf(bank: Bank, traffic: () => void, pageSize = 3): AccountReader {
  return {
    async account() {
      traffic();
      return snapshot(bank);
    },
    async *entries({ newestFirst }) {
      const after = (id: string, cursor: string) => (newestFirst ? id < cursor : id > cursor);
      for (let cursor: string | undefined = newestFirst ? "~" : ""; cursor !== undefined; ) {
        traffic();
        const start: string = cursor;
        const ids = [...bank.ledger.keys()].filter((id) => after(id, start)).sort();
        const page = (newestFirst ? ids.reverse() : ids).slice(0, pageSize);
        for (const id of page) {
          const entry = bank.ledger.get(id);
          if (entry) yield entry;
        }
        cursor = page.length < pageSize ? undefined : page.at(-1);
      }
    },
  };
}
