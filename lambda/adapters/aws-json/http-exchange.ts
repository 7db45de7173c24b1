import type { Dispatcher, Pool } from "undici";

export interface HttpRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/**
 * One request, its answer whole. `Pool.request` would make a stream of the answer first, which costs as much as all the
 * rest of a small call.
 * @throws whatever kept the answer from coming whole.
 */
export function exchange(pool: Pool, request: HttpRequest): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    pool.dispatch({ ...request, body: request.body ?? null }, new Collector(resolve, reject));
  });
}

class Collector implements Dispatcher.DispatchHandler {
  readonly #resolve: (answer: HttpAnswer) => void;
  readonly #reject: (error: Error) => void;
  readonly #pieces: Buffer[] = [];
  #status = 0;
  #headers: HttpAnswer["headers"] = {};

  constructor(resolve: (answer: HttpAnswer) => void, reject: (error: Error) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Its presence tells undici which interface this handler has. */
  onRequestStart(): void {}

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: HttpAnswer["headers"]): void {
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_: Dispatcher.DispatchController, piece: Buffer): void {
    this.#pieces.push(piece);
  }

  onResponseEnd(): void {
    const [first = Buffer.alloc(0), ...rest] = this.#pieces;
    const body = rest.length === 0 ? first : Buffer.concat(this.#pieces);
    this.#resolve({ status: this.#status, headers: this.#headers, body });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#reject(error);
  }
}
