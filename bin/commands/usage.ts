import { type Command, Option } from "commander";
import { type BusEvent, eventOf } from "../../lambda/core/events.ts";
import { dayAt, monthAt, type Period } from "../../lambda/core/report/period.ts";
import {
  GROUPINGS,
  type Grouping,
  groupUsage,
  recordedEntries,
  type UsageGroup,
} from "../../lambda/core/usage-groups.ts";
import { day } from "./argument-values.ts";
import { UsageError } from "./failures.ts";
import { table } from "./output.ts";
import { type Answer, existingAccount, type Session } from "./session.ts";

interface Days {
  readonly from?: Period;
  readonly to?: Period;
}

export function addUsage(program: Command, session: Session): void {
  const usage = program.command("usage").description("what was used, and what it cost");
  withDays(usage.command("show <account>", { isDefault: true }))
    .description("an account's usage (`usage ACCOUNT` says the same), from its ledger entries")
    .addOption(new Option("--by <grouping>", "what to add up by").choices(GROUPINGS).default("day"))
    .action(
      session.answers((accountId: string, options: Days & { by: Grouping }) =>
        show(session, accountId, options),
      ),
    );
  withDays(usage.command("replay"))
    .description("put ledger entries through the pipeline again: nothing changes but what was missing")
    .action(session.answers((options: Days) => replay(session, options)));
  usage
    .command("query <sql>")
    .description("ask the lake: one SELECT over the table `usage`")
    .action(session.answers((sql: string) => query(session, sql)));
}

function withDays(command: Command): Command {
  return command
    .addOption(new Option("--from <day>", "the first day (UTC); absent: of this month").argParser(day))
    .addOption(new Option("--to <day>", "the last day (UTC); absent: today").argParser(day));
}

/** Both ends inclusive, in ISO 8601. @throws UsageError for days that cannot be asked for. */
function rangeOf({ io }: Session, options: Days): { from: string; to: string } {
  const nowMs = io.nowMs();
  const to = options.to ?? dayAt(nowMs);
  const from = options.from ?? dayAt(monthAt(to.fromMs).fromMs);
  for (const [option, { name, fromMs }] of Object.entries({ from, to })) {
    if (fromMs > nowMs) {
      throw new UsageError(`--${option} ${name} is in the future: today is ${dayAt(nowMs).name} (UTC)`);
    }
  }
  if (from.fromMs > to.fromMs)
    throw new UsageError(`--from ${from.name} is after --to ${to.name}: exchange them`);
  return { from: new Date(from.fromMs).toISOString(), to: new Date(to.endMs - 1).toISOString() };
}

async function show(session: Session, accountId: string, options: Days & { by: Grouping }): Promise<Answer> {
  const range = rangeOf(session, options);
  const stores = await session.stores();
  const account = await existingAccount(stores, accountId);
  const entries = recordedEntries(account.outbox, stores.accounts.entries(accountId, range), range);
  const groups = await groupUsage(entries, options.by, Number.POSITIVE_INFINITY);
  return { json: groups, text: groups.length === 0 ? "There is no usage." : printed(options.by, groups) };
}

const FIGURES = [
  "requests",
  "failures",
  "input_tokens",
  "cache_read_tokens",
  "cache_write_tokens",
  "output_tokens",
  "reasoning_tokens",
  "cost",
] as const satisfies (keyof UsageGroup)[];

function printed(by: Grouping, groups: readonly UsageGroup[]): string {
  const heads = [by, ...FIGURES.map((figure) => `>${figure}`)].map((head) =>
    head.toUpperCase().replaceAll("_", " "),
  );
  return table(
    heads,
    groups.map((group) => [group.group ?? "(none)", ...FIGURES.map((figure) => String(group[figure]))]),
  );
}

const BATCH = 1_000;

async function replay(session: Session, options: Days): Promise<Answer> {
  const range = rangeOf(session, options);
  const stores = await session.stores();
  let count = 0;
  let batch: BusEvent[] = [];
  const publish = async () => {
    await stores.usage.publish(batch);
    count += batch.length;
    batch = [];
  };
  for await (const { accountId } of stores.accounts.all()) {
    for await (const entry of stores.accounts.entries(accountId, range)) {
      batch.push(eventOf(entry));
      if (batch.length === BATCH) await publish();
    }
  }
  await publish();
  return {
    json: { ...range, events: count },
    text: `${count} events were published again, for entries from ${range.from} to ${range.to}.`,
  };
}

async function query(session: Session, sql: string): Promise<Answer> {
  const { columns, rows } = await (await session.stores()).usage.query(sql);
  const named = rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index]])));
  const cells = rows.map((row) => row.map((value) => (value === null ? "" : cell(value))));
  return { json: named, text: table(columns, cells) };
}

function cell(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
