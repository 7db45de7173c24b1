/** The conditional writes of the protocol, clause for clause as design section 3 spells them. */
import { breachOf } from "./breaches.ts";
import type { GuardName } from "./guards.ts";
import { conditionalWrite, entryOf, type Protocol, planOf } from "./protocol.ts";
import type { Entry, Hold, World, Write } from "./state.ts";

export function show(hold: Hold): string {
  const period = hold.period < 0 ? "-" : `key#month${hold.period + 1}`;
  return `"${hold.amount}|${period}|attempt ${hold.attempt}"`;
}

const size = (map: readonly unknown[]) =>
  map.reduce<number>((sum, value) => sum + (value === null ? 0 : 1), 0);

/** HOLD: sets the amount aside before anything is called upstream. */
export function holdWrite(protocol: Protocol, hold: Hold): Write {
  const { request, amount, period, code } = hold;
  const { limit } = planOf(protocol, request);
  const max = protocol.scenario.maxRecords;
  return conditionalWrite(protocol, "hold", [code], () => ({
    name: `HOLD ${show(hold)}`,
    holdOf: request,
    conditions: {
      "hold.accountActive": (world) => world.suspended === 0,
      "hold.keyNotRevoked": (world) => world.revoked === 0,
      "hold.enoughAvailable": (world) => world.available >= amount,
      "hold.roomForHolds": (world) => size(world.holds) < max,
      "hold.roomForOutbox": (world) => size(world.outbox) < max,
      "hold.notYetHeld": (world) => world.holds[request] === null,
      "hold.notInOutbox": (world) => world.outbox[request] === null,
      "key.withinLimit": (world) => {
        const spent = world.keySpend[period] ?? null;
        return limit === undefined || spent === null || spent <= limit - amount;
      },
    },
    effect: (world) => {
      if (world.suspended === 1) world.breach = breachOf("6: held on a suspended account");
      if (world.revoked === 1) world.breach = breachOf("6: held with a revoked key");
      world.available -= amount;
      world.holds[request] = hold;
      if (protocol.scenario.stamped) world.stamps[request] = world.sequence;
      addKeySpend(world, period, amount);
    },
  }));
}

/** SETTLE: charges `cost`, which the hold covers, and gives the rest of the hold back. */
export function settleWrite(protocol: Protocol, hold: Hold, stamp: number): Write {
  const { cost } = planOf(protocol, hold.request);
  return conditionalWrite(protocol, "settle", [hold.code, stamp], () => ({
    name: `SETTLE ${show(hold)} cost ${cost}`,
    conditions: { "settle.holdStringMatches": stillHeld(hold, stamp) },
    effect: (world) => {
      end(protocol, world, hold, { outcome: "settled", charge: cost, writeOff: 0, back: hold.amount - cost });
      if (protocol.keeps("key.settleGivesBack")) spendBack(protocol, world, hold, hold.amount - cost);
    },
  }));
}

/** SETTLE, over (1): the cost is more than the hold, and the excess comes out of available. */
export function takeExcessWrite(protocol: Protocol, hold: Hold, stamp: number): Write {
  const { cost } = planOf(protocol, hold.request);
  const excess = cost - hold.amount;
  return conditionalWrite(protocol, "takeExcess", [hold.code, stamp], () => ({
    name: `SETTLE over (1) ${show(hold)} cost ${cost}`,
    conditions: {
      "over.holdStringMatches1": stillHeld(hold, stamp),
      "over.availableCoversExcess": (world) => world.available >= excess,
    },
    effect: (world) => {
      end(protocol, world, hold, { outcome: "settled", charge: cost, writeOff: 0, back: -excess });
      if (protocol.keeps("key.overrunAdds")) spendBack(protocol, world, hold, -excess);
    },
  }));
}

/** SETTLE, over (2): available does not cover the excess; take all there is, the rest is written off. */
export function takeAllWrite(protocol: Protocol, hold: Hold, stamp: number, seen: number): Write {
  const charge = hold.amount + seen;
  const writeOff = planOf(protocol, hold.request).cost - charge;
  return conditionalWrite(protocol, "takeAll", [hold.code, stamp, seen], () => ({
    name: `SETTLE over (2) ${show(hold)} and all ${seen} available, write off ${writeOff}`,
    conditions: {
      "over.holdStringMatches2": stillHeld(hold, stamp),
      "over.availableAsSeen": (world) => world.available === seen,
    },
    effect: (world) => {
      world.available = 0;
      end(protocol, world, hold, { outcome: "settled", charge, writeOff, back: 0 });
      if (protocol.keeps("key.overrunAdds")) spendBack(protocol, world, hold, -seen);
    },
  }));
}

/** SETTLE, over (3): available would not stand still; charge the hold, the rest is written off. */
export function chargeHoldWrite(protocol: Protocol, hold: Hold, stamp: number): Write {
  const writeOff = planOf(protocol, hold.request).cost - hold.amount;
  return conditionalWrite(protocol, "chargeHold", [hold.code, stamp], () => ({
    name: `SETTLE over (3) ${show(hold)}, write off ${writeOff}`,
    conditions: { "over.holdStringMatches3": stillHeld(hold, stamp) },
    effect: (world) => {
      end(protocol, world, hold, { outcome: "settled", charge: hold.amount, writeOff, back: 0 });
    },
  }));
}

