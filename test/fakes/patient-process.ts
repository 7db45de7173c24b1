/**
 * Preloaded (`node --import`) into a process that runs a handler as Lambda does: the product's limits of seconds never
 * pass. On a busy machine they would, while the embedded store is only slow, and no test is about that.
 */
const SHORTEST_LIMIT_MS = 1_000;
const NEVER_MS = 3_600_000;

const { setTimeout: original } = globalThis;

globalThis.setTimeout = Object.assign(
  (action: () => void, milliseconds = 0, ...rest: []) => {
    if (milliseconds < SHORTEST_LIMIT_MS) return original(action, milliseconds, ...rest);
    // What waits for an answer is kept alive by its connection.
    return original(action, NEVER_MS, ...rest).unref();
  },
  { __promisify__: original.__promisify__ },
);
