import { z } from "zod";
import type { Account, ObjectStore } from "../core/ports.ts";
import { doneKey, stateKey } from "../core/report/object-keys.ts";
import type { Period } from "../core/report/period.ts";

/** What a run knew of an account when it reported on it. */
const AccountState = z.object({
  sequence: z.int(),
  /** Nothing was on its way to the ledger. */
  drained: z.boolean(),
  checkedAtMs: z.int(),
  /** Nothing can be missing: see `isSettled`. */
  settled: z.boolean(),
  /** Its line in the summary; null when it did nothing in the period. */
  row: z.array(z.string()).nullable(),
});
export type AccountState = z.infer<typeof AccountState>;

const RunState = z.object({
  version: z.literal(1),
  startedAtMs: z.int(),
  /** The period was not over. */
  partial: z.boolean(),
  complete: z.boolean(),
  accounts: z.record(z.string(), AccountState),
});
type StoredState = z.infer<typeof RunState>;

/** The last run over a period, as it is kept beside the reports. Losing it costs a run, never a figure. */
export interface RunState extends Omit<StoredState, "version" | "accounts"> {
  readonly accounts: Map<string, AccountState>;
}

export async function readState(objects: ObjectStore, period: Period): Promise<RunState | undefined> {
  const bytes = await objects.get(stateKey(period));
  const state = bytes && RunState.safeParse(JSON.parse(new TextDecoder().decode(bytes))).data;
  return state && { ...state, accounts: new Map(Object.entries(state.accounts)) };
}

export async function writeState(objects: ObjectStore, period: Period, state: RunState): Promise<void> {
  const stored: StoredState = { version: 1, ...state, accounts: Object.fromEntries(state.accounts) };
  await objects.put(
    stateKey(period),
    new TextEncoder().encode(`${JSON.stringify(stored)}\n`),
    "application/json",
  );
}

export async function markDone(objects: ObjectStore, period: Period, nowMs: number): Promise<void> {
  const at = new Date(nowMs).toISOString();
  await objects.put(doneKey(period), new TextEncoder().encode(`${at}\n`), "text/plain");
}

/** When a run over the finished period last ended well; undefined when none has. */
export async function doneAtMs(objects: ObjectStore, period: Period): Promise<number | undefined> {
  const bytes = await objects.get(doneKey(period));
  return bytes && Date.parse(new TextDecoder().decode(bytes).trim());
}

/** The ledger's index shows an entry within about a second of its being put; this is long enough without doubt. */
const INDEX_LAG_MS = 5 * 60_000;

/**
 * Whether an account's report of a period that is over can miss nothing. Every write of a record moves `sequence`. If
 * it stands where an earlier run found it, with nothing on its way to the ledger then, all there is was put before that
 * run, and by now the index has shown it.
 */
export function isSettled(account: Account, earlier: AccountState | undefined, nowMs: number): boolean {
  return (
    earlier?.drained === true &&
    earlier.sequence === account.sequence &&
    earlier.checkedAtMs + INDEX_LAG_MS <= nowMs
  );
}
