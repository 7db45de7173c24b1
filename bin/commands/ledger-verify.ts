import type { Command } from "commander";
import { UnreadableNumber } from "../../lambda/adapters/dynamodb/attributes.ts";
import { type Verdict, type Violation, verifyAccount } from "../../lambda/core/verify.ts";
import { noSuchAccount } from "./failures.ts";
import type { Answer, Session, Stores } from "./session.ts";

export function addVerify(ledger: Command, session: Session): void {
  ledger
    .command("verify")
    .description(
      "check invariants 1-5 of the ledger, also while requests run; exit code 1 if any is violated",
    )
    .option("--account <account>", "only this one")
    .action(session.answers((options: { account?: string }) => verify(session, options.account)));
}

/** Parts of the accounts table that are walked side by side. */
const SEGMENTS = 4;

interface Judged {
  readonly accountId: string;
  readonly verdict: Verdict;
}

async function verify(session: Session, accountId: string | undefined): Promise<Answer> {
  const stores = await session.stores();
  const judged = accountId === undefined ? await judgeAll(stores) : [await judgeOne(stores, accountId)];
  const violations = judged.flatMap(({ verdict }) => verdict.violations);
  const skipped = judged.filter(({ verdict }) => !verdict.decided).map((account) => account.accountId);
  const records = judged.reduce((sum, { verdict }) => sum + verdict.records, 0);
  return {
    json: {
      accounts: judged.length,
      entries: records,
      violations: violations.map(({ accountId: account_id, ...rest }) => ({ account_id, ...rest })),
      skipped,
    },
    text: [
      ...violations.map(violationLine),
      ...skipped.map(
        (id) => `${id}: too busy to compare with its entries now (invariants 3 and 5); run this again`,
      ),
      `Accounts: ${judged.length}, entries: ${records}, violations: ${violations.length}.`,
    ].join("\n"),
    bad: violations.length > 0,
  };
}

async function judgeAll(stores: Stores): Promise<Judged[]> {
  const segments = Array.from({ length: SEGMENTS }, (_, index) =>
    judgeSegment(stores, { index, of: SEGMENTS }),
  );
  return (await Promise.all(segments)).flat();
}

async function judgeSegment(stores: Stores, segment: { index: number; of: number }): Promise<Judged[]> {
  const judged: Judged[] = [];
  for await (const { accountId } of stores.accounts.scan(segment))
    judged.push(await judgeOne(stores, accountId));
  return judged;
}

async function judgeOne({ accounts, ledger }: Stores, accountId: string): Promise<Judged> {
  const verdict = await verifyAccount({
    account: () => ledger.account(accountId),
    entries: (order) => accounts.entriesById(accountId, order),
  }).catch((error: unknown) => {
    if (error instanceof UnreadableNumber) return unreadable(accountId, error);
    throw error;
  });
  if (!verdict) throw noSuchAccount(accountId);
  return { accountId, verdict };
}

/** A figure that is not whole breaks the sum that it is part of; the rest of the account was not looked at. */
function unreadable(accountId: string, { attribute, value }: UnreadableNumber): Verdict {
  const invariant = attribute === "available" ? 2 : attribute === "sequence" ? 5 : 3;
  const problem = `${attribute} is not a whole number, and nothing else was checked`;
  return {
    violations: [{ accountId, invariant, problem, evidence: { [attribute]: value } }],
    records: 0,
    decided: true,
  };
}

function violationLine({ accountId, invariant, problem, evidence }: Violation): string {
  const figures = Object.entries(evidence).map(([name, value]) => `${name} ${value}`);
  return `${accountId}: invariant ${invariant} is violated: ${problem} (${figures.join(", ")})`;
}
