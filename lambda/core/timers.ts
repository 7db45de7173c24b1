/** Timers come from outside, so that tests decide when time passes. */
export interface Timers {
  nowMs(): number;
  /** Runs `action` after so many milliseconds, unless the returned function is called before. */
  after(milliseconds: number, action: () => void): () => void;
}
