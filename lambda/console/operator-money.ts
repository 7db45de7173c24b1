import type { z } from "zod";
import type { Resolution } from "../core/audit.ts";
import type { ChargeFacts, Entry } from "../core/charge.ts";
import type { Hold } from "../core/hold.ts";
import { formatUsd } from "../core/money.ts";
import { decodeOpenHold } from "../core/open-hold.ts";
import type { RollupRow } from "../core/rollup.ts";
import type { Console } from "./console.ts";
import { ConsoleError } from "./errors.ts";
import type { ResolutionInput } from "./inputs.ts";
import { audit } from "./operator-accounts.ts";
import type {
  ExpiredHoldsView,
  RevenueDay,
  RevenueView,
  SuspenseListView,
  SuspenseView,
  UnsettledView,
} from "./operator-views.ts";
import { pageOf, readPlace } from "./places.ts";
import { daysOf, forEachDay } from "./recent-usage.ts";
import type { Session } from "./session.ts";
import { readRange } from "./usage.ts";

const MOST_DAYS = 92;
const PAGE = 50;

/** What all accounts were charged, and what providers ask for the same, from the rollups. */
export async function revenueOf(
  console: Console,
  range: { from?: string | undefined; to?: string | undefined },
): Promise<RevenueView> {
  const { from, to } = readRange(range, console.nowMs(), MOST_DAYS);
  const days = daysOf(from, to);
  const rows = await forEachDay(days, (day) => Array.fromAsync(console.rollups.ofDay(day)));
  return {
    from: from.name,
    to: to.name,
    days: days.map((day, index) => ({ day, ...sumOf(rows[index] ?? []) })),
    total: sumOf(rows.flat()),
  };
}

function sumOf(rows: readonly RollupRow[]): Omit<RevenueDay, "day"> {
  const revenue = rows.reduce((sum, row) => sum + row.costPicoUsd, 0n);
  const upstreamCost = rows.reduce((sum, row) => sum + row.upstreamCostPicoUsd, 0n);
  return {
    requests: rows.reduce((sum, row) => sum + row.requests, 0),
    failures: rows.reduce((sum, row) => sum + row.failures, 0),
    revenue: formatUsd(revenue),
    upstream_cost: formatUsd(upstreamCost),
    margin: formatUsd(revenue - upstreamCost),
  };
}

/** Holds that the sweeper has ended, newest first; on the first page before them those it is late to end. */
export async function expiredHolds(console: Console, cursor: string | undefined): Promise<ExpiredHoldsView> {
  const overdue = cursor === undefined ? await overdueHolds(console) : [];
  const place = readPlace(cursor, console.nowMs());
  const entries = console.accounts.needingAttention("expired", place.at);
  const { views, next } = await pageOf(entries, place, PAGE, async (entry) => unsettledView(entry));
  return { holds: [...overdue, ...views], next };
}

async function overdueHolds(console: Console): Promise<UnsettledView[]> {
  const overdue: UnsettledView[] = [];
  for await (const account of console.accounts.scan()) {
    if ("problem" in account) continue;
    for (const [requestId, text] of account.holds) {
      const hold = readableHold(account.accountId, requestId, text);
      if (!hold || hold.expiresAtMs > console.nowMs()) continue;
      overdue.push({
        account_id: account.accountId,
        request_id: requestId,
        key_id: hold.keyId,
        model: hold.model,
        provider: "",
        is_open: true,
        at: new Date(hold.expiresAtMs).toISOString(),
        amount: formatUsd(hold.amountPicoUsd),
      });
    }
  }
  return overdue;
}

/** One that was edited by hand into what cannot be read is `ledger verify`'s and the sweeper's to tell of. */
function readableHold(accountId: string, requestId: string, text: string): Hold | undefined {
  try {
    return decodeOpenHold(accountId, requestId, text).hold;
  } catch {
    return undefined;
  }
}

/** Requests whose outcome nobody knows, newest first, with what an operator found out about them. */
export async function suspenseEntries(
  console: Console,
  cursor: string | undefined,
): Promise<SuspenseListView> {
  const place = readPlace(cursor, console.nowMs());
  const entries = console.accounts.needingAttention("suspense", place.at);
  const { views, next } = await pageOf(entries, place, PAGE, async (entry) => {
    const view = unsettledView(entry);
    const found = view && (await console.resolutions.find(entry.accountId, view.request_id));
    return view && { ...view, resolution: resolutionView(found) };
  });
  return { entries: views, next };
}

/**
 * Writes down what the provider's bill says. The customer was charged nothing and is not charged now: entries never
 * change.
 * @throws ConsoleError `not_found`, `conflict` when it was resolved in another way before.
 */
export async function resolveSuspense(
  console: Console,
  operator: Session,
  ids: { readonly accountId: string; readonly requestId: string },
  { provider_charged, note }: z.output<typeof ResolutionInput>,
): Promise<SuspenseView> {
  const { accountId, requestId } = ids;
  const isPossible = /^acct_\w{1,64}$/.test(accountId) && /^req_[\w-]{1,64}$/.test(requestId);
  const entry = isPossible ? await console.ledger.entry(accountId, requestId) : undefined;
  const view = entry?.charge?.outcome === "suspense" ? unsettledView(entry) : undefined;
  if (!view) throw new ConsoleError("not_found", "There is no such entry to resolve.");
  const resolution: Resolution = {
    accountId,
    requestId,
    providerChargedPicoUsd: provider_charged,
    note,
    by: operator.email || operator.name,
    at: new Date(console.nowMs()).toISOString(),
  };
  const before = await console.resolutions.find(accountId, requestId);
  if (!before) {
    const details = { request_id: requestId, provider_charged: formatUsd(provider_charged) };
    await audit(console, operator, "suspense.resolve", accountId, note, { id: requestId, details });
    await console.resolutions.write(resolution);
  }
  const now = (await console.resolutions.find(accountId, requestId)) ?? resolution;
  if (now.providerChargedPicoUsd !== provider_charged) {
    throw new ConsoleError("conflict", `${now.by} has resolved this entry already. Load the page again.`);
  }
  return { ...view, resolution: resolutionView(now) };
}

function resolutionView(resolution: Resolution | undefined): SuspenseView["resolution"] {
  return resolution
    ? {
        provider_charged: formatUsd(resolution.providerChargedPicoUsd),
        note: resolution.note,
        by: resolution.by,
        at: resolution.at,
      }
    : null;
}

function unsettledView(entry: Entry): UnsettledView | undefined {
  const { charge } = entry;
  return (
    charge && {
      account_id: entry.accountId,
      request_id: charge.requestId,
      key_id: charge.keyId,
      model: charge.model,
      provider: charge.provider,
      is_open: false,
      at: entry.createdAt,
      amount: formatUsd(amountOf(charge)),
    }
  );
}

function amountOf({ possibleCostPicoUsd, holdPicoUsd }: ChargeFacts): bigint {
  return possibleCostPicoUsd ?? holdPicoUsd ?? 0n;
}
