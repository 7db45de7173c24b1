import type { Entry } from "./charge.ts";
import { decodeHold } from "./hold.ts";
import { formatUsd, type PicoUsd } from "./money.ts";
import type { Account } from "./ports.ts";

/** One of the ledger's invariants 1-5 (design section 3) that does not hold for an account. */
export interface Violation {
  readonly accountId: string;
  readonly invariant: 1 | 2 | 3 | 4 | 5;
  /** What is wrong, in a sentence. */
  readonly problem: string;
  /** The figures that say so; money in USD. */
  readonly evidence: Readonly<Record<string, string>>;
}

/** What of an account is judged. */
export type Balance = Pick<
  Account,
  "accountId" | "availablePicoUsd" | "postedPicoUsd" | "sequence" | "holds" | "outbox"
>;

/** One account as it stands in live tables. Both must be consistent reads. */
export interface AccountReader {
  account(): Promise<Balance | undefined>;
  /** Every entry of the account in the ledger, one way round or the other. */
  entries(order: { newestFirst: boolean }): AsyncIterable<Entry>;
}

export interface Verdict {
  readonly violations: readonly Violation[];
  /** Records compared with the balance: entries in the ledger and those still in the outbox. */
  readonly records: number;
  /** False when traffic never let invariants 3 and 5 be judged; 1, 2 and 4 always are. */
  readonly decided: boolean;
}

const PASSES = 10;

/**
 * Checks one account while traffic runs, without false alarms. Balance, holds and outbox are one item, read at one
 * instant, which decides invariants 1, 2 and 4. The ledger takes time to read, and records move into it meanwhile.
 * But the write that brings a record moves `sequence` and `posted` with it, so the surplus (records less `sequence`)
 * is the same at every instant, whatever the traffic, and each pass bounds it from both sides:
 *
 *     read the account `before`  ->  read all entries  ->  read the account `after`
 *
 * Whatever was recorded by `before` is in its outbox or among the entries, as nothing leaves the ledger: together
 * they are at least its records. Whatever is among the entries or in the outbox of `after` was recorded by `after`:
 * together they are at most its records. Where the two bounds meet, both have counted exactly the records of their
 * instant, and the sum can be compared with `posted`. Without traffic they meet at once; else more passes narrow
 * them, by turns with the newest entries first (which keeps latecomers out of the upper bound) and last (which lets
 * the lower bound see them).
 *
 * @returns undefined when there is no such account.
 */
export async function verifyAccount(reader: AccountReader): Promise<Verdict | undefined> {
  let bounds: Bounds | undefined;
  const violations: Violation[] = [];
  for (let number = 1; number <= PASSES; number++) {
    const pass = await readPass(reader, { newestFirst: number % 2 === 1 });
    if (!pass) return undefined;
    if (number === 1) violations.push(...balanceViolations(pass.before), ...pass.conflicts);
    bounds = narrowed(bounds, boundsOf(pass));
    const { atMost, atLeast } = bounds;
    if (atMost.surplus <= atLeast.surplus) {
      violations.push(...sumViolation(atMost), ...countViolation(atMost));
      return { violations, records: atMost.records, decided: true };
    }
  }
  const proof = bounds && proofOfMiscount(bounds);
  if (proof) violations.push(...countViolation(proof));
  return { violations, records: bounds?.atMost.records ?? 0, decided: proof !== undefined };
}

// --- one read of the account ----------------------------------------------------------------------------------

function balanceViolations(account: Balance): Violation[] {
  const { accountId, availablePicoUsd, postedPicoUsd } = account;
  const holds = [...account.holds].map(([id, text]) => ({ id, text, amountPicoUsd: holdAmount(text) }));
  const heldPicoUsd = holds.reduce((sum, { amountPicoUsd = 0n }) => sum + amountPicoUsd, 0n);
  const unreadable = holds.filter((hold) => hold.amountPicoUsd === undefined);
  const evidence = { available: formatUsd(availablePicoUsd), posted: formatUsd(postedPicoUsd) };
  const violations: Violation[] = [];
  if (availablePicoUsd < 0n) {
    violations.push({ accountId, invariant: 1, problem: "available is below zero", evidence });
  }
  if (postedPicoUsd - availablePicoUsd !== heldPicoUsd || unreadable.length > 0) {
    violations.push({
      accountId,
      invariant: 2,
      problem: "posted less available is not the sum of the open holds",
      evidence: {
        ...evidence,
        held: formatUsd(heldPicoUsd),
        holds: String(holds.length),
        ...Object.fromEntries(unreadable.map(({ id, text }) => [`unreadable ${id}`, text])),
      },
    });
  }
  return violations;
}

