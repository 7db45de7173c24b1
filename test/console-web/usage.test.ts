import { expect, test } from "vitest";
import type { UsageRow, UsageView } from "../../lambda/console/usage-views.ts";
import { periodsOf, rangeOf } from "../../lambda/console/web/usage/range.ts";
import { groupTotals, seriesByGroup, seriesByKind } from "../../lambda/console/web/usage/series.ts";

const NOW_MS = Date.parse("2026-03-01T00:30:00Z");
const NO_DAYS = { from: "", to: "" };

test.each([
  ["today", "2026-03-01", "2026-03-01"],
  ["7", "2026-02-23", "2026-03-01"],
  ["30", "2026-01-31", "2026-03-01"],
  ["month", "2026-03-01", "2026-03-01"],
  ["last-month", "2026-02-01", "2026-02-28"],
] as const)("%s is %s to %s", (preset, from, to) => {
  expect(rangeOf(preset, NO_DAYS, NOW_MS)).toEqual({ from, to });
});

test("last month is found from January too", () => {
  expect(rangeOf("last-month", NO_DAYS, Date.parse("2026-01-15T12:00:00Z"))).toEqual({
    from: "2025-12-01",
    to: "2025-12-31",
  });
});

test("every day and hour of a range has its place, also without usage", () => {
  expect(periodsOf({ from: "2026-02-27", to: "2026-03-01" }, "day")).toEqual([
    "2026-02-27",
    "2026-02-28",
    "2026-03-01",
  ]);
  const hours = periodsOf({ from: "2026-02-27", to: "2026-02-27" }, "hour");
  expect([hours.length, hours[0], hours[23]]).toEqual([24, "2026-02-27T00", "2026-02-27T23"]);
});

function row(period: string, group: string, cost: string, inputTokens = 1): UsageRow {
  return {
    period,
    group,
    cost,
    requests: 1,
    failures: 0,
    input_tokens: inputTokens,
    cache_read_tokens: 0,
    cache_write_tokens: 0,
    output_tokens: 2,
    reasoning_tokens: 0,
    cache_savings: "0.00",
  };
}

function viewOf(rows: readonly UsageRow[], names: Record<string, string> = {}): UsageView {
  const { period: _period, group: _group, ...total } = row("", "", "0.00");
  return { from: "2026-02-27", to: "2026-02-28", grain: "day", group_by: "model", rows, total, names };
}

const DAYS = ["2026-02-27", "2026-02-28"];

test("groups are added up exactly, the dearest first, by their names", () => {
  const view = viewOf(
    [row("2026-02-27", "a", "0.1"), row("2026-02-28", "a", "0.2"), row("2026-02-27", "b", "0.31")],
    {
      b: "Batch",
    },
  );
  expect(groupTotals(view).map(({ name, cost, requests }) => [name, cost, requests])).toEqual([
    ["Batch", "0.31", 1],
    ["a", "0.30", 2],
  ]);
});

test("groups beyond the colours are one grey series, and nothing is lost", () => {
  const rows = Array.from({ length: 9 }, (_, index) => row("2026-02-28", `m${index}`, `0.${9 - index}`));
  const series = seriesByGroup(viewOf(rows), DAYS, "cost");
  expect(series.map(({ name }) => name)).toEqual(["m0", "m1", "m2", "m3", "m4", "4 others"]);
  expect(series.at(-1)?.texts).toEqual(["$0.00", "$1.00"]);
  expect(series.at(-1)?.isRest).toBe(true);
});

test("tokens are counted by kind", () => {
  const series = seriesByKind(
    viewOf([row("2026-02-27", "a", "0.1", 5), row("2026-02-27", "b", "0.1", 7)]),
    DAYS,
  );
  expect(series.map(({ name, heights }) => [name, ...heights])).toEqual([
    ["Input", 12, 0],
    ["Cached input", 0, 0],
    ["Cache writes", 0, 0],
    ["Output", 4, 0],
  ]);
});
