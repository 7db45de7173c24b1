import type { Entry } from "../core/charge.ts";
import type { ApiKey } from "../core/keys.ts";
import type { PicoUsd } from "../core/money.ts";
import type { Account, ObjectStore } from "../core/ports.ts";
import { createTally, type Figures } from "../core/report/figures.ts";
import { statementKey, usageKey } from "../core/report/object-keys.ts";
import type { Period } from "../core/report/period.ts";
import { statementOf, statementView } from "../core/report/statement.ts";
import type { UnreadableAccount } from "../core/unreadable-account.ts";
import { recordedEntries } from "../core/usage-groups.ts";
import { statementCsv, usageCsv } from "./csv.ts";

/** Where reports are computed from, and where they go. */
export interface ReportWorld {
  accounts(): AsyncIterable<Account | UnreadableAccount>;
  /** Entries of the ledger in order of time, both ends (ISO 8601) inclusive. */
  entries(accountId: string, range: { from: string; to: string }): AsyncIterable<Entry>;
  keys(accountId: string): AsyncIterable<Pick<ApiKey, "keyId" | "name">>;
  readonly objects: ObjectStore;
}

const CSV = "text/csv; charset=utf-8";
const FIRST = "0000-01-01T00:00:00.000Z";

/**
 * Writes what an account did in a period; nothing, when it did nothing. The same entries give the same bytes.
 * @param account read before its entries are, so that a record on its way to the ledger is in one of the two.
 * @returns what its entries come to.
 */
export async function writeAccountReport(
  world: ReportWorld,
  period: Period,
  account: Account,
): Promise<Figures> {
  const { accountId } = account;
  const { openingPicoUsd, figures } = await addUp(world, period, account);
  if (figures.entries === 0) return figures;
  const usage = usageCsv(period, accountId, figures.usage, await keyNames(world, accountId));
  await world.objects.put(usageKey(period, accountId), usage, CSV);
  if (period.unit === "month") {
    const statement = statementOf(openingPicoUsd, figures);
    const view = `${JSON.stringify(statementView(accountId, period.name, statement), null, 2)}\n`;
    await world.objects.put(
      statementKey(period, accountId, "csv"),
      statementCsv(period.name, accountId, statement),
      CSV,
    );
    await world.objects.put(
      statementKey(period, accountId, "json"),
      new TextEncoder().encode(view),
      "application/json",
    );
  }
  return figures;
}

/** One entry is in memory at a time. A statement begins with all that went before, so it reads from the first entry on. */
async function addUp(
  world: ReportWorld,
  period: Period,
  account: Account,
): Promise<{ openingPicoUsd: PicoUsd; figures: Figures }> {
  const from = new Date(period.fromMs).toISOString();
  const to = new Date(period.endMs - 1).toISOString();
  const tally = createTally();
  let openingPicoUsd = 0n;
  const range = { from: period.unit === "month" ? FIRST : from, to };
  const ledger = world.entries(account.accountId, range);
  for await (const entry of recordedEntries(account.outbox, ledger, range)) {
    if (entry.createdAt < from) openingPicoUsd += entry.amountPicoUsd;
    else tally.add(entry);
  }
  return { openingPicoUsd, figures: tally.figures() };
}

async function keyNames(world: ReportWorld, accountId: string): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  for await (const { keyId, name } of world.keys(accountId)) names.set(keyId, name);
  return names;
}
