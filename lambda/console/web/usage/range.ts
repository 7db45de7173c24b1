/** Days are UTC, like everything that is added up. */
export interface Range {
  readonly from: string;
  readonly to: string;
}

export type Preset = "today" | "7" | "30" | "month" | "last-month" | "own";

export const PRESETS: { value: Preset; label: string }[] = [
  { value: "today", label: "Today" },
  { value: "7", label: "Last 7 days" },
  { value: "30", label: "Last 30 days" },
  { value: "month", label: "This month" },
  { value: "last-month", label: "Last month" },
  { value: "own", label: "Other days" },
];

const DAY_MS = 86_400_000;

function dayOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}

/** @param own what is kept when the days are chosen one by one. */
export function rangeOf(preset: Preset, own: Range, nowMs: number): Range {
  const to = dayOf(nowMs);
  const now = new Date(nowMs);
  const monthStart = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1);
  switch (preset) {
    case "today":
      return { from: to, to };
    case "7":
      return { from: dayOf(nowMs - 6 * DAY_MS), to };
    case "30":
      return { from: dayOf(nowMs - 29 * DAY_MS), to };
    case "month":
      return { from: dayOf(monthStart), to };
    case "last-month":
      return {
        from: dayOf(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1)),
        to: dayOf(monthStart - DAY_MS),
      };
    case "own":
      return own;
  }
}

const MOST_PERIODS = 24 * 31;

/** Every day or hour of a range, also those without usage: a gap must look like one. */
export function periodsOf({ from, to }: Range, grain: "day" | "hour"): readonly string[] {
  const stepMs = grain === "day" ? DAY_MS : 3_600_000;
  const length = grain === "day" ? "2026-11-23".length : "2026-11-23T04".length;
  const endMs = Date.parse(to) + DAY_MS;
  const periods: string[] = [];
  for (let timeMs = Date.parse(from); timeMs < endMs && periods.length < MOST_PERIODS; timeMs += stepMs) {
    periods.push(new Date(timeMs).toISOString().slice(0, length));
  }
  return periods;
}
