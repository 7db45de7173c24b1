/**
 * The invariants of design section 3, as a judge who sees both items at once may check them. 1 to 7, 9 and 13 hold in
 * every state; 8 (no hold outlives its expiry) is checked by recovery.ts, which lets the sweeper run from every state.
 */
import { breaches } from "./breaches.ts";
import { type Protocol, planOf } from "./protocol.ts";
import { at } from "./request.ts";
import { creditId, type Entry, lateId, type World } from "./state.ts";

/** The first invariant that `world` breaks, in words that begin with its number; null when all hold. */
export function violationIn(protocol: Protocol, world: World): string | null {
  return (
    breaches[world.breach - 1] ?? money(protocol, world) ?? requests(protocol, world) ?? keys(protocol, world)
  );
}

function money(protocol: Protocol, world: World): string | null {
  const { openingBalance, maxRecords } = protocol.scenario;
  let held = 0;
  let open = 0;
  for (const hold of world.holds) {
    if (hold === null) continue;
    held += hold.amount;
    open += 1;
  }
  let entries = 0;
  let amounts = 0;
  let writtenOff = 0;
  let undrained = 0;
  for (let id = 0; id < world.outbox.length; id++) {
    const record = world.outbox[id] ?? null;
    const entry = world.ledger[id] ?? null;
    if (record !== null && entry !== null && record !== entry) return "4: outbox and Ledger differ on one id";
    const either = record ?? entry;
    if (either === null) continue;
    entries += 1;
    amounts += either.amount;
    writtenOff += either.writeOff;
    if (record !== null && id < world.holds.length) undrained += 1;
  }
  if (world.available < 0) return "1: available is below zero";
  if (world.posted - world.available !== held) return "2: posted - available is not the sum of open holds";
  if (world.posted !== openingBalance + amounts) return "3: posted is not the sum of entries";
  if (world.writeOff !== writtenOff) return "3: writeOff is not the sum of the entries' write-offs";
  if (world.sequence !== entries) return "5: sequence is not the number of entries";
  // A HOLD lands on at most max - 1 holds and max - 1 records; a SETTLE turns one into the other.
  if (open > maxRecords) return "room: more holds than the item has room for";
  if (open + undrained > 2 * maxRecords - 1) return "room: more holds and records than the item has room for";
  return null;
}

function requests(protocol: Protocol, world: World): string | null {
  const { length } = protocol.scenario.requests;
  for (const actor of world.requests) {
    const { cost } = planOf(protocol, actor.index);
    const end = endOf(world, actor.index);
    const late = endOf(world, lateId(length, actor.index));
    if (world.dispatched[actor.index] === 1 && end === null && world.holds[actor.index] === null) {
      return "6: a dispatched request has neither hold nor end";
    }
    if (end?.outcome === "expired" && world.expired[actor.index] === 0) return "6: swept before its expiry";
    if (late !== null && end?.outcome !== "expired") return "6: charged late though it was settled";
    const charged = late ?? (end?.outcome === "settled" ? end : null);
    if (charged !== null && charged.writeOff - charged.amount !== cost) {
      return "7: charge and write-off are not the cost";
    }
    if (charged !== null && -charged.amount > cost) return "7: charged more than it cost";
    if (end !== null && end.writeOff > Math.max(0, cost - end.held))
      return "7: wrote off what the hold covered";
    if (actor.at === at.answered && charged === null) return "7: answered and never charged";
  }
  const { credit } = protocol.scenario;
  const credited = endOf(world, creditId(length));
  if (credit && credited && credited.amount - credited.writeOff !== credit.amount) {
    return "7: a credit and its write-off are not the amount";
  }
  return null;
}

function keys(protocol: Protocol, world: World): string | null {
  const limit = protocol.scenario.requests.find((plan) => plan.limit !== undefined)?.limit;
  if (limit === undefined) return null;
  for (let period = 0; period < world.keySpend.length; period++) {
    let spent = 0;
    let bounded = 0;
    for (const hold of world.holds) {
      if (hold?.period !== period) continue;
      spent += hold.amount;
      bounded += hold.amount;
    }
    for (let id = 0; id < world.outbox.length; id++) {
      const entry = endOf(world, id);
      if (entry?.period !== period) continue;
      spent -= entry.amount;
      bounded += Math.min(-entry.amount, entry.held);
    }
    if ((world.keySpend[period] ?? 0) !== spent) return "13: keySpend is not settled plus held";
    // What an overrun or a late charge took beyond its hold, no limit could have foreseen.
    if (bounded > limit) return "13: a key spent more than its limit";
  }
  return null;
}

function endOf(world: World, id: number): Entry | null {
  return world.outbox[id] ?? world.ledger[id] ?? null;
}
