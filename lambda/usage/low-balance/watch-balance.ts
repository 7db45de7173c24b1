import { balanceLowEvent, type Crossing, type LowBalances } from "../../core/low-balance.ts";
import type { EventBus } from "../../core/ports.ts";

export interface WatchWorld {
  readonly balances: LowBalances;
  readonly bus: EventBus;
  readonly nowMs: () => number;
}

/** Within this time whoever wrote a crossing down is telling of it; after it, it died between the two. */
const TELLING_MS = 60_000;

/**
 * Tells once of each crossing of the account's threshold, and again only after the balance was seen back at or above it.
 *
 * A crossing is written down, then published, then marked as told. Whoever dies in between leaves it unmarked, and its
 * message comes back: then the same event, with the same id, is published again.
 * @throws Error when the event has to come again: the bus did not take it, or another one is telling of it.
 */
export async function watchBalance(world: WatchWorld, accountId: string): Promise<void> {
  const { balances, bus, nowMs } = world;
  const before = await balances.read(accountId);
  if (!before) return;
  const isLow = before.postedPicoUsd < before.thresholdPicoUsd;
  const isOurs =
    isLow &&
    !before.crossing &&
    (await balances.cross(accountId, before.thresholdPicoUsd, new Date(nowMs()).toISOString()));
  const crossing = isOurs ? (await balances.read(accountId))?.crossing : before.crossing;
  if (!crossing) return;
  if (!crossing.told) {
    if (!isOurs && !isOverdue(crossing, nowMs())) throw new Error("another one is telling of this balance");
    const { failed, cause } = await bus.publish([balanceLowEvent(accountId, crossing)]);
    if (failed.length > 0) throw new Error("the bus did not take balance.low", { cause });
    await balances.markTold(accountId, crossing.sequence);
  }
  if (!isLow) await balances.rearm(accountId, crossing.sequence, before.thresholdPicoUsd);
}

function isOverdue({ at }: Crossing, nowMs: number): boolean {
  return nowMs - Date.parse(at) > TELLING_MS;
}
