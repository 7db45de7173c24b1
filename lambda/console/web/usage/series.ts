/** From the API's rows to what a chart draws. Sums are exact; only heights are floating-point numbers. */
import type { UsageFigures, UsageRow, UsageView } from "../../usage-views.ts";
import { MOST_SERIES } from "../charts/palette.ts";
import type { Series } from "../charts/series.ts";
import { formatCount } from "../format.ts";
import { compareDescending, formatMoney, heightOf, sum } from "../money.ts";

export type Metric = "cost" | "requests" | "tokens";

/** One group over the whole range. */
export interface GroupTotal extends UsageFigures {
  readonly group: string;
  readonly name: string;
}

export function tokensOf(row: UsageFigures): number {
  return row.input_tokens + row.cache_read_tokens + row.cache_write_tokens + row.output_tokens;
}

/** The dearest first. */
export function groupTotals({ rows, names }: UsageView): readonly GroupTotal[] {
  const byGroup = Map.groupBy(rows, (row) => row.group);
  return [...byGroup]
    .map(([group, its]) => ({ ...addUp(its), group, name: names[group] ?? (group || "All requests") }))
    .sort((a, b) => compareDescending(a.cost, b.cost) || b.requests - a.requests);
}

function addUp(rows: readonly UsageRow[]): UsageFigures {
  const count = (field: keyof UsageFigures) => rows.reduce((total, row) => total + Number(row[field]), 0);
  return {
    requests: count("requests"),
    failures: count("failures"),
    input_tokens: count("input_tokens"),
    cache_read_tokens: count("cache_read_tokens"),
    cache_write_tokens: count("cache_write_tokens"),
    output_tokens: count("output_tokens"),
    reasoning_tokens: count("reasoning_tokens"),
    cost: sum(rows.map((row) => row.cost)),
    cache_savings: sum(rows.map((row) => row.cache_savings)),
  };
}

/** A series for each of the largest groups and one for the rest, over all periods. */
export function seriesByGroup(
  view: UsageView,
  periods: readonly string[],
  metric: Metric,
): readonly Series[] {
  const groups = groupTotals(view);
  const most = groups.length > MOST_SERIES ? MOST_SERIES - 1 : MOST_SERIES;
  const rest = groups.slice(most).map(({ group }) => group);
  const own = groups
    .slice(0, most)
    .map(({ group, name }) => seriesOf(view.rows, periods, metric, [group], name));
  if (rest.length === 0) return own;
  return [...own, { ...seriesOf(view.rows, periods, metric, rest, `${rest.length} others`), isRest: true }];
}

function seriesOf(
  rows: readonly UsageRow[],
  periods: readonly string[],
  metric: Metric,
  groups: readonly string[],
  name: string,
): Series {
  const byPeriod = Map.groupBy(
    rows.filter((row) => groups.includes(row.group)),
    (row) => row.period,
  );
  const figures = periods.map((period) => addUp(byPeriod.get(period) ?? []));
  return {
    name,
    heights: figures.map((it) => (metric === "cost" ? heightOf(it.cost) : countOf(it, metric))),
    texts: figures.map((it) => (metric === "cost" ? formatMoney(it.cost) : formatCount(countOf(it, metric)))),
  };
}

function countOf(figures: UsageFigures, metric: "requests" | "tokens"): number {
  return metric === "requests" ? figures.requests : tokensOf(figures);
}

const KINDS = [
  ["input_tokens", "Input"],
  ["cache_read_tokens", "Cached input"],
  ["cache_write_tokens", "Cache writes"],
  ["output_tokens", "Output"],
] as const;

/** A series for each kind of token. */
export function seriesByKind({ rows }: UsageView, periods: readonly string[]): readonly Series[] {
  const byPeriod = Map.groupBy(rows, (row) => row.period);
  const figures = periods.map((period) => addUp(byPeriod.get(period) ?? []));
  return KINDS.map(([field, name]) => ({
    name,
    heights: figures.map((it) => it[field]),
    texts: figures.map((it) => formatCount(it[field])),
  }));
}
