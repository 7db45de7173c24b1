import type { BodySink, BodySource } from "../core/answer.ts";
import type { Timers } from "../core/timers.ts";

/** Bytes that may wait for a client that is not connected yet before the upstream is made to wait too. */
const HIGH_WATER_BYTES = 64 * 1024;
/** Proxies and SDKs give up on a silent stream; a comment tells them that we are there. */
const KEEP_ALIVE_MS = 15_000;
const KEEP_ALIVE = new TextEncoder().encode(": keep-alive\n\n");

/** The client's end of a stream. It survives the client: once that has left, writing is free and does nothing. */
export interface Outlet extends BodySource {
  /** Resolves when there is room for more, or nobody left to wait for; undefined when that is so already. */
  write(bytes: Uint8Array): Promise<void> | undefined;
  end(): void;
}

/** @param signal aborts when the time for waiting is over, however slowly the client reads */
export function createOutlet(timers: Timers, signal: AbortSignal): Outlet {
  const line = new Line();
  let left = false;
  let onRoom: (() => void) | undefined;
  let lastWriteAtMs = timers.nowMs();
  let stopTimer = () => {};

  const hasRoom = () => left || signal.aborted || line.hasRoom;
  const tellRoom = () => {
    if (hasRoom()) onRoom?.();
  };
  line.onRoom = tellRoom;
  signal.addEventListener("abort", tellRoom);

  const keepAlive = (inMs: number) => {
    stopTimer = timers.after(inMs, () => {
      const silentMs = timers.nowMs() - lastWriteAtMs;
      if (silentMs >= KEEP_ALIVE_MS && hasRoom()) {
        line.write(KEEP_ALIVE);
        lastWriteAtMs = timers.nowMs();
      }
      keepAlive(silentMs >= KEEP_ALIVE_MS ? KEEP_ALIVE_MS : KEEP_ALIVE_MS - silentMs);
    });
  };
  keepAlive(KEEP_ALIVE_MS);

  return {
    connect: (sink) => line.connect(sink),
    leave() {
      left = true;
      stopTimer();
      onRoom?.();
    },
    write(bytes) {
      if (left) return undefined;
      lastWriteAtMs = timers.nowMs();
      line.write(bytes);
      if (hasRoom()) return undefined;
      return new Promise((resolve) => {
        onRoom = resolve;
      });
    },
    end() {
      stopTimer();
      if (!left) line.end();
    },
  };
}

/** Bytes on their way to a sink, which may come after the first of them. */
class Line {
  onRoom: () => void = () => {};
  #sink: BodySink | undefined;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  /** Writes that the sink has no room behind. */
  #stalled = 0;
  #isEnded = false;

  get hasRoom(): boolean {
    return this.#sink ? this.#stalled === 0 : this.#waitingBytes < HIGH_WATER_BYTES;
  }

  connect(sink: BodySink): void {
    this.#sink = sink;
    for (const bytes of this.#waiting) this.#pass(sink, bytes);
    this.#waiting = [];
    if (this.#isEnded) sink.end();
    this.onRoom();
  }

  write(bytes: Uint8Array): void {
    if (this.#sink) {
      this.#pass(this.#sink, bytes);
    } else {
      this.#waiting.push(bytes);
      this.#waitingBytes += bytes.byteLength;
    }
  }

  end(): void {
    this.#isEnded = true;
    this.#sink?.end();
  }

  #pass(sink: BodySink, bytes: Uint8Array): void {
    const room = sink.write(bytes);
    if (!room) return;
    this.#stalled += 1;
    void room.then(() => {
      this.#stalled -= 1;
      this.onRoom();
    });
  }
}
