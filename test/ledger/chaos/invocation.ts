/**
 * One invocation of a function as the outside world sees it: a row of calls (to the store, to a provider), at each of
 * which it may die. A dead invocation never goes on: its await does not end, so nothing after it happens.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { type Store, StoreError } from "../../../lambda/adapters/dynamodb/store.ts";
import { GatewayError } from "../../../lambda/core/errors.ts";
import type { Provider, ProviderAnswer, StreamPart } from "../../../lambda/core/ports.ts";
import type { Timers } from "../../../lambda/core/timers.ts";

/**
 * `answerLost`: the call is made, the caller sees an error instead of its answer, and goes on.
 * `frozen`: the invocation stands still before the call, for as long as `meanwhile` takes, and goes on.
 */
export type Interruption = {
  /** Which of the invocation's calls, from 1. */
  readonly atPoint: number;
} & (
  | { readonly kind: "crashBefore" | "crashAfter" | "answerLost" }
  | { readonly kind: "frozen"; readonly meanwhile: () => Promise<void> }
);

const running = new AsyncLocalStorage<Invocation>();

export class Invocation {
  readonly name: string;
  /** What was called, in order. */
  readonly points: string[] = [];
  readonly interruption: Interruption | undefined;
  isCrashed = false;
  isInterrupted = false;
  readonly #crash = Promise.withResolvers<"crashed">();

  constructor(name: string, interruption?: Interruption) {
    this.name = name;
    this.interruption = interruption;
  }

  /** The invocation that the caller is part of. */
  static current(): Invocation | undefined {
    return running.getStore();
  }

  async run<T>(work: () => Promise<T>): Promise<T | "crashed"> {
    return Promise.race([running.run(this, work), this.#crash.promise]);
  }

  async pass<T>(name: string, call: () => Promise<T>, lost: () => Error): Promise<T> {
    if (this.isCrashed) return this.#die();
    this.points.push(name);
    const here = this.interruption?.atPoint === this.points.length ? this.interruption : undefined;
    if (here) this.isInterrupted = true;
    if (here?.kind === "crashBefore") return this.#die();
    if (here?.kind === "frozen") await running.exit(here.meanwhile);
    const answer = await settled(call);
    // A branch of the invocation that ran beside may have died in the meantime.
    if (here?.kind === "crashAfter" || this.isCrashed) return this.#die();
    if (here?.kind === "answerLost") throw lost();
    return answer();
  }

  #die(): Promise<never> {
    this.isCrashed = true;
    this.#crash.resolve("crashed");
    return new Promise(() => {});
  }
}

async function settled<T>(call: () => Promise<T>): Promise<() => T> {
  try {
    const value = await call();
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

function point<T>(name: string, call: () => Promise<T>, lost: () => Error): Promise<T> {
  const invocation = Invocation.current();
  return invocation ? invocation.pass(name, call, lost) : call();
}

export function mortalStore(store: Store): Store {
  const lost = () => new StoreError("unknown", new Error("the answer was lost"));
  return {
    get: (table, key, read) => point(`get ${table}`, () => store.get(table, key, read), lost),
    putIfAbsent: (table, item, key) => point(`put ${table}`, () => store.putIfAbsent(table, item, key), lost),
    update: (table, key, clauses) => point(`update ${table}`, () => store.update(table, key, clauses), lost),
  };
}

export function mortalProvider(provider: Provider): Provider {
  const lost = () => new GatewayError("upstream_timeout", "The provider did not answer in time.");
  return {
    async chat(request) {
      return mortalAnswer(await point("provider", () => provider.chat(request), lost));
    },
  };
}

function mortalAnswer(answer: ProviderAnswer): ProviderAnswer {
  return answer.type === "json" ? answer : { type: "stream", parts: mortalParts(answer.parts) };
}

async function* mortalParts(parts: AsyncIterable<StreamPart>): AsyncIterable<StreamPart> {
  const lost = () => new GatewayError("upstream_error", "The stream broke.", { retryable: true });
  const iterator = parts[Symbol.asyncIterator]();
  for (;;) {
    const next = await point("stream part", () => iterator.next(), lost);
    if (next.done) return;
    yield next.value;
  }
}

/** A dead invocation's timers do nothing. */
export function mortalTimers(timers: Timers): Timers {
  return {
    nowMs: () => timers.nowMs(),
    after(milliseconds, action) {
      const invocation = Invocation.current();
      return timers.after(milliseconds, () => {
        if (!invocation?.isCrashed) action();
      });
    },
  };
}
