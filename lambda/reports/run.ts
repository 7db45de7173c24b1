import type { PicoUsd } from "../core/money.ts";
import type { Account } from "../core/ports.ts";
import { type Figures, totalUsage } from "../core/report/figures.ts";
import { summaryKey } from "../core/report/object-keys.ts";
import type { Period } from "../core/report/period.ts";
import type { UnreadableAccount } from "../core/unreadable-account.ts";
import { type ReportWorld, writeAccountReport } from "./account-report.ts";
import { summaryCsv, summaryRow } from "./csv.ts";
import { isSettled, markDone, type RunState, readState, writeState } from "./run-state.ts";

export interface RunOptions {
  readonly nowMs: () => number;
  /** Asked before each account. Another run within two hours goes on where this one stopped. */
  readonly shouldStop: () => boolean;
  /** Computes accounts again whose entries have not changed. */
  readonly again?: boolean;
  readonly onAccount?: () => void;
}

export interface RunReport {
  /** The day or month. */
  readonly period: string;
  /** It was not over: what the reports say is not all. */
  readonly partial: boolean;
  /** Accounts looked at; of these: */
  accounts: number;
  /** had entries, and their reports were written; */
  written: number;
  /** had been written before, and nothing of theirs has changed; */
  unchanged: number;
  /** could not be reported on, and are left to the next run. */
  failed: number;
  /** Why the first of them could not. */
  failure?: string;
  /** Entries read, and the usage they charge. */
  entries: number;
  costPicoUsd: PicoUsd;
  /** False when time ran out or an account failed: there is no new summary then. */
  complete: boolean;
}

const AT_ONCE = 4;
const SAVE_EVERY_MS = 30_000;
/** An older run is not taken up again, since what it wrote may be out of date. */
const RESUME_WITHIN_MS = 2 * 3_600_000;

/**
 * Writes the reports of a period: those of each account that had entries, then the summary. Whatever ends a run, the
 * next one goes on where its last note was made; what both write is the same.
 */
export async function writeReports(
  world: ReportWorld,
  period: Period,
  options: RunOptions,
): Promise<RunReport> {
  const run = await begin(world, period, options);
  const accounts = world.accounts()[Symbol.asyncIterator]();
  await Promise.all(Array.from({ length: AT_ONCE }, () => work(run, accounts)));
  const { report, state } = run;
  report.complete &&= report.failed === 0;
  if (report.complete) await writeSummary(world, period, state);
  await writeState(world.objects, period, { ...state, complete: report.complete });
  if (report.complete && !report.partial) await markDone(world.objects, period, options.nowMs());
  return report;
}

/** The reports of one account alone. The summary stays as the last run over all of them left it. */
export async function writeReportsOf(
  world: ReportWorld,
  period: Period,
  account: Account,
  nowMs: number,
): Promise<RunReport> {
  const report = emptyReport(period, nowMs < period.endMs);
  report.accounts = 1;
  addFigures(report, await writeAccountReport(world, period, account));
  return report;
}

interface Run {
  readonly world: ReportWorld;
  readonly period: Period;
  readonly options: RunOptions;
  /** It goes on with a run that was interrupted. */
  readonly isResumed: boolean;
  readonly state: RunState;
  readonly report: RunReport;
  savedAtMs: number;
}

async function begin(world: ReportWorld, period: Period, options: RunOptions): Promise<Run> {
  const nowMs = options.nowMs();
  const partial = nowMs < period.endMs;
  const last = await readState(world.objects, period);
  const isResumed =
    last !== undefined &&
    !last.complete &&
    last.partial === partial &&
    nowMs - last.startedAtMs < RESUME_WITHIN_MS;
  return {
    world,
    period,
    options,
    isResumed,
    state: {
      startedAtMs: isResumed ? last.startedAtMs : nowMs,
      partial,
      complete: false,
      accounts: last?.accounts ?? new Map(),
    },
    report: emptyReport(period, partial),
    savedAtMs: nowMs,
  };
}

function emptyReport(period: Period, partial: boolean): RunReport {
  return {
    period: period.name,
    partial,
    accounts: 0,
    written: 0,
    unchanged: 0,
    failed: 0,
    entries: 0,
    costPicoUsd: 0n,
    complete: true,
  };
}

/** One of several that take turns at the accounts. */
async function work(run: Run, accounts: AsyncIterator<Account | UnreadableAccount>): Promise<void> {
  const { report, options } = run;
  for (;;) {
    const next = await accounts.next();
    if (next.done) return;
    if (options.shouldStop()) {
      report.complete = false;
      return;
    }
    report.accounts += 1;
    try {
      await reportOn(run, next.value);
    } catch (error) {
      // One account that fails must not keep the others from their reports.
      report.failed += 1;
      report.failure ??= `${next.value.accountId}: ${error instanceof Error ? error.message : String(error)}`;
    }
    options.onAccount?.();
    await saveNowAndThen(run);
  }
}

async function reportOn(run: Run, account: Account | UnreadableAccount): Promise<void> {
  if ("problem" in account) throw new Error(account.problem);
  const { world, period, options, state, report } = run;
  const checkedAtMs = options.nowMs();
  const known = state.accounts.get(account.accountId);
  if (known && isUpToDate(run, account)) {
    report.unchanged += 1;
    return;
  }
  const figures = await writeAccountReport(world, period, account);
  state.accounts.set(account.accountId, {
    sequence: account.sequence,
    drained: account.outbox.size === 0,
    checkedAtMs,
    settled: !state.partial && isSettled(account, known, checkedAtMs),
    row: figures.entries > 0 ? summaryRow(period, account, figures, state.partial) : null,
  });
  addFigures(report, figures);
}

function addFigures(report: RunReport, { entries, usage }: Figures): void {
  report.written += entries > 0 ? 1 : 0;
  report.entries += entries;
  report.costPicoUsd += totalUsage(usage).costPicoUsd;
}

function isUpToDate({ isResumed, state, options }: Run, { accountId, sequence }: Account): boolean {
  const known = state.accounts.get(accountId);
  if (!known) return false;
  if (isResumed && known.checkedAtMs >= state.startedAtMs) return true;
  return !options.again && known.settled && known.sequence === sequence;
}

async function saveNowAndThen(run: Run): Promise<void> {
  const nowMs = run.options.nowMs();
  if (nowMs - run.savedAtMs < SAVE_EVERY_MS) return;
  run.savedAtMs = nowMs;
  await writeState(run.world.objects, run.period, run.state);
}

/** In order of account ids. A period in which nobody did anything has none. */
async function writeSummary({ objects }: ReportWorld, period: Period, { accounts }: RunState): Promise<void> {
  const rows = [...accounts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, { row }]) => (row ? [row] : []));
  if (rows.length === 0) return;
  await objects.put(summaryKey(period), summaryCsv(period, rows), "text/csv; charset=utf-8");
}
