import type { ChargeFacts } from "../core/charge.ts";
import { fingerprintOf } from "../core/idempotency.ts";
import { decodeOpenHold } from "../core/open-hold.ts";
import type { Account, Ledger, OpenHold } from "../core/ports.ts";
import { staleRates } from "../core/rate-limit.ts";
import type { UnreadableAccount } from "../core/unreadable-account.ts";
import { NO_USAGE } from "../core/usage.ts";

/** A record that its own request has not drained within this time never will be by it. */
const STALE_RECORD_MS = 60_000;

/** Invariant 8 of the ledger. */
const OVERDUE_MS = 5 * 60_000;
/** Of one sweep. A store that is down fails every step in the same way. */
const TOLD_CAUSES = 5;

export interface SweepReport {
  accounts: number;
  /** Holds that are not past their expiry. */
  open: number;
  /** Holds more than five minutes past their expiry: sweeps have not ended them (invariant 8). */
  overdue: number;
  /** Holds past their expiry that were ended at zero. */
  expired: number;
  /** Delayed holds of requests that had ended already. */
  givenBack: number;
  drained: number;
  /** Steps that failed and are left to the next sweep; what was edited by hand and cannot be read, too. */
  failed: number;
  /** What failed and why, of the first few: ids and the error's own words. */
  causes: string[];
  /** False when time ran out before every account was looked at. */
  complete: boolean;
}

export interface Sweep {
  readonly accounts: AsyncIterable<Account | UnreadableAccount>;
  readonly ledger: Pick<Ledger, "expire" | "drain" | "clearRates">;
  readonly nowMs: () => number;
  /** The sweep stops between two accounts when this has passed; the next one goes on. */
  readonly stopAtMs: number;
}

/**
 * SWEEP: ends what crashes left behind. Every step is the ledger's own conditional write, so any number of sweepers may
 * run at once, stop anywhere and start again.
 */
export async function sweep({ accounts, ledger, nowMs: now, stopAtMs }: Sweep): Promise<SweepReport> {
  const report = emptyReport();
  for await (const account of accounts) {
    const nowMs = now();
    if (nowMs >= stopAtMs) return { ...report, complete: false };
    report.accounts += 1;
    if ("problem" in account) {
      countFailure(report, account.accountId, account.problem);
      continue;
    }
    for (const [requestId, text] of account.holds) {
      await counted(report, `${account.accountId} hold ${requestId}`, async () => {
        const open = decodeOpenHold(account.accountId, requestId, text);
        if (open.hold.expiresAtMs > nowMs) {
          report.open += 1;
          return;
        }
        if (open.hold.expiresAtMs < nowMs - OVERDUE_MS) report.overdue += 1;
        const ended = await ledger.expire(open, expiredFacts(open, nowMs));
        report[ended === "expired" ? "expired" : "givenBack"] += 1;
      });
    }
    const stale = staleRates(account.rates.keys(), nowMs);
    if (stale.length > 0) {
      await counted(report, `${account.accountId} rates`, () => ledger.clearRates(account.accountId, stale));
    }
    for (const entry of account.outbox.values()) {
      if (Date.parse(entry.createdAt) > nowMs - STALE_RECORD_MS) continue;
      await counted(report, `${account.accountId} record ${entry.entryId}`, async () => {
        await ledger.drain(entry);
        report.drained += 1;
      });
    }
  }
  return report;
}

/** The reports of sweeps that each took a part of the accounts, as one. */
export function sumOf(reports: readonly SweepReport[]): SweepReport {
  return reports.reduce(
    (sum, part) => ({
      accounts: sum.accounts + part.accounts,
      open: sum.open + part.open,
      overdue: sum.overdue + part.overdue,
      expired: sum.expired + part.expired,
      givenBack: sum.givenBack + part.givenBack,
      drained: sum.drained + part.drained,
      failed: sum.failed + part.failed,
      causes: [...sum.causes, ...part.causes].slice(0, TOLD_CAUSES),
      complete: sum.complete && part.complete,
    }),
    emptyReport(),
  );
}

function emptyReport(): SweepReport {
  return {
    accounts: 0,
    open: 0,
    overdue: 0,
    expired: 0,
    givenBack: 0,
    drained: 0,
    failed: 0,
    causes: [],
    complete: true,
  };
}

/** One step that fails must not keep the others from being done. */
async function counted(report: SweepReport, what: string, step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    countFailure(report, what, String(error));
  }
}

function countFailure(report: SweepReport, what: string, why: string): void {
  report.failed += 1;
  if (report.causes.length < TOLD_CAUSES) report.causes.push(`${what}: ${why}`);
}

function expiredFacts({ requestId, hold }: OpenHold, nowMs: number): ChargeFacts {
  return {
    requestId,
    keyId: hold.keyId,
    model: hold.model,
    provider: "",
    outcome: "expired",
    usage: NO_USAGE,
    estimated: false,
    catalogVersion: hold.catalogVersion,
    createdAt: new Date(nowMs).toISOString(),
    latencyMs: 0,
    fingerprint: fingerprintOf(hold.attempt),
  };
}

/** The numbers below `count`, beginning with another one at each turn: [2, 0, 1] for three at turn two. */
export function rotated(count: number, turn: number): number[] {
  return Array.from({ length: count }, (_, i) => (i + turn) % count);
}
