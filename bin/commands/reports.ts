import { writeFile } from "node:fs/promises";
import { type Command, Option } from "commander";
import { formatUsd } from "../../lambda/core/money.ts";
import type { StoredObject } from "../../lambda/core/ports.ts";
import { REPORTS_PREFIX, STATE_PREFIX } from "../../lambda/core/report/object-keys.ts";
import type { Period } from "../../lambda/core/report/period.ts";
import { type RunReport, writeReports, writeReportsOf } from "../../lambda/reports/run.ts";
import { reportWorld } from "../../local/reports.ts";
import { day, month } from "./argument-values.ts";
import { Failure, UsageError } from "./failures.ts";
import { table } from "./output.ts";
import { startProgress } from "./progress.ts";
import { type Answer, existingAccount, type Session } from "./session.ts";

interface RunArguments {
  readonly date?: Period;
  readonly month?: Period;
  readonly account?: string;
}

export function addReports(program: Command, session: Session): void {
  const reports = program.command("reports").description("what accounts used and paid, by day and month");
  reports
    .command("run")
    .description("write the reports of a day or a month (UTC) again; of a running one they are partial")
    .addOption(new Option("--date <day>", "a day: 2026-11-23").argParser(day).conflicts("month"))
    .addOption(new Option("--month <month>", "a month: 2026-11").argParser(month))
    .option("--account <account>", "only this one's; the summary stays as it is")
    .action(session.answers((options: RunArguments) => run(session, options)));
  reports
    .command("list")
    .description("the reports there are")
    .option("--account <account>", "only this one's")
    .action(session.answers((options: { account?: string }) => list(session, options.account)));
  reports
    .command("get <key>")
    .description("print a report")
    .option("--out <file>", "write it to a file instead")
    .action(session.answers((key: string, options: { out?: string }) => get(session, key, options.out)));
}

async function run({ io, stores: open }: Session, options: RunArguments): Promise<Answer> {
  const period = options.date ?? options.month;
  if (!period) throw new UsageError("say which: --date 2026-11-23 or --month 2026-11");
  const nowMs = io.nowMs();
  if (period.fromMs > nowMs) {
    const today = new Date(nowMs).toISOString().slice(0, 10);
    throw new UsageError(`${period.name} is in the future: today is ${today} (UTC)`);
  }
  const stores = await open();
  const account = options.account === undefined ? undefined : await existingAccount(stores, options.account);
  const world = reportWorld(stores.accounts, stores.keys, await stores.objects());
  if (account) return answerOf(await writeReportsOf(world, period, account, nowMs));
  const progress = await startProgress(() => count(stores.accounts.scan()));
  try {
    const options = { nowMs: io.nowMs, shouldStop: () => false, again: true, onAccount: progress.step };
    return answerOf(await writeReports(world, period, options));
  } finally {
    progress.stop();
  }
}

async function count(items: AsyncIterable<unknown>): Promise<number> {
  let counted = 0;
  for await (const _ of items) counted += 1;
  return counted;
}

function answerOf(report: RunReport): Answer {
  const { period, partial, accounts, written, unchanged, failed, failure, entries, costPicoUsd } = report;
  const sentences = [
    `${period}: accounts: ${accounts}, reports written: ${written}, entries: ${entries}, usage: ${formatUsd(costPicoUsd)} USD.`,
    ...(partial ? [`PARTIAL: ${period} is not over; run this again when it is.`] : []),
    ...(unchanged > 0 ? [`${unchanged} were written already by the run that this one goes on with.`] : []),
    ...(failed > 0 ? [`${failed} could not be reported on; the first: ${failure}. Run this again.`] : []),
  ];
  const json = { period, partial, accounts, written, unchanged, failed, failure: failure ?? null, entries };
  return {
    json: { ...json, cost: formatUsd(costPicoUsd) },
    text: sentences.join("\n"),
    bad: failed > 0,
  };
}

async function list(session: Session, accountId: string | undefined): Promise<Answer> {
  const stores = await session.stores();
  if (accountId !== undefined) await existingAccount(stores, accountId);
  const found: StoredObject[] = [];
  for await (const object of (await stores.objects()).list(REPORTS_PREFIX)) {
    if (isReport(object.key) && (accountId === undefined || isOf(accountId, object.key))) found.push(object);
  }
  const rows = found.map(({ key, sizeBytes }) => [key, String(sizeBytes)]);
  return {
    json: found.map(({ key, sizeBytes }) => ({ key, size_bytes: sizeBytes })),
    text: found.length === 0 ? "There is no report." : table(["KEY", ">BYTES"], rows),
  };
}

function isReport(key: string): boolean {
  return key.startsWith(REPORTS_PREFIX) && !key.startsWith(STATE_PREFIX);
}

/** An account's files are named by it: `<accountId>.csv`, `<accountId>.statement.json`. */
function isOf(accountId: string, key: string): boolean {
  return key.slice(key.lastIndexOf("/") + 1).startsWith(`${accountId}.`);
}

async function get(session: Session, key: string, file: string | undefined): Promise<Answer> {
  const objects = await (await session.stores()).objects();
  const bytes = isReport(key) ? await objects.get(key) : undefined;
  if (!bytes) throw new Failure(`there is no report "${key}"; "reports list" shows those there are`);
  const facts = { key, size_bytes: bytes.length };
  if (file !== undefined) {
    await writeFile(file, bytes);
    return { json: { ...facts, file }, text: `${key} is in ${file} (${bytes.length} bytes).` };
  }
  const content = new TextDecoder().decode(bytes);
  // Every answer is ended with a newline; a report has its own.
  return { json: { ...facts, content }, text: content.replace(/\n$/, "") };
}
