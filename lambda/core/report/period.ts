/** A day or a month of UTC that is reported on. */
export interface Period {
  readonly unit: "day" | "month";
  /** `2026-11-23` or `2026-11`. */
  readonly name: string;
  readonly fromMs: number;
  /** The first instant that belongs to the next one. */
  readonly endMs: number;
}

/** Undefined for what is no day of the calendar: `2026-02-30`. */
export function dayNamed(name: string): Period | undefined {
  const fromMs = Date.parse(`${name}T00:00:00Z`);
  // Date.parse takes 2026-02-30 for the second of March.
  return !Number.isNaN(fromMs) && dayName(fromMs) === name ? dayAt(fromMs) : undefined;
}

/** Undefined for what is no month of the calendar: `2026-13`. */
export function monthNamed(name: string): Period | undefined {
  const fromMs = Date.parse(`${name}-01T00:00:00Z`);
  return !Number.isNaN(fromMs) && monthName(fromMs) === name ? monthAt(fromMs) : undefined;
}

/** The day that an instant belongs to. */
export function dayAt(instantMs: number): Period {
  const date = new Date(instantMs);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  return {
    unit: "day",
    name: dayName(instantMs),
    fromMs: Date.UTC(year, month, day),
    endMs: Date.UTC(year, month, day + 1),
  };
}

/** The month that an instant belongs to. */
export function monthAt(instantMs: number): Period {
  const date = new Date(instantMs);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return {
    unit: "month",
    name: monthName(instantMs),
    fromMs: Date.UTC(year, month),
    endMs: Date.UTC(year, month + 1),
  };
}

/** The day or month before. */
export function previous(period: Period): Period {
  return period.unit === "day" ? dayAt(period.fromMs - 1) : monthAt(period.fromMs - 1);
}

function dayName(instantMs: number): string {
  return new Date(instantMs).toISOString().slice(0, "2026-11-23".length);
}

function monthName(instantMs: number): string {
  return new Date(instantMs).toISOString().slice(0, "2026-11".length);
}
