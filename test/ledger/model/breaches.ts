/** What no single state can show: a step that must never happen marks the world with one of these. */
export const breaches = [
  "6: held on a suspended account",
  "6: held with a revoked key",
  "6: called upstream twice",
  "6: a settle found neither its hold nor an end",
  "9: an entry was written over",
] as const;

export function breachOf(breach: (typeof breaches)[number]): number {
  return breaches.indexOf(breach) + 1;
}
