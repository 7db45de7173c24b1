import type { Account } from "../../../lambda/core/ports.ts";
import type { SweepReport } from "../../../lambda/ledger/sweep.ts";
import type { Bank } from "./bank.ts";
import { type Interruption, Invocation } from "./invocation.ts";

/** Longer than any hold lives: a function's fifteen minutes, and two. */
export const PAST_EXPIRY_MS = 18 * 60_000;
/** A record that is older than a minute is drained by the sweeper. */
export const PAST_STALE_MS = 61_000;
/** Expire, drain, look again: what takes longer than this never ends. */
const SWEEPS = 10;

let sweepers = 0;

/** One invocation of the sweeper, over every account or the given one. */
export async function sweepOnce(
  bank: Bank,
  { accountId, interruption }: { accountId?: string; interruption?: Interruption | undefined } = {},
): Promise<Invocation> {
  const invocation = new Invocation(`sweeper_${++sweepers}`, interruption);
  await invocation.run(() => bank.sweep(accountId === undefined ? undefined : only(bank, accountId)));
  return invocation;
}

/** Time passes until every hold that is open has expired, and the sweeper comes: whoever goes on now settles late. */
export async function oversleep(bank: Bank): Promise<void> {
  bank.clock.advance(PAST_EXPIRY_MS);
  await sweepOnce(bank);
}

/**
 * Time passes and sweepers come by, two at once, and the queue delivers twice at once, until there is nothing to do.
 * @throws Error when they always do.
 */
export async function recover(bank: Bank, accountId?: string): Promise<void> {
  bank.clock.advance(PAST_EXPIRY_MS);
  let reports: readonly SweepReport[] = [];
  let left = 0;
  for (let turn = 1; turn <= SWEEPS; turn++) {
    const some = () => (accountId === undefined ? undefined : only(bank, accountId));
    const settling = Promise.all([bank.settleOwed(), bank.settleOwed()]);
    reports = await Promise.all([bank.sweep(some()), bank.sweep(some())]);
    left = Math.max(...(await settling));
    if (left === 0 && reports.every(foundNothing)) return;
    bank.clock.advance(PAST_STALE_MS);
  }
  throw new Error(`sweepers still find work after ${SWEEPS} turns: ${JSON.stringify({ reports, left })}`);
}

function foundNothing({ expired, givenBack, drained, failed }: SweepReport): boolean {
  return expired + givenBack + drained + failed === 0;
}

async function* only(bank: Bank, accountId: string): AsyncIterable<Account> {
  const account = await bank.directLedger.account(accountId);
  if (account) yield account;
}
