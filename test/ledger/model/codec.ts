/** A state as a fixed number of bytes, and back: what the explorer stores and compares. */
import type { Caller, Entry, Hold, Interned, World } from "./state.ts";

const absent = -128;

export interface Codec {
  /** Bytes a state takes; a multiple of four, so that states compare as 32-bit words. */
  readonly width: number;
  readonly save: (world: World, bytes: Int8Array) => void;
  readonly load: (bytes: Int8Array, world: World) => void;
}

interface Values {
  readonly holds: Interned<Hold>;
  readonly entries: Interned<Entry>;
}

export function newCodec(sample: World, values: Values): Codec {
  const width = Math.ceil(save(sample, new Int8Array(1024)) / 4) * 4;
  return { width, save, load: (bytes, world) => load(values, bytes, world) };
}

/** Returns the number of bytes used. (Plain indexing: this and `load` run once for every transition.) */
function save(world: World, bytes: Int8Array): number {
  let at = 0;
  bytes[at++] = world.available;
  bytes[at++] = world.posted;
  bytes[at++] = world.writeOff;
  bytes[at++] = world.sequence;
  bytes[at++] = world.credits;
  bytes[at++] = world.suspended + 2 * world.revoked + 4 * world.month + 8 * world.breach;
  for (const hold of world.holds) bytes[at++] = codeOf(hold);
  for (const stamp of world.stamps) bytes[at++] = stamp;
  for (const record of world.outbox) bytes[at++] = codeOf(record);
  for (const spent of world.keySpend) bytes[at++] = spent ?? absent;
  for (const entry of world.ledger) bytes[at++] = codeOf(entry);
  for (const expired of world.expired) bytes[at++] = expired;
  for (const dispatched of world.dispatched) bytes[at++] = dispatched;
  for (let i = 0; i < world.sent.length; i++) bytes[at++] = world.sent[i] ?? 0;
  for (const actor of world.requests) {
    at = saveCaller(actor, bytes, at);
    bytes[at++] = actor.attempt;
    bytes[at++] = codeOf(actor.hold);
    bytes[at++] = actor.stamp;
    bytes[at++] = actor.tries;
    bytes[at++] = actor.seen;
  }
  for (const actor of world.sweepers) {
    at = saveCaller(actor, bytes, at);
    bytes[at++] = codeOf(actor.hold);
    bytes[at++] = actor.stamp;
  }
  for (const actor of world.deliverers) at = saveCaller(actor, bytes, at);
  return at;
}

function saveCaller(actor: Caller, bytes: Int8Array, start: number): number {
  let at = start;
  bytes[at++] = actor.at;
  bytes[at++] = actor.count;
  bytes[at++] = actor.part;
  bytes[at++] = codeOf(actor.entry);
  return at;
}

/** Reads what `save` wrote, in the same order. */
function load(values: Values, bytes: Int8Array, world: World): void {
  const holds = values.holds.all;
  const entries = values.entries.all;
  let at = 0;
  world.available = bytes[at++] ?? 0;
  world.posted = bytes[at++] ?? 0;
  world.writeOff = bytes[at++] ?? 0;
  world.sequence = bytes[at++] ?? 0;
  world.credits = bytes[at++] ?? 0;
  const flags = bytes[at++] ?? 0;
  world.suspended = flags & 1;
  world.revoked = (flags >> 1) & 1;
  world.month = (flags >> 2) & 1;
  world.breach = flags >> 3;
  for (let i = 0; i < world.holds.length; i++) world.holds[i] = valueAt(holds, bytes[at++]);
  for (let i = 0; i < world.stamps.length; i++) world.stamps[i] = bytes[at++] ?? 0;
  for (let i = 0; i < world.outbox.length; i++) world.outbox[i] = valueAt(entries, bytes[at++]);
  for (let i = 0; i < world.keySpend.length; i++) {
    const spent = bytes[at++] ?? absent;
    world.keySpend[i] = spent === absent ? null : spent;
  }
  for (let i = 0; i < world.ledger.length; i++) world.ledger[i] = valueAt(entries, bytes[at++]);
  for (let i = 0; i < world.expired.length; i++) world.expired[i] = bytes[at++] ?? 0;
  for (let i = 0; i < world.dispatched.length; i++) world.dispatched[i] = bytes[at++] ?? 0;
  for (let i = 0; i < world.sent.length; i++) world.sent[i] = bytes[at++] ?? 0;
  for (const actor of world.requests) {
    at = loadCaller(entries, bytes, at, actor);
    actor.attempt = bytes[at++] ?? 0;
    actor.hold = valueAt(holds, bytes[at++]);
    actor.stamp = bytes[at++] ?? 0;
    actor.tries = bytes[at++] ?? 0;
    actor.seen = bytes[at++] ?? 0;
  }
  for (const actor of world.sweepers) {
    at = loadCaller(entries, bytes, at, actor);
    actor.hold = valueAt(holds, bytes[at++]);
    actor.stamp = bytes[at++] ?? 0;
  }
  for (const actor of world.deliverers) at = loadCaller(entries, bytes, at, actor);
}

function loadCaller(entries: readonly Entry[], bytes: Int8Array, start: number, actor: Caller): number {
  let at = start;
  actor.at = bytes[at++] ?? 0;
  actor.count = bytes[at++] ?? 0;
  actor.part = bytes[at++] ?? 0;
  actor.entry = valueAt(entries, bytes[at++]);
  return at;
}

function codeOf(value: { readonly code: number } | null): number {
  return value === null ? absent : value.code;
}

function valueAt<T>(values: readonly T[], code: number | undefined): T | null {
  return code === undefined || code === absent ? null : (values[code] ?? null);
}
