import type { Timers } from "../../../lambda/core/timers.ts";

interface Timer {
  readonly dueAtMs: number;
  readonly action: () => void;
}

/** Time that passes only when somebody says so: nothing sleeps, and holds expire within milliseconds. */
export class VirtualClock implements Timers {
  #nowMs: number;
  readonly #timers = new Set<Timer>();

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  after(milliseconds: number, action: () => void): () => void {
    const timer = { dueAtMs: this.#nowMs + milliseconds, action };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Runs what falls due on the way, each at its own time. */
  advance(milliseconds: number): void {
    const untilMs = this.#nowMs + milliseconds;
    for (let next = this.#nextBy(untilMs); next; next = this.#nextBy(untilMs)) {
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.dueAtMs);
      next.action();
    }
    this.#nowMs = untilMs;
  }

  #nextBy(untilMs: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueAtMs <= untilMs && (!first || timer.dueAtMs < first.dueAtMs)) first = timer;
    }
    return first;
  }
}
