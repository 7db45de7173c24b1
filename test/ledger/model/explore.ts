/** Breadth-first search over all interleavings, so the first violation found has a shortest trace. */
import type { Move } from "./environment.ts";
import type { Model } from "./model.ts";
import type { World } from "./state.ts";

export interface Exploration {
  readonly states: number;
  readonly transitions: number;
  /** True when there is no state left to visit: then the search is a proof for this scenario. */
  readonly complete: boolean;
  readonly violation: { readonly invariant: string; readonly trace: readonly string[] } | null;
}

/** @param maxStates stops after this many distinct states */
export function explore(model: Model, maxStates = Number.POSITIVE_INFINITY): Exploration {
  const { codec, moves, judge } = model;
  const known = new StateSet(codec.width);
  const base = model.newWorld();
  const next = model.newWorld();
  let transitions = 0;
  let violation: Exploration["violation"] = null;

  const arrive = (parent: number) => {
    codec.save(next, known.candidate);
    if (!known.add(parent)) return;
    const invariant = judge(next);
    if (invariant !== null) violation = { invariant, trace: trace(model, known, known.count - 1) };
  };
  arrive(-1);
  let current = 0;
  const visit = (move: Move) => {
    if (violation !== null) return;
    transitions += 1;
    codec.load(known.current, next);
    move.run(next);
    arrive(current);
  };
  for (; current < known.count && known.count < maxStates && violation === null; current++) {
    known.read(current);
    codec.load(known.current, base);
    moves(base, visit);
  }
  return { states: known.count, transitions, complete: current === known.count, violation };
}

/** The moves that lead from the start to a state, each with the account and the Ledger after it. */
function trace(model: Model, known: StateSet, end: number): string[] {
  const path: number[] = [];
  for (let index = end; index >= 0; index = known.parentOf(index)) path.unshift(index);
  const world = model.newWorld();
  const after = model.newWorld();
  const found = new Int8Array(model.codec.width);
  const wanted = new Int8Array(model.codec.width);
  const lines = [picture(world)];
  for (let i = 1; i < path.length; i++) {
    known.copy(path[i - 1] ?? 0, found);
    known.copy(path[i] ?? 0, wanted);
    model.codec.load(found, world);
    let line = "";
    model.moves(world, (move) => {
      if (line !== "") return;
      known.copy(path[i - 1] ?? 0, found);
      model.codec.load(found, after);
      move.run(after);
      model.codec.save(after, found);
      if (found.every((byte, at) => byte === wanted[at]))
        line = `${move.name(world)}\n      ${picture(after)}`;
    });
    lines.push(line);
  }
  return lines.map((line, i) => `${String(i).padStart(3)} ${line}`);
}

function picture(world: World): string {
  const list = (items: readonly (string | null)[]) => items.filter((item) => item !== null).join(" ") || "-";
  const entries = (map: World["outbox"]) =>
    list(map.map((entry, id) => entry && `${id + 1}:${entry.outcome}${entry.amount}`));
  const holds = list(world.holds.map((hold, id) => hold && `${id + 1}:${hold.amount}#${hold.attempt}`));
  const spend = world.keySpend.map((spent) => spent ?? "-").join("/");
  return (
    `available ${world.available} posted ${world.posted} holds ${holds} outbox ${entries(world.outbox)} ` +
    `ledger ${entries(world.ledger)} sequence ${world.sequence} keySpend ${spend}`
  );
}

/** Every state seen, in the order of arrival, with the one it came from; a hash table over fixed-width records. */
class StateSet {
  count = 0;
  /** Where the caller puts a state before `add`, and where `read` puts one. */
  readonly candidate: Int8Array;
  readonly current: Int8Array;
  readonly #words: number;
  readonly #candidateWords: Int32Array;
  readonly #currentWords: Int32Array;
  #pool: Int32Array;
  #parents = new Int32Array(1 << 12);
  /** Index + 1 of a state, by hash; 0 is free. */
  #slots = new Int32Array(1 << 13);

  constructor(width: number) {
    this.#words = width / 4;
    this.#candidateWords = new Int32Array(this.#words);
    this.#currentWords = new Int32Array(this.#words);
    this.candidate = new Int8Array(this.#candidateWords.buffer);
    this.current = new Int8Array(this.#currentWords.buffer);
    this.#pool = new Int32Array(this.#words << 12);
  }

  /** Adds the candidate; false when it was known. */
  add(parent: number): boolean {
    const mask = this.#slots.length - 1;
    let slot = this.#hash(this.#candidateWords, 0) & mask;
    for (let found = this.#slots[slot] ?? 0; found !== 0; found = this.#slots[slot] ?? 0) {
      if (this.#same(found - 1)) return false;
      slot = (slot + 1) & mask;
    }
    if (this.count === this.#parents.length) this.#grow();
    this.#pool.set(this.#candidateWords, this.count * this.#words);
    this.#parents[this.count] = parent;
    this.count += 1;
    this.#slots[slot] = this.count;
    if (this.count * 2 > this.#slots.length) this.#rehash();
    return true;
  }

  read(index: number): void {
    this.copy(index, this.current);
  }

  copy(index: number, to: Int8Array): void {
    const from = index * this.#words;
    to.set(new Int8Array(this.#pool.buffer, from * 4, this.#words * 4));
  }

  parentOf(index: number): number {
    return this.#parents[index] ?? -1;
  }

  #same(index: number): boolean {
    const from = index * this.#words;
    for (let i = 0; i < this.#words; i++) {
      if (this.#pool[from + i] !== this.#candidateWords[i]) return false;
    }
    return true;
  }

  #hash(words: Int32Array, from: number): number {
    let hash = 0x811c9dc5;
    for (let i = 0; i < this.#words; i++) {
      hash = Math.imul(hash ^ (words[from + i] ?? 0), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return hash;
  }

  #grow(): void {
    const pool = new Int32Array(this.#pool.length * 2);
    pool.set(this.#pool);
    this.#pool = pool;
    const parents = new Int32Array(this.#parents.length * 2);
    parents.set(this.#parents);
    this.#parents = parents;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let index = 0; index < this.count; index++) {
      let slot = this.#hash(this.#pool, index * this.#words) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = index + 1;
    }
    this.#slots = slots;
  }
}
