import type { ChargeFacts, Entry } from "../../core/charge.ts";
import { NO_KEY_PERIOD } from "../../core/hold.ts";
import type { PicoUsd } from "../../core/money.ts";
import type { OpenHold, Settled } from "../../core/ports.ts";
import { type LedgerContext, refusedBy } from "./attempts.ts";
import { number, readBigint, readMap, readText, text } from "./attributes.ts";
import { credit } from "./crediting.ts";
import { accountKey, entryRecord } from "./items.ts";
import { findEntry } from "./reading.ts";
import type { AttributeValue, Item, UpdateClauses } from "./store.ts";

/** How one SETTLE moves money. `posted` falls by the charge, `available` rises by `backPicoUsd` (or falls, when negative). */
interface Movement {
  readonly chargePicoUsd: PicoUsd;
  readonly backPicoUsd: PicoUsd;
  readonly writeOffPicoUsd: PicoUsd;
  /** The clause on `available` that makes the movement safe; none when money only comes back. */
  readonly availability: readonly string[];
}

const SEEN_TRIES = 3;

/**
 * SETTLE: the charge is taken and the hold ended in one conditional write. A cost above the hold takes the excess
 * from what is available, as far as it goes; the rest is written off. Whoever comes second finds the first's result.
 */
export async function settle(
  context: LedgerContext,
  open: OpenHold,
  costPicoUsd: PicoUsd,
  facts: ChargeFacts,
): Promise<Settled> {
  const excess = costPicoUsd - open.hold.amountPicoUsd;
  const covered: Movement = {
    chargePicoUsd: costPicoUsd,
    backPicoUsd: -excess,
    writeOffPicoUsd: 0n,
    availability: excess > 0n ? ["#available >= :taken"] : [],
  };
  let outcome = await applySettle(context, open, covered, facts);
  for (let attempt = 1; attempt <= SEEN_TRIES && stillHeld(outcome.item, open); attempt++) {
    outcome = await applySettle(context, open, allThatIsAvailable(open, excess, outcome.item), facts);
  }
  if (stillHeld(outcome.item, open)) {
    outcome = await applySettle(context, open, onlyTheHold(open, excess), facts);
  }
  if (outcome.entry) return { entry: outcome.entry, late: false };
  return settledBefore(context, open, outcome.item, costPicoUsd, facts);
}

/** Overrun, step two: everything that is available besides the hold, named as it was seen. */
function allThatIsAvailable(open: OpenHold, excess: PicoUsd, item: Item | undefined): Movement {
  const seen = readBigint(item ?? {}, "available");
  if (seen >= excess) {
    return {
      chargePicoUsd: open.hold.amountPicoUsd + excess,
      backPicoUsd: -excess,
      writeOffPicoUsd: 0n,
      availability: ["#available >= :taken"],
    };
  }
  return {
    chargePicoUsd: open.hold.amountPicoUsd + seen,
    backPicoUsd: -seen,
    writeOffPicoUsd: excess - seen,
    availability: ["#available = :taken"],
  };
}

/** Overrun, step three: the balance moves too fast to name, so the hold alone pays. */
function onlyTheHold(open: OpenHold, excess: PicoUsd): Movement {
  return {
    chargePicoUsd: open.hold.amountPicoUsd,
    backPicoUsd: 0n,
    writeOffPicoUsd: excess,
    availability: [],
  };
}

interface Applied {
  readonly entry?: Entry;
  /** The account item that refused; undefined when it was applied. */
  readonly item?: Item | undefined;
}

async function applySettle(
  context: LedgerContext,
  open: OpenHold,
  movement: Movement,
  facts: ChargeFacts,
): Promise<Applied> {
  const entry: Entry = {
    accountId: open.accountId,
    entryId: open.requestId,
    type: "charge",
    amountPicoUsd: -movement.chargePicoUsd,
    writeOffPicoUsd: movement.writeOffPicoUsd,
    createdAt: facts.createdAt,
    charge: facts,
  };
  const key = accountKey(open.accountId);
  const clauses = settleClauses(open, movement, entryRecord(entry));
  const refused = await refusedBy(context, key, () =>
    context.store.update(context.tables.accounts, key, clauses),
  );
  return refused ? { item: refused.item } : { entry };
}

