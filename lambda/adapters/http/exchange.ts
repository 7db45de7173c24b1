import type { Dispatcher } from "undici";
import { GatewayError } from "../../core/errors.ts";
import type { AnswerHeaders, UpstreamBody, UpstreamResponse } from "../../core/upstream/upstream.ts";
import { abortion, bodyFailure } from "./failures.ts";

/** What may wait for a slow reader before the provider is made to wait. */
const HIGH_WATER_BYTES = 64 * 1024;

export interface ExchangeOptions {
  readonly signal: AbortSignal;
  /** With the answer's beginning. */
  readonly resolve: (response: UpstreamResponse) => void;
  readonly reject: (error: unknown) => void;
  /** Called once, when its connection is free or gone. */
  readonly over: () => void;
}

/**
 * One request and its answer, told by undici as they happen. `Pool.request` would put a stream object in between, which
 * costs more than all the rest of a short answer. What comes in one read from the socket is handed out as one piece.
 */
export class Exchange implements Dispatcher.DispatchHandler, UpstreamBody, AsyncIterator<Buffer, void> {
  readonly #signal: AbortSignal;
  readonly #resolve: (response: UpstreamResponse) => void;
  readonly #reject: (error: unknown) => void;
  readonly #over: () => void;
  #controller: Dispatcher.DispatchController | undefined;
  #pieces: Buffer[] = [];
  #waitingBytes = 0;
  #wake: (() => void) | undefined;
  #isOver = false;
  #failure: Error | undefined;
  /** Nobody wants the rest. */
  #isLetGo = false;

  constructor({ signal, resolve, reject, over }: ExchangeOptions) {
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#over = over;
    signal.addEventListener("abort", this.#onAbort);
  }

  // --- what undici tells ------------------------------------------------------------------------------------------

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#signal.aborted) this.#onAbort();
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: AnswerHeaders): void {
    // An interim answer; the real one follows.
    if (status < 200) return;
    this.#resolve({ status, headers, body: this });
  }

  onResponseData(controller: Dispatcher.DispatchController, piece: Buffer): void {
    if (this.#isLetGo) return;
    this.#pieces.push(piece);
    this.#waitingBytes += piece.length;
    if (this.#waitingBytes > HIGH_WATER_BYTES) controller.pause();
    this.#wake?.();
  }

  onResponseEnd(): void {
    this.#end();
  }

  /** Before the answer has begun, or after: a promise that is resolved cannot be rejected any more. */
  onResponseError(_: Dispatcher.DispatchController | null, error: Error): void {
    this.#failure = error;
    this.#end();
    this.#reject(error);
  }

  #end(): void {
    this.#over();
    this.#isOver = true;
    this.#signal.removeEventListener("abort", this.#onAbort);
    this.#wake?.();
  }

  readonly #onAbort = (): void => {
    const reason = abortion(this.#signal);
    if (this.#controller) this.#controller.abort(reason);
    else this.#reject(reason);
  };

  // --- what is read of it -----------------------------------------------------------------------------------------

  get chunks(): AsyncIterable<Buffer> {
    return { [Symbol.asyncIterator]: () => this };
  }

  async next(): Promise<IteratorResult<Buffer, void>> {
    try {
      const value = await this.#take();
      return value === undefined ? { done: true, value } : { done: false, value };
    } catch (error) {
      throw bodyFailure(error, this.#signal, { retryable: true });
    }
  }

  async readAll(maxBytes: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    let length = 0;
    try {
      for (let piece = await this.#take(); piece; piece = await this.#take()) {
        length += piece.length;
        if (length > maxBytes) throw tooLong();
        pieces.push(piece);
      }
    } catch (error) {
      this.close();
      // A whole answer is written before its first byte is sent: it was made, so another route would make it twice.
      throw bodyFailure(error, this.#signal, { retryable: false });
    }
    return joined(pieces);
  }

  letGo(): void {
    this.#isLetGo = true;
    this.#pieces = [];
    this.#controller?.resume();
  }

  close(): void {
    this.#isLetGo = true;
    this.#pieces = [];
    if (!this.#isOver) this.#controller?.abort(new Error("nobody reads the answer any more"));
  }

  /** All that has come, waiting for some if need be; undefined at the end. @throws what ended it before */
  async #take(): Promise<Buffer | undefined> {
    while (this.#pieces.length === 0) {
      if (this.#failure) throw this.#failure;
      if (this.#isOver) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#waitingBytes = 0;
    this.#controller?.resume();
    return joined(pieces);
  }
}

function joined(pieces: readonly Buffer[]): Buffer {
  const [first] = pieces;
  return pieces.length === 1 && first ? first : Buffer.concat(pieces);
}

function tooLong(): GatewayError {
  return new GatewayError("upstream_error", "The provider's answer is too long.", { reason: "too_long" });
}
