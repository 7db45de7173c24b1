import type { Entry } from "../../lambda/core/charge.ts";
import type { Account, ObjectStore } from "../../lambda/core/ports.ts";
import type { UnreadableAccount } from "../../lambda/core/unreadable-account.ts";
import type { ReportWorld } from "../../lambda/reports/account-report.ts";

function memoryObjects(): ObjectStore & { readonly files: Map<string, string> } {
  const files = new Map<string, string>();
  return {
    files,
    put: async (key, body) => void files.set(key, new TextDecoder().decode(body)),
    async get(key) {
      const text = files.get(key);
      return text === undefined ? undefined : new TextEncoder().encode(text);
    },
    async *list(prefix) {
      for (const [key, { length }] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
        if (key.startsWith(prefix)) yield { key, sizeBytes: length };
      }
    },
  };
}

/** Accounts and their entries, wherever these are at the moment. */
export interface MemoryLedger {
  readonly ledger: Entry[];
  readonly outbox: Entry[];
  readonly keys: { keyId: string; name: string }[];
}

/**
 * Ledgers by account, as reports read them. A record counts in `sequence` from its settling on, drained or not, and for
 * a moment it is in both places.
 */
export function memoryWorld(ledgers: ReadonlyMap<string, MemoryLedger>) {
  const objects = memoryObjects();
  /** What an account's entries were asked for, in order. */
  const reads: string[] = [];
  /** Items that were edited by hand into what cannot be read. */
  const damaged: UnreadableAccount[] = [];
  const world: ReportWorld = {
    async *accounts() {
      yield* damaged;
      for (const [accountId, ledger] of ledgers) yield accountOf(accountId, ledger);
    },
    async *entries(accountId, { from, to }) {
      reads.push(accountId);
      const all = ledgers.get(accountId)?.ledger ?? [];
      const found = all.filter(({ createdAt }) => from <= createdAt && createdAt <= to);
      yield* found.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
    },
    async *keys(accountId) {
      yield* ledgers.get(accountId)?.keys ?? [];
    },
    objects,
  };
  return { world, files: objects.files, reads, damaged };
}

export function accountOf(accountId: string, { ledger, outbox }: MemoryLedger): Account {
  const records = new Map([...ledger, ...outbox].map((entry) => [entry.entryId, entry]));
  const posted = [...records.values()].reduce((sum, { amountPicoUsd }) => sum + amountPicoUsd, 0n);
  return {
    accountId,
    name: `name of ${accountId}`,
    status: "active",
    availablePicoUsd: posted,
    postedPicoUsd: posted,
    writeOffPicoUsd: 0n,
    sequence: records.size,
    holds: new Map(),
    outbox: new Map(outbox.map((entry) => [entry.entryId, entry])),
    revokedKeys: new Set(),
    keySpendPicoUsd: new Map(),
    rates: new Map(),
    createdAt: "2026-01-01T00:00:00.000Z",
  };
}
