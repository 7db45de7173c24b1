import { isRecord } from "../../core/is-record.ts";
import type { Low } from "../../core/payments-auto-top-up.ts";

/** Which crossing a `balance.low` event tells of: its id is `low_<account>_<sequence>`. Undefined for what is none. */
export function lowOf(detail: unknown): Low | undefined {
  if (!isRecord(detail)) return undefined;
  const { account_id: accountId, event_id: eventId } = detail;
  if (typeof accountId !== "string" || typeof eventId !== "string") return undefined;
  const prefix = `low_${accountId}_`;
  const sequence = eventId.startsWith(prefix) ? eventId.slice(prefix.length) : "";
  return /^\d{1,15}$/.test(sequence) ? { accountId, sequence: Number(sequence) } : undefined;
}
