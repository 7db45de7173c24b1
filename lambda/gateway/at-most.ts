import type { Timers } from "../core/timers.ts";

/**
 * Waits for so long and no longer.
 * @returns what came of the promise; undefined when it takes longer: then nobody hears of it any more.
 * @throws what the promise throws in time
 */
export async function atMost<T>(
  timers: Timers,
  milliseconds: number,
  promise: Promise<T>,
): Promise<T | undefined> {
  let cancel = () => {};
  const timeout = new Promise<undefined>((resolve) => {
    cancel = timers.after(milliseconds, () => resolve(undefined));
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    cancel();
  }
}
