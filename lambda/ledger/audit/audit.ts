import type { Entry } from "../../core/charge.ts";
import { decodeOwedSettle } from "../../core/owed-settle.ts";
import type { EntriesReader, Ledger, OwedSettles } from "../../core/ports.ts";
import type { UnreadableAccount } from "../../core/unreadable-account.ts";
import { type AccountReader, verifyAccount } from "../../core/verify.ts";

/** Something that does not agree with something else: for a person to look at. */
export interface Difference {
  readonly kind:
    | "invariant"
    | "unreadable"
    | "not_in_lake"
    | "not_in_ledger"
    | "other_amount"
    | "lost_settle";
  readonly accountId: string;
  readonly entryId?: string | undefined;
  readonly problem: string;
}

export interface AuditWorld {
  readonly accounts: () => AsyncIterable<{ readonly accountId: string } | UnreadableAccount>;
  readonly reader: (accountId: string) => AccountReader;
  readonly entries: EntriesReader;
  readonly ledger: Pick<Ledger, "account" | "entry">;
  /** The lake's rows of the day, repetitions too. */
  readonly lakeRows: (day: Day) => AsyncIterable<LakeCharge>;
  /** What the log has of charges that were written nowhere else (`encodeOwedSettle`), of late. */
  readonly lostSettles: () => AsyncIterable<string>;
  readonly owedSettles: OwedSettles;
  /** Told of each difference as it is found. */
  readonly report: (difference: Difference) => void;
  /** Time is up: what is left is not looked at, and the audit says so. */
  readonly shouldStop: () => boolean;
}

export interface Day {
  /** Both inclusive, ISO 8601. */
  readonly from: string;
  readonly to: string;
}

export interface LakeCharge {
  readonly accountId: string;
  readonly entryId: string;
  readonly costPicoUsd: bigint;
}

export interface AuditReport {
  accounts: number;
  /** Entries and outbox records that were compared with the balances. */
  records: number;
  /** Charges of the day that were compared with the lake. */
  charges: number;
  differences: number;
  complete: boolean;
}

/**
 * Compares what must be equal: each balance with its entries, holds and outbox; the charges of a day with the lake's rows;
 * charges that only the log knows with the ledger. What it finds it reports, and mends nothing but the last: those go to
 * the queue again, where they are applied once.
 */
export async function audit(world: AuditWorld, day: Day): Promise<AuditReport> {
  const report: AuditReport = { accounts: 0, records: 0, charges: 0, differences: 0, complete: true };
  const counting: AuditWorld = {
    ...world,
    report(difference) {
      report.differences += 1;
      world.report(difference);
    },
  };
  const rows = await lakeCosts(world, day);
  for await (const account of world.accounts()) {
    if (world.shouldStop()) return { ...report, complete: false };
    report.accounts += 1;
    await judgeAccount(counting, account, report);
    await compareWithLake(counting, account.accountId, day, rows, report);
  }
  for (const [name, _] of rows) {
    const [accountId = "", entryId] = name.split(" ");
    counting.report({
      kind: "not_in_ledger",
      accountId,
      entryId,
      problem: "the lake has a charge that the ledger has not",
    });
  }
  await takeUpLost(counting);
  return report;
}

/** Of each row of the day its cost, by `<accountId> <entryId>`. A million take some 200 MB. */
async function lakeCosts(world: AuditWorld, day: Day): Promise<Map<string, bigint>> {
  const costs = new Map<string, bigint>();
  for await (const { accountId, entryId, costPicoUsd } of world.lakeRows(day)) {
    costs.set(`${accountId} ${entryId}`, costPicoUsd);
  }
  return costs;
}

async function judgeAccount(
  world: AuditWorld,
  account: { readonly accountId: string } | UnreadableAccount,
  report: AuditReport,
): Promise<void> {
  const { accountId } = account;
  if ("problem" in account) {
    world.report({ kind: "unreadable", accountId, problem: String(account.problem) });
    return;
  }
  const verdict = await verifyAccount(world.reader(accountId));
  report.records += verdict?.records ?? 0;
  for (const { invariant, problem } of verdict?.violations ?? []) {
    world.report({ kind: "invariant", accountId, problem: `invariant ${invariant}: ${problem}` });
  }
}

async function compareWithLake(
  world: AuditWorld,
  accountId: string,
  day: Day,
  rows: Map<string, bigint>,
  report: AuditReport,
): Promise<void> {
  for await (const entry of world.entries.entries(accountId, day)) {
    if (!entry.charge) continue;
    report.charges += 1;
    const name = `${accountId} ${entry.entryId}`;
    const costPicoUsd = rows.get(name);
    rows.delete(name);
    const { entryId } = entry;
    if (costPicoUsd === undefined) {
      world.report({
        kind: "not_in_lake",
        accountId,
        entryId,
        problem: "the lake has no row of this charge",
      });
    } else if (costPicoUsd !== -entry.amountPicoUsd) {
      const problem = `the ledger says ${-entry.amountPicoUsd} pico-USD, the lake ${costPicoUsd}`;
      world.report({ kind: "other_amount", accountId, entryId, problem });
    }
  }
}

async function takeUpLost(world: AuditWorld): Promise<void> {
  for await (const text of world.lostSettles()) {
    const owed = decodeOwedSettle(text);
    const { accountId, requestId } = owed.open;
    if (await isWritten(world, accountId, requestId)) continue;
    await world.owedSettles.put(owed);
    const problem = "only the log knew of this charge: it is in the queue again";
    world.report({ kind: "lost_settle", accountId, entryId: requestId, problem });
  }
}

/** The account first, the ledger second, as draining moves a record. An entry that says "expired" charged nothing. */
async function isWritten({ ledger }: AuditWorld, accountId: string, requestId: string): Promise<boolean> {
  const account = await ledger.account(accountId);
  const find = async (id: string): Promise<Entry | undefined> =>
    account?.outbox.get(id) ?? (await ledger.entry(accountId, id));
  const entry = await find(requestId);
  if (entry && entry.charge?.outcome !== "expired") return true;
  return (await find(`late_${requestId}`)) !== undefined;
}
