import type { Command } from "commander";
import type { Entry } from "../../lambda/core/charge.ts";
import { formatUsd } from "../../lambda/core/money.ts";
import { entryView } from "../../lambda/core/views.ts";
import { firstInstant, lastInstant } from "./argument-values.ts";
import { UsageError } from "./failures.ts";
import { addVerify } from "./ledger-verify.ts";
import { table, timeText } from "./output.ts";
import { type Answer, existingAccount, type Session } from "./session.ts";

interface Range {
  readonly from?: string;
  readonly to?: string;
}

export function addLedger(program: Command, session: Session): void {
  const ledger = program.command("ledger").description("entries, and the proof that they add up");
  ledger
    .command("list <account>")
    .description("show an account's entries in order of time")
    .option("--from <date>", "the first day (UTC) or instant", firstInstant)
    .option("--to <date>", "the last day (UTC) or instant", lastInstant)
    .action(session.answers((accountId: string, range: Range) => list(session, accountId, range)));
  addVerify(ledger, session);
}

const FIRST = "0000-01-01T00:00:00.000Z";
const LAST = "9999-12-31T23:59:59.999Z";

async function list(session: Session, accountId: string, options: Range): Promise<Answer> {
  const { from = FIRST, to = LAST } = options;
  if (from > to) throw new UsageError(`--from ${from} is after --to ${to}: exchange them`);
  const stores = await session.stores();
  // The account first and the ledger second: a record that is drained meanwhile is found in one of them, or in both.
  const account = await existingAccount(stores, accountId);
  const waiting = [...account.outbox.values()].filter(
    ({ createdAt }) => from <= createdAt && createdAt <= to,
  );
  const entries = new Map(waiting.map((entry) => [entry.entryId, entry]));
  for await (const entry of stores.accounts.entries(accountId, { from, to }))
    entries.set(entry.entryId, entry);
  const sorted = [...entries.values()].sort(byTime);
  return { json: sorted.map(entryView), text: printed(sorted) };
}

function byTime(a: Entry, b: Entry): number {
  const [first, second] = [a.createdAt + a.entryId, b.createdAt + b.entryId];
  return first < second ? -1 : 1;
}

function printed(entries: readonly Entry[]): string {
  if (entries.length === 0) return "There is no entry.";
  const rows = entries.map((entry) => [
    timeText(entry.createdAt),
    entry.type,
    formatUsd(entry.amountPicoUsd),
    entry.writeOffPicoUsd === 0n ? "" : formatUsd(entry.writeOffPicoUsd),
    entry.entryId,
    entry.reason ?? (entry.charge ? `${entry.charge.model}, ${entry.charge.outcome}` : ""),
  ]);
  const sum = entries.reduce((total, { amountPicoUsd }) => total + amountPicoUsd, 0n);
  const heads = ["TIME (UTC)", "TYPE", ">AMOUNT", ">WRITTEN OFF", "ENTRY", "WHAT"];
  return `${table(heads, rows)}\n\nEntries: ${entries.length}, sum: ${formatUsd(sum)} USD.`;
}