/** RELEASE: nothing was dispatched, the whole hold goes back and no entry is left. */
export function releaseWrite(protocol: Protocol, hold: Hold, stamp: number): Write {
  return conditionalWrite(protocol, "release", [hold.code, stamp], () => ({
    name: `RELEASE ${show(hold)}`,
    conditions: { "release.holdStringMatches": stillHeld(hold, stamp) },
    effect: (world) => giveBack(protocol, world, hold, "key.releaseGivesBack"),
  }));
}

/** SWEEP, first branch: the Ledger has the entry, so this hold is a late HOLD and goes back whole. */
export function sweepGiveBackWrite(protocol: Protocol, hold: Hold, stamp: number): Write {
  return conditionalWrite(protocol, "sweepGiveBack", [hold.code, stamp], () => ({
    name: `SWEEP give back ${show(hold)}`,
    conditions: { "sweep.giveBackHoldStringMatches": stillHeld(hold, stamp) },
    effect: (world) => giveBack(protocol, world, hold, "key.sweepGiveBackGivesBack"),
  }));
}

/** SWEEP, second branch: nobody ended the request, so it ends here, at zero. */
export function sweepSettleWrite(protocol: Protocol, hold: Hold, stamp: number): Write {
  return conditionalWrite(protocol, "sweepSettle", [hold.code, stamp], () => ({
    name: `SWEEP settle at zero ${show(hold)}`,
    conditions: { "sweep.settleHoldStringMatches": stillHeld(hold, stamp) },
    effect: (world) => {
      end(protocol, world, hold, { outcome: "expired", charge: 0, writeOff: 0, back: hold.amount });
      if (protocol.keeps("key.sweepSettleGivesBack")) spendBack(protocol, world, hold, hold.amount);
    },
  }));
}

/** CREDIT step 3. `part` is what the account can bear of `amount`; `period` is the key's that a late charge belongs to. */
export function creditWrite(
  protocol: Protocol,
  credit: { id: number; amount: number; period: number },
  count: number,
  part: number,
): Write {
  const { id, amount, period } = credit;
  return conditionalWrite(protocol, "credit", [id, count, part, period], () => ({
    name: `CREDIT ${part} of ${amount} as number ${count + 1}`,
    conditions: {
      "credit.countUnchanged": (world) => world.credits === count,
      "credit.availableCoversDebit": (world) => world.available >= -part,
    },
    effect: (world) => {
      world.available += part;
      world.posted += part;
      world.sequence += 1;
      world.credits = count + 1;
      if (protocol.keeps("credit.restToWriteOff")) world.writeOff += part - amount;
      world.outbox[id] = creditEntry(protocol, credit, part);
      if (protocol.keeps("key.lateAdds")) addKeySpend(world, period, -part);
    },
  }));
}

export function creditEntry(
  protocol: Protocol,
  credit: { id: number; amount: number; period: number },
  part: number,
): Entry {
  const { id, amount, period } = credit;
  return entryOf(protocol, {
    id,
    outcome: "credited",
    amount: part,
    writeOff: part - amount,
    period,
    held: 0,
  });
}

/** DRAIN, first half: the Ledger entry. */
export function putWrite(protocol: Protocol, entry: Entry): Write {
  return conditionalWrite(protocol, "put", [entry.code], () => ({
    name: `DRAIN put record ${entry.id + 1}: ${entry.outcome} ${entry.amount}`,
    conditions: { "drain.entryNotThere": (world) => world.ledger[entry.id] === null },
    effect: (world) => {
      if (world.ledger[entry.id] !== null) world.breach = breachOf("9: an entry was written over");
      world.ledger[entry.id] = entry;
    },
  }));
}

/** DRAIN, second half: REMOVE outbox.#r, unconditional. */
export function clearWrite(protocol: Protocol, entry: Entry): Write {
  return conditionalWrite(protocol, "clear", [entry.id], () => ({
    name: `DRAIN clear record ${entry.id + 1}`,
    conditions: {},
    effect: (world) => {
      world.outbox[entry.id] = null;
    },
  }));
}

/** `holds.#r = :hold` (and, with the cure, `stamps.#r = :stamp`). */
function stillHeld(hold: Hold, stamp: number): (world: World) => boolean {
  return (world) => world.holds[hold.request] === hold && world.stamps[hold.request] === stamp;
}

/** What every end of a hold that leaves an entry has in common. `back` is what available moves by. */
function end(
  protocol: Protocol,
  world: World,
  hold: Hold,
  ending: { outcome: "settled" | "expired"; charge: number; writeOff: number; back: number },
): void {
  const { outcome, charge, writeOff, back } = ending;
  world.available += back;
  world.posted -= charge;
  world.sequence += 1;
  if (protocol.keeps("over.restToWriteOff")) world.writeOff += writeOff;
  removeHold(world, hold);
  world.outbox[hold.request] = entryOf(protocol, {
    id: hold.request,
    outcome,
    amount: -charge,
    writeOff,
    period: hold.period,
    held: hold.amount,
  });
}

function giveBack(protocol: Protocol, world: World, hold: Hold, guard: GuardName): void {
  world.available += hold.amount;
  removeHold(world, hold);
  if (protocol.keeps(guard)) spendBack(protocol, world, hold, hold.amount);
}

function removeHold(world: World, hold: Hold): void {
  world.holds[hold.request] = null;
  world.stamps[hold.request] = 0;
}

function spendBack(protocol: Protocol, world: World, hold: Hold, back: number): void {
  if (hold.period < 0) return;
  addKeySpend(world, protocol.keeps("key.periodOfHold") ? hold.period : world.month, -back);
}

function addKeySpend(world: World, period: number, amount: number): void {
  if (period >= 0) world.keySpend[period] = (world.keySpend[period] ?? 0) + amount;
}
