import { GatewayError } from "../core/errors.ts";
import type { Account, EntriesReader } from "../core/ports.ts";
import { dayAt, dayNamed, monthAt, type Period } from "../core/report/period.ts";
import {
  GROUPINGS,
  type Grouping,
  groupUsage,
  recordedEntries,
  TooManyGroups,
  type UsageGroup,
} from "../core/usage-groups.ts";

/** An answer is added up from the ledger's entries while the client waits, so what one asks for has its bounds. */
const MAX_DAYS = 31;
const MAX_GROUPS = 10_000;
const DAY_MS = 86_400_000;

export interface UsageQuery {
  /** The first and the last day, both inclusive. */
  readonly from: Period;
  readonly to: Period;
  readonly groupBy: Grouping;
}

/**
 * Reads the parameters of `GET /v1/usage`: absent, it is this month (UTC) by day.
 * @throws GatewayError `invalid_value` that names the parameter.
 */
export function readUsageQuery(parameters: Readonly<Record<string, string>>, nowMs: number): UsageQuery {
  const to = day("to", parameters["to"]) ?? dayAt(nowMs);
  const from = day("from", parameters["from"]) ?? dayAt(monthAt(to.fromMs).fromMs);
  for (const [param, { name, fromMs }] of Object.entries({ from, to })) {
    if (fromMs > nowMs)
      throw refused(param, `\`${param}\` is ${name}, which is in the future (days are UTC).`);
  }
  if (from.fromMs > to.fromMs) throw refused("from", `\`from\` (${from.name}) is after \`to\` (${to.name}).`);
  if (to.endMs - from.fromMs > MAX_DAYS * DAY_MS) {
    throw refused(
      "from",
      `\`from\` and \`to\` are more than ${MAX_DAYS} days apart: ask for parts of the time.`,
    );
  }
  const wanted = parameters["group_by"] ?? "day";
  const groupBy = GROUPINGS.find((grouping) => grouping === wanted);
  if (!groupBy) throw refused("group_by", `\`group_by\` is one of ${GROUPINGS.join(", ")}.`);
  return { from, to, groupBy };
}

/** @param account read just now. @throws GatewayError `invalid_value` for more groups than an answer should have. */
export async function answerUsage(
  account: Account,
  ledger: EntriesReader,
  { from, to, groupBy }: UsageQuery,
): Promise<{ object: "list"; data: UsageGroup[]; from: string; to: string; group_by: Grouping }> {
  const range = { from: iso(from.fromMs), to: iso(to.endMs - 1) };
  const entries = recordedEntries(account.outbox, ledger.entries(account.accountId, range), range);
  try {
    const data = await groupUsage(entries, groupBy, MAX_GROUPS);
    return { object: "list", data, from: from.name, to: to.name, group_by: groupBy };
  } catch (error) {
    if (!(error instanceof TooManyGroups)) throw error;
    throw refused("group_by", `There is more than ${MAX_GROUPS} of \`${groupBy}\`: ask for fewer days.`);
  }
}

function day(param: string, text: string | undefined): Period | undefined {
  if (text === undefined) return undefined;
  const found = dayNamed(text);
  if (!found) throw refused(param, `\`${param}\` is no day of the calendar: write it like 2026-11-23.`);
  return found;
}

function iso(instantMs: number): string {
  return new Date(instantMs).toISOString();
}

function refused(param: string, message: string): GatewayError {
  return new GatewayError("invalid_value", message, { param });
}
