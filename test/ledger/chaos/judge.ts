import type { Entry } from "../../../lambda/core/charge.ts";
import { verifyAccount } from "../../../lambda/core/verify.ts";
import type { Bank, BankAccount, Witness } from "./bank.ts";
import { judgeKeySpend, judgePayment, judgeRequest, type Problem } from "./oracle.ts";

export interface Verdict {
  /** Requests whose end was acknowledged. */
  settled: number;
  /** Requests whose settle gave up. */
  /** SETTLE's tries failed: the charge waited in the queue. */
  unsettled: number;
  /** The deadline came while it settled, as time jumps here: the charge waited in the queue. */
  outOfTime: number;
  refused: number;
  /** Requests that the sweeper ended at zero. */
  expired: number;
  readonly problems: Problem[];
}

/** Compares an account at rest, entry by entry, with what was seen of it from outside. */
export async function judgeAccount(bank: Bank, member: BankAccount): Promise<Verdict> {
  const { accountId } = member;
  const account = await bank.directLedger.account(accountId);
  const entries = await entriesOf(bank, accountId);
  const verdict: Verdict = {
    settled: 0,
    unsettled: 0,
    outOfTime: 0,
    refused: 0,
    expired: 0,
    problems: await violationsOf(bank, accountId),
  };
  if (!account) return verdict;
  const violation = (text: string) =>
    verdict.problems.push({ kind: "violation", text: `${accountId}: ${text}` });
  if (account.holds.size > 0) violation(`8: still held: ${[...account.holds.values()].join(" ")}`);
  if (account.outbox.size > 0) violation(`never drained: ${[...account.outbox.keys()].join(" ")}`);
  const writtenOff = [...entries.values()].reduce((sum, entry) => sum + entry.writeOffPicoUsd, 0n);
  if (writtenOff !== account.writeOffPicoUsd)
    violation(`writeOff is ${account.writeOffPicoUsd}, not ${writtenOff}`);

  const known = new Set<string>();
  const served: { witness: Witness; trace: { entry: Entry | undefined; late: Entry | undefined } }[] = [];
  for (const [requestId, witnesses] of requestsOf(bank, accountId)) {
    const trace = { entry: entries.get(requestId), late: entries.get(`late_${requestId}`) };
    known.add(requestId).add(`late_${requestId}`);
    const attempts = bank.standIn.attempts.get(witnesses[0]?.user ?? "") ?? [];
    verdict.problems.push(...judgeRequest(witnesses, attempts, trace));
    const witness = witnesses.find(({ invocation }) => attempts.at(-1)?.invocation === invocation.name);
    if (witness) served.push({ witness, trace });
    countEnds(verdict, witnesses, trace.entry);
  }
  verdict.problems.push(...judgeKeySpend(bank, served, account.keySpendPicoUsd));
  for (const payment of bank.payments.values()) {
    if (payment.credit.accountId !== accountId) continue;
    known.add(payment.credit.creditId);
    verdict.problems.push(...judgePayment(payment, entries.get(payment.credit.creditId)));
  }
  for (const entryId of entries.keys()) if (!known.has(entryId)) violation(`nobody knows ${entryId}`);
  return verdict;
}

function countEnds(verdict: Verdict, witnesses: readonly Witness[], entry: Entry | undefined): void {
  if (entry?.charge?.outcome === "expired") verdict.expired += 1;
  for (const { line } of witnesses) {
    if (line?.outcome === "refused") verdict.refused += 1;
    else if (line?.alarm === "settle_queued: OutOfTime") verdict.outOfTime += 1;
    else if (/^settle_(failed|queued)/.test(line?.alarm ?? "")) verdict.unsettled += 1;
    else if (line) verdict.settled += 1;
  }
}

function requestsOf(bank: Bank, accountId: string): Map<string, Witness[]> {
  const mine = [...bank.witnesses.values()].filter((witness) => witness.accountId === accountId);
  return Map.groupBy(mine, ({ requestId }) => requestId);
}

async function entriesOf(bank: Bank, accountId: string): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  for await (const entry of bank.accounts.entriesById(accountId, { newestFirst: false })) {
    entries.set(entry.entryId, entry);
  }
  return entries;
}

/** Invariants 1 to 5; they must hold at any moment, under traffic as well. */
export async function violationsOf(bank: Bank, accountId: string): Promise<Problem[]> {
  const verdict = await verifyAccount({
    account: () => bank.directLedger.account(accountId),
    entries: (order) => bank.accounts.entriesById(accountId, order),
  });
  return (verdict?.violations ?? []).map(({ invariant, problem, evidence }) => ({
    kind: "violation",
    text: `${accountId}: ${invariant}: ${problem} ${JSON.stringify(evidence)}`,
  }));
}
