export type Expiry = "never" | "30" | "90" | "365" | "day";

export const expiryOptions: { value: Expiry; label: string }[] = [
  { value: "never", label: "Never" },
  { value: "30", label: "In 30 days" },
  { value: "90", label: "In 90 days" },
  { value: "365", label: "In a year" },
  { value: "day", label: "On a day of my choice" },
];

const DAY_MS = 86_400_000;

/**
 * @param day of the browser's calendar, `2026-11-23`; the key works until it is over.
 * @returns ISO 8601; undefined for never. Without a day it is an empty text, which the API refuses with its reason.
 */
export function expiresAt(expiry: Expiry, day: string, nowMs: number): string | undefined {
  if (expiry === "never") return undefined;
  if (expiry !== "day") return new Date(nowMs + Number(expiry) * DAY_MS).toISOString();
  const end = new Date(`${day}T23:59:59.999`);
  return Number.isNaN(end.getTime()) ? "" : end.toISOString();
}