/** Undefined for a string that is not a hold. */
function holdAmount(text: string): PicoUsd | undefined {
  try {
    return decodeHold(text).amountPicoUsd;
  } catch {
    return undefined;
  }
}

// --- the account against its ledger ---------------------------------------------------------------------------

interface Pass {
  readonly before: Balance;
  readonly after: Balance;
  readonly entryIds: ReadonlySet<string>;
  readonly entriesPicoUsd: PicoUsd;
  readonly conflicts: readonly Violation[];
}

/** Only ids and a sum are kept of the entries: an account may have millions. */
async function readPass(reader: AccountReader, order: { newestFirst: boolean }): Promise<Pass | undefined> {
  const before = await reader.account();
  if (!before) return undefined;
  const entryIds = new Set<string>();
  let entriesPicoUsd: PicoUsd = 0n;
  const conflicts: Violation[] = [];
  for await (const entry of reader.entries(order)) {
    entryIds.add(entry.entryId);
    entriesPicoUsd += entry.amountPicoUsd;
    const record = before.outbox.get(entry.entryId);
    if (record && !isSame(record, entry)) conflicts.push(conflict(record, entry));
  }
  const after = await reader.account();
  return after && { before, after, entryIds, entriesPicoUsd, conflicts };
}

/** On its way from outbox to ledger a record is in both for a moment, word for word the same. */
function isSame(record: Entry, entry: Entry): boolean {
  return wordsOf(record) === wordsOf(entry);
}

function wordsOf(entry: Entry): string {
  return JSON.stringify(entry, (_, value: unknown) => (typeof value === "bigint" ? `${value}` : value));
}

function conflict(record: Entry, entry: Entry): Violation {
  return {
    accountId: entry.accountId,
    invariant: 4,
    problem: "the outbox and the ledger have different records of one id",
    evidence: { entry_id: entry.entryId, outbox: wordsOf(record), ledger: wordsOf(entry) },
  };
}

/** The account at one instant beside the records found for it. */
interface Comparison {
  readonly account: Balance;
  readonly records: number;
  readonly recordsPicoUsd: PicoUsd;
  /** Records found less records written: zero, where all of them and nothing else was found. */
  readonly surplus: number;
}

interface Bounds {
  /** The surplus is at most this one's, … */
  readonly atMost: Comparison;
  /** … and at least this one's. */
  readonly atLeast: Comparison;
}

function boundsOf(pass: Pass): Bounds {
  return { atMost: compare(pass.before, pass), atLeast: compare(pass.after, pass) };
}

function compare(account: Balance, { entryIds, entriesPicoUsd }: Pass): Comparison {
  const waiting = [...account.outbox.values()].filter(({ entryId }) => !entryIds.has(entryId));
  const records = entryIds.size + waiting.length;
  return {
    account,
    records,
    recordsPicoUsd: waiting.reduce((sum, { amountPicoUsd }) => sum + amountPicoUsd, entriesPicoUsd),
    surplus: records - account.sequence,
  };
}

function narrowed(known: Bounds | undefined, found: Bounds): Bounds {
  if (!known) return found;
  return {
    atMost: found.atMost.surplus < known.atMost.surplus ? found.atMost : known.atMost,
    atLeast: found.atLeast.surplus > known.atLeast.surplus ? found.atLeast : known.atLeast,
  };
}

/** Even the most there can be is too few, or the least too many: that much is certain though the bounds never met. */
function proofOfMiscount({ atMost, atLeast }: Bounds): Comparison | undefined {
  if (atMost.surplus < 0) return atMost;
  return atLeast.surplus > 0 ? atLeast : undefined;
}

function sumViolation({ account, records, recordsPicoUsd }: Comparison): Violation[] {
  if (account.postedPicoUsd === recordsPicoUsd) return [];
  return [
    {
      accountId: account.accountId,
      invariant: 3,
      problem: "posted is not the sum of the entries and outbox records",
      evidence: {
        posted: formatUsd(account.postedPicoUsd),
        sum: formatUsd(recordsPicoUsd),
        records: String(records),
      },
    },
  ];
}

function countViolation({ account, records, surplus }: Comparison): Violation[] {
  if (surplus === 0) return [];
  return [
    {
      accountId: account.accountId,
      invariant: 5,
      problem: "sequence is not the number of entries and outbox records",
      evidence: {
        sequence: String(account.sequence),
        records: String(records),
        in_outbox: String(account.outbox.size),
      },
    },
  ];
}
