import { ConsoleError } from "./errors.ts";

/** Where a page of entries ends: at a moment, of whose entries so many were given. */
export interface Place {
  /** ISO 8601 with milliseconds, UTC. */
  readonly at: string;
  readonly seen: number;
}

export function writePlace({ at, seen }: Place): string {
  return `${at}~${seen}`;
}

/** @throws ConsoleError `invalid_request` for a cursor that no answer of ours gave. */
export function readPlace(cursor: string | undefined, nowMs: number): Place {
  if (cursor === undefined) return { at: new Date(nowMs + CLOCKS_DIFFER_MS).toISOString(), seen: 0 };
  const [, at, seen] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)~(\d{1,6})$/.exec(cursor) ?? [];
  if (at === undefined) {
    const message = "cursor: Expected the `next` of an earlier answer.";
    throw new ConsoleError("invalid_request", message, { param: "cursor" });
  }
  return { at, seen: Number(seen) };
}

/** Another function's entry may be of a moment that has not come here. */
const CLOCKS_DIFFER_MS = 60_000;

/**
 * A page of what is sorted by time, newest first.
 * @returns what `take` makes of each, and the place that the next page begins at.
 */
export async function pageOf<T extends { readonly createdAt: string }, View>(
  items: AsyncIterable<T>,
  place: Place,
  size: number,
  take: (item: T) => Promise<View | undefined>,
): Promise<{ views: View[]; next: string | null }> {
  const views: View[] = [];
  let [atMoment, moment] = [0, ""];
  for await (const item of items) {
    atMoment = item.createdAt === moment ? atMoment + 1 : 1;
    moment = item.createdAt;
    if (moment === place.at && atMoment <= place.seen) continue;
    const view = await take(item);
    if (view !== undefined) views.push(view);
    if (views.length >= size) return { views, next: writePlace({ at: moment, seen: atMoment }) };
  }
  return { views, next: null };
}