function settleClauses(open: OpenHold, movement: Movement, record: Item): UpdateClauses {
  const { backPicoUsd, chargePicoUsd, writeOffPicoUsd, availability } = movement;
  return {
    set: [
      "#available = #available + :back",
      "#posted = #posted - :charge",
      "#sequence = #sequence + :one",
      "#outbox.#request = :record",
      ...(writeOffPicoUsd > 0n ? ["#writeOff = #writeOff + :writeOff"] : []),
      ...keySpendBack(open),
    ],
    remove: ["#holds.#request"],
    condition: ["#holds.#request = :hold", ...availability],
    names: namesOf(open),
    values: {
      ":back": number(backPicoUsd),
      ":taken": number(-backPicoUsd),
      ":charge": number(chargePicoUsd),
      ":writeOff": number(writeOffPicoUsd),
      ":one": number(1),
      ":record": { M: record },
      ":hold": text(open.text),
    },
  };
}

/** The part of the hold that was not spent goes back to the key's period it was counted in. */
function keySpendBack(open: OpenHold): string[] {
  return open.hold.keyPeriod === NO_KEY_PERIOD
    ? []
    : ["#keySpend.#period = if_not_exists(#keySpend.#period, :back) - :back"];
}

function namesOf(open: OpenHold): Record<string, string> {
  return { "#request": open.requestId, "#period": open.hold.keyPeriod };
}

function stillHeld(item: Item | undefined, open: OpenHold): boolean {
  return item !== undefined && readText(readMap(item, "holds"), open.requestId) === open.text;
}

/**
 * The hold is gone. Either this settle was applied before and its answer lost, or the sweeper ended the hold at zero;
 * then the charge is owed still, and is posted as a late one.
 */
async function settledBefore(
  context: LedgerContext,
  open: OpenHold,
  item: Item | undefined,
  costPicoUsd: PicoUsd,
  facts: ChargeFacts,
): Promise<Settled> {
  const found = await findEntry(context, open.accountId, open.requestId, item);
  const expired = found?.charge?.outcome === "expired" && facts.outcome !== "expired";
  // Nothing is owed, so nothing is missing: a late charge of zero would only be noise.
  if (costPicoUsd === 0n || (found && !expired)) return { entry: found, late: expired };
  const entry = await credit(context, {
    accountId: open.accountId,
    creditId: `late_${open.requestId}`,
    type: "late",
    amountPicoUsd: -costPicoUsd,
    createdAt: facts.createdAt,
    charge: facts,
    keyPeriod: open.hold.keyPeriod,
  });
  return { entry, late: true };
}

/** RELEASE: the hold goes back whole. Only for a request that was never dispatched, or whose entry exists already. */
export async function release(context: LedgerContext, open: OpenHold): Promise<void> {
  const key = accountKey(open.accountId);
  const values: Record<string, AttributeValue> = {
    ":back": number(open.hold.amountPicoUsd),
    ":hold": text(open.text),
  };
  // Refused means that it has ended already, which is what we wanted.
  await refusedBy(context, key, () =>
    context.store.update(context.tables.accounts, key, {
      set: ["#available = #available + :back", ...keySpendBack(open)],
      remove: ["#holds.#request"],
      condition: ["#holds.#request = :hold"],
      names: namesOf(open),
      values,
    }),
  );
}

/**
 * SWEEP's step for a hold past its expiry. An entry in the ledger means that the request ended and a delayed HOLD
 * landed after it: the money goes back. Otherwise it ends at zero, leaving an entry that says so.
 */
export async function expire(
  context: LedgerContext,
  open: OpenHold,
  facts: ChargeFacts,
): Promise<"given_back" | "expired"> {
  const { accountId, requestId } = open;
  const entry = await findEntry(context, accountId, requestId, undefined);
  if (entry) {
    await release(context, open);
    return "given_back";
  }
  await settle(context, open, 0n, facts);
  return "expired";
}
