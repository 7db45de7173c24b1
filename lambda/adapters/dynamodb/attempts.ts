import { type Item, type Store, StoreError } from "./store.ts";

/** What the ledger's operations share. Clock, pauses and attempt names come from outside, so tests decide them. */
export interface LedgerContext {
  readonly store: Store;
  readonly tables: { readonly accounts: string; readonly ledger: string };
  readonly nowMs: () => number;
  readonly pause: (milliseconds: number) => Promise<void>;
  /** A name no other try has: 36 bits of randomness are plenty within one request id. */
  readonly newAttempt: () => string;
}

const TRIES = 6;
const FIRST_PAUSE_MS = 25;

/**
 * Repeats a read, or a write that is safe to repeat (its condition names what it replaces), while its answer is lost or
 * throttled, doubling the pause: 25, 50, … 400 ms, under a second in all.
 * @throws StoreError the last failure, or at once a false condition.
 */
export async function repeated<T>(
  context: Pick<LedgerContext, "pause">,
  write: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof StoreError) || error.failure === "condition_failed") throw error;
      if (attempt === TRIES) throw error;
      await context.pause(FIRST_PAUSE_MS * 2 ** (attempt - 1));
    }
  }
}

/**
 * Runs a conditional write.
 * @returns undefined when it was applied; when its condition was false, the item as it was then (or, where the
 * store doesn't return it, as it is now), itself undefined where there is no such item.
 */
export async function refusedBy(
  context: LedgerContext,
  key: Item,
  write: () => Promise<unknown>,
): Promise<{ item: Item | undefined } | undefined> {
  try {
    await repeated(context, write);
    return undefined;
  } catch (error) {
    if (!(error instanceof StoreError) || error.failure !== "condition_failed") throw error;
    const item =
      error.item ??
      (await repeated(context, () => context.store.get(context.tables.accounts, key, { consistent: true })));
    return { item };
  }
}
