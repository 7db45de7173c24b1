import type { Timers } from "../core/timers.ts";

/** Bytes that may wait for a slow client before the upstream is made to wait too. */
const HIGH_WATER_BYTES = 64 * 1024;
/** Proxies and SDKs give up on a silent stream; a comment tells them that we are there. */
const KEEP_ALIVE_MS = 15_000;
const KEEP_ALIVE = new TextEncoder().encode(": keep-alive\n\n");

/** The client's end of a stream. It survives the client: once that has left, writing is free and does nothing. */
export interface Outlet {
  readonly readable: ReadableStream<Uint8Array>;
  /** Resolves when there is room for more, or nobody left to wait for; undefined when that is so already. */
  write(bytes: Uint8Array): Promise<void> | undefined;
  end(): void;
}

/** @param signal aborts when the time for waiting is over, however slowly the client reads */
export function createOutlet(timers: Timers, signal: AbortSignal): Outlet {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let left = false;
  let onRoom: (() => void) | undefined;
  let lastWriteAtMs = timers.nowMs();
  let stopTimer = () => {};

  const readable = new ReadableStream<Uint8Array>(
    {
      start(started) {
        controller = started;
      },
      pull() {
        onRoom?.();
      },
      cancel() {
        left = true;
        stopTimer();
        onRoom?.();
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: HIGH_WATER_BYTES }),
  );

  const hasRoom = () => left || signal.aborted || (controller?.desiredSize ?? 0) > 0;
  signal.addEventListener("abort", () => onRoom?.());

  const keepAlive = (inMs: number) => {
    stopTimer = timers.after(inMs, () => {
      const silentMs = timers.nowMs() - lastWriteAtMs;
      if (silentMs >= KEEP_ALIVE_MS && hasRoom()) {
        controller?.enqueue(KEEP_ALIVE);
        lastWriteAtMs = timers.nowMs();
      }
      keepAlive(silentMs >= KEEP_ALIVE_MS ? KEEP_ALIVE_MS : KEEP_ALIVE_MS - silentMs);
    });
  };
  keepAlive(KEEP_ALIVE_MS);

  return {
    readable,
    write(bytes) {
      if (left) return undefined;
      lastWriteAtMs = timers.nowMs();
      controller?.enqueue(bytes);
      if (hasRoom()) return undefined;
      // The stream pulls only when there is room again.
      return new Promise((resolve) => {
        onRoom = resolve;
      });
    },
    end() {
      stopTimer();
      if (!left) controller?.close();
    },
  };
}
