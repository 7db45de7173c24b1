import { statementKey, usageKey } from "../core/report/object-keys.ts";
import { dayAt, dayNamed, monthAt, monthNamed, type Period, previous } from "../core/report/period.ts";
import type { Console } from "./console.ts";
import { ConsoleError } from "./errors.ts";
import type { LinkView, ReportsView, ReportView } from "./usage-views.ts";

const DAYS_LISTED = 31;
const MONTHS_LISTED = 12;
const LINK_SECONDS = 300;

type Kind = Pick<ReportView, "kind" | "format">;

const KINDS: Readonly<Record<Period["unit"], readonly Kind[]>> = {
  day: [{ kind: "usage", format: "csv" }],
  month: [
    { kind: "usage", format: "csv" },
    { kind: "statement", format: "csv" },
    { kind: "statement", format: "json" },
  ],
};

/** The account's own files of the last days and months, newest first. */
export async function reportsOf(console: Console, accountId: string): Promise<ReportsView> {
  const nowMs = console.nowMs();
  const periods = [...latest(monthAt(nowMs), MONTHS_LISTED), ...latest(dayAt(nowMs), DAYS_LISTED)];
  const found = await Promise.all(periods.map((period) => filesOf(console, accountId, period)));
  return { reports: found.flat().sort((a, b) => (a.period < b.period ? 1 : -1)) };
}

/** @throws ConsoleError `not_found` */
export async function reportLink(console: Console, accountId: string, reportId: string): Promise<LinkView> {
  const wanted = readReportId(reportId);
  const known =
    wanted && (await filesOf(console, accountId, wanted)).find((file) => file.report_id === reportId);
  if (!wanted || !known) throw new ConsoleError("not_found", "This account has no report with this id.");
  const fileName = `wlrouter-${known.kind}-${known.period}.${known.format}`;
  const url = await console.reportLinks.link(objectKey(wanted, accountId, known), fileName, LINK_SECONDS);
  return { url, expires_at: new Date(console.nowMs() + LINK_SECONDS * 1_000).toISOString() };
}

function latest(newest: Period, count: number): Period[] {
  const periods: Period[] = [];
  for (let period = newest; periods.length < count; period = previous(period)) periods.push(period);
  return periods;
}

/** The account is the session's: a report's id does not name any. */
async function filesOf({ reports }: Console, accountId: string, period: Period): Promise<ReportView[]> {
  const sizes = new Map<string, number>();
  // Every file of an account's period begins alike, and no other account's does: the id ends with the dot.
  const prefix = usageKey(period, accountId).replace(/csv$/, "");
  for await (const { key, sizeBytes } of reports.list(prefix)) sizes.set(key, sizeBytes);
  return KINDS[period.unit].flatMap((kind) => {
    const size = sizes.get(objectKey(period, accountId, kind));
    return size === undefined ? [] : [view(period, kind, size)];
  });
}

function objectKey(period: Period, accountId: string, { kind, format }: Kind): string {
  return kind === "usage" ? usageKey(period, accountId) : statementKey(period, accountId, format);
}

function view({ unit, name }: Period, { kind, format }: Kind, sizeBytes: number): ReportView {
  const reportId = `${unit}.${name}.${kind}.${format}`;
  return { report_id: reportId, unit, period: name, kind, format, size_bytes: sizeBytes };
}

function readReportId(reportId: string): Period | undefined {
  const [, unit, name = ""] =
    /^(day|month)\.([\d-]{7,10})\.(?:usage|statement)\.(?:csv|json)$/.exec(reportId) ?? [];
  return unit === "day" ? dayNamed(name) : unit === "month" ? monthNamed(name) : undefined;
}
