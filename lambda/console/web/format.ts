/** Times and counts for people, in the browser's language. */

const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const dateTimeOfYear = new Intl.DateTimeFormat(undefined, {
  month: "short",
  day: "numeric",
  hour: "numeric",
  minute: "2-digit",
});
const dateOnly = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const dayOfUtc = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC" });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const count = new Intl.NumberFormat();
const compact = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });

/** In the browser's own time zone. */
export function formatTime(iso: string): string {
  return dateTime.format(new Date(iso));
}

/** As short as it is clear: without the year, when that is this one. */
export function formatShortTime(iso: string, nowMs: number): string {
  const time = new Date(iso);
  return (time.getFullYear() === new Date(nowMs).getFullYear() ? dateTimeOfYear : dateTime).format(time);
}

export function formatDate(iso: string): string {
  return dateOnly.format(new Date(iso));
}

/** A day or an hour of a chart's axis, both UTC: `23 Nov`, or `04:00`. */
export function formatPeriod(period: string): string {
  const [day = "", hour] = period.split("T");
  return hour === undefined ? dayOfUtc.format(new Date(`${day}T00:00:00Z`)) : `${hour}:00`;
}

const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
];

/** `5 minutes ago`; a date when that is more than a month away. */
export function formatAgo(iso: string, nowMs: number): string {
  const distanceMs = Date.parse(iso) - nowMs;
  if (Math.abs(distanceMs) > 31 * 86_400_000) return formatDate(iso);
  for (const [unit, unitMs] of UNITS) {
    if (Math.abs(distanceMs) >= unitMs) return relative.format(Math.trunc(distanceMs / unitMs), unit);
  }
  return distanceMs > 0 ? "in a moment" : "just now";
}

export function formatCount(value: number): string {
  return count.format(value);
}

/** `1.2M`: for axes and tiles, where the exact count is near by. */
export function formatCompact(value: number): string {
  return compact.format(value);
}

export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`;
  return `${(milliseconds / 1_000).toFixed(milliseconds < 10_000 ? 2 : 1)} s`;
}

export function formatBytes(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`;
  return bytes < 1_048_576 ? `${(bytes / 1_024).toFixed(1)} kB` : `${(bytes / 1_048_576).toFixed(1)} MB`;
}

/** `1 request`, `2 requests`. */
export function plural(value: number, noun: string): string {
  return `${formatCount(value)} ${noun}${value === 1 ? "" : "s"}`;
}
