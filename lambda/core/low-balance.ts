import type { BusEvent } from "./events.ts";
import { EVENT_VERSION } from "./events.ts";
import type { PicoUsd } from "./money.ts";

/** 5 USD: where an account has no threshold of its own. */
export const DEFAULT_LOW_BALANCE_PICO_USD: PicoUsd = 5_000_000_000_000n;

/** A balance that was found below its threshold, as it is written down on the account. */
export interface Crossing {
  /** Of the account at that moment: a later crossing has a higher one. */
  readonly sequence: number;
  readonly postedPicoUsd: PicoUsd;
  readonly thresholdPicoUsd: PicoUsd;
  /** ISO 8601 with milliseconds, UTC. */
  readonly at: string;
  /** The bus has taken its event. */
  readonly told: boolean;
}

export interface WatchedBalance {
  readonly postedPicoUsd: PicoUsd;
  readonly isSuspended: boolean;
  readonly thresholdPicoUsd: PicoUsd;
  /** The account has no threshold of its own. */
  readonly isDefaultThreshold: boolean;
  /** Absent while the balance is, or was last seen, at or above the threshold. */
  readonly crossing: Crossing | undefined;
}

/** What is remembered of crossings. Each write is conditional, so of several at once one comes first. */
export interface LowBalances {
  /** Undefined when there is no such account. */
  read(accountId: string): Promise<WatchedBalance | undefined>;
  /** Writes down a crossing. @returns false when the balance is not below, or a crossing is written down already. */
  cross(accountId: string, thresholdPicoUsd: PicoUsd, at: string): Promise<boolean>;
  /** Undefined: the default again. @returns false when there is no such account. */
  setThreshold(accountId: string, thresholdPicoUsd: PicoUsd | undefined): Promise<boolean>;
  markTold(accountId: string, sequence: number): Promise<void>;
  /** Forgets the crossing when the balance is back, so that the next one is told of. */
  rearm(accountId: string, sequence: number, thresholdPicoUsd: PicoUsd): Promise<void>;
  /** Forgets the crossing whatever the balance is, so that a balance which is low is told of once more. */
  retell(accountId: string): Promise<void>;
}

/** The same event, id and all, however often the same crossing is told of. */
export function balanceLowEvent(accountId: string, crossing: Crossing): BusEvent {
  const detail = {
    version: EVENT_VERSION,
    event_id: `low_${accountId}_${crossing.sequence}`,
    account_id: accountId,
    posted_pico_usd: String(crossing.postedPicoUsd),
    threshold_pico_usd: String(crossing.thresholdPicoUsd),
    created_at: crossing.at,
  };
  return { type: "balance.low", detail };
}
