import type { Timers } from "../../lambda/core/timers.ts";

/** Time that passes only when a test says so. */
export interface ManualTimers extends Timers {
  /** Lets so much time pass and runs what falls due, in order, what that sets included. */
  advance(milliseconds: number): void;
  /** How many timers are set. */
  readonly pending: number;
}

export function manualTimers(startMs = Date.now()): ManualTimers {
  let nowMs = startMs;
  const set = new Set<{ readonly atMs: number; readonly action: () => void }>();
  return {
    nowMs: () => nowMs,
    after(milliseconds, action) {
      const timer = { atMs: nowMs + milliseconds, action };
      set.add(timer);
      return () => void set.delete(timer);
    },
    advance(milliseconds) {
      const endMs = nowMs + milliseconds;
      for (;;) {
        const [next] = [...set].sort((a, b) => a.atMs - b.atMs);
        if (!next || next.atMs > endMs) break;
        set.delete(next);
        nowMs = Math.max(nowMs, next.atMs);
        next.action();
      }
      nowMs = endMs;
    },
    get pending() {
      return set.size;
    },
  };
}
