import { decodeOpenHold } from "./open-hold.ts";
import type { Ledger } from "./ports.ts";
import { openRequestView, type RequestView, requestView } from "./views.ts";

/**
 * What one request cost, wherever it is on its way: held, in the outbox, in the ledger, or charged late.
 * The account is read first and the ledger second, as draining moves a record in that direction.
 */
export async function lookUpRequest(
  ledger: Pick<Ledger, "account" | "entry">,
  accountId: string,
  requestId: string,
): Promise<RequestView | undefined> {
  const account = await ledger.account(accountId);
  if (!account) return undefined;
  const held = account.holds.get(requestId);
  if (held !== undefined) return openRequestView(decodeOpenHold(accountId, requestId, held));
  const lateId = `late_${requestId}`;
  const entry =
    account.outbox.get(lateId) ??
    account.outbox.get(requestId) ??
    (await ledger.entry(accountId, lateId)) ??
    (await ledger.entry(accountId, requestId));
  return entry?.charge && requestView(entry, entry.charge);
}
