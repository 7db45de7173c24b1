import { decodeOwedSettle } from "../../core/owed-settle.ts";
import type { Ledger } from "../../core/ports.ts";

export interface OwedMessage {
  readonly messageId: string;
  /** What `encodeOwedSettle` wrote. */
  readonly body: string;
}

export interface SettleReport {
  settled: number;
  /** Of those: the hold had expired, and the charge was posted as a late one. */
  late: number;
  readonly failed: { readonly messageId: string; readonly cause: unknown }[];
}

/**
 * SETTLE, later: the same conditional write as at the end of the request. A message that comes twice, or after its settle
 * was applied after all, finds that it is done.
 */
export async function settleOwed(
  ledger: Pick<Ledger, "settle" | "drain">,
  messages: readonly OwedMessage[],
): Promise<SettleReport> {
  const report: SettleReport = { settled: 0, late: 0, failed: [] };
  for (const { messageId, body } of messages) {
    try {
      const { open, costPicoUsd, facts } = decodeOwedSettle(body);
      const { entry, late } = await ledger.settle(open, costPicoUsd, facts);
      if (entry) await ledger.drain(entry);
      report.settled += 1;
      if (late) report.late += 1;
    } catch (cause) {
      report.failed.push({ messageId, cause });
    }
  }
  return report;
}
