import type { Entry } from "../core/charge.ts";
import { formatUsd, type PicoUsd } from "../core/money.ts";
import type { Account } from "../core/ports.ts";
import type { Console } from "./console.ts";
import { ConsoleError } from "./errors.ts";
import type { BalanceView, CreditsView, CreditView, StartView } from "./views.ts";

/** @throws ConsoleError `not_found` when the account is gone: its table was edited by hand. */
export async function accountOf({ ledger }: Pick<Console, "ledger">, accountId: string): Promise<Account> {
  const account = await ledger.account(accountId);
  if (!account) throw new ConsoleError("not_found", "There is no such account.");
  return account;
}

export async function balanceOf(console: Console, accountId: string): Promise<BalanceView> {
  const [account, watched] = await Promise.all([
    accountOf(console, accountId),
    console.lowBalances.read(accountId),
  ]);
  const threshold = watched?.thresholdPicoUsd ?? 0n;
  return {
    currency: "USD",
    available: formatUsd(account.availablePicoUsd),
    on_hold: formatUsd(account.postedPicoUsd - account.availablePicoUsd),
    posted: formatUsd(account.postedPicoUsd),
    status: account.status,
    open_requests: account.holds.size,
    low_balance: {
      threshold: formatUsd(threshold),
      is_default: watched?.isDefaultThreshold ?? true,
      is_low: account.postedPicoUsd < threshold,
    },
  };
}

/** @param thresholdPicoUsd null: the default again. */
export async function setThreshold(
  console: Console,
  accountId: string,
  thresholdPicoUsd: PicoUsd | null,
): Promise<BalanceView> {
  await console.lowBalances.setThreshold(accountId, thresholdPicoUsd ?? undefined);
  return balanceOf(console, accountId);
}

const CREDITS_A_PAGE = 50;

/** Newest first. @param cursor an earlier page's `next`. */
export async function creditsOf(console: Console, accountId: string, cursor?: string): Promise<CreditsView> {
  // Before the ledger: a record that moves meanwhile is found in one of them, or in both.
  const { outbox } = await accountOf(console, accountId);
  const entries = new Map<string, Entry>([...outbox].filter(([, entry]) => !entry.charge));
  for await (const entry of console.accounts.credits(accountId)) entries.set(entry.entryId, entry);
  const sorted = [...entries.values()]
    .map((entry) => ({ entry, place: `${entry.createdAt}~${entry.entryId}` }))
    .sort((a, b) => (a.place < b.place ? 1 : -1))
    .filter(({ place }) => cursor === undefined || place < cursor);
  const page = sorted.slice(0, CREDITS_A_PAGE);
  return {
    credits: page.map(({ entry }) => creditView(entry)),
    next: sorted.length > CREDITS_A_PAGE ? (page.at(-1)?.place ?? null) : null,
  };
}

export function creditView(entry: Entry): CreditView {
  return {
    entry_id: entry.entryId,
    type: entry.type === "topup" || entry.type === "refund" ? entry.type : "adjustment",
    amount: formatUsd(entry.amountPicoUsd),
    write_off: formatUsd(entry.writeOffPicoUsd),
    created_at: entry.createdAt,
    reason: entry.reason ?? null,
  };
}

/** An account that has only ever been topped up so often has seen no request. */
const MOST_ENTRIES_READ = 200;

export async function startOf(console: Console, accountId: string): Promise<StartView> {
  const { settings, catalog, keys } = console;
  const account = await accountOf(console, accountId);
  const [model = ""] = catalog.models.keys();
  const hasKey = (await Array.fromAsync(keys.list(accountId))).some(({ status }) => status === "active");
  const charge = await aCharge(console, account);
  return {
    base_url: settings.baseUrl,
    model,
    has_key: hasKey,
    first_request: charge?.charge
      ? { request_id: charge.charge.requestId, model: charge.charge.model, at: charge.createdAt }
      : null,
  };
}

async function aCharge(console: Console, account: Account): Promise<Entry | undefined> {
  for (const entry of account.outbox.values()) if (entry.charge) return entry;
  let read = 0;
  const now = new Date(console.nowMs()).toISOString();
  for await (const entry of console.accounts.newestEntries(account.accountId, now)) {
    if (entry.charge) return entry;
    read += 1;
    if (read >= MOST_ENTRIES_READ) return undefined;
  }
  return undefined;
}
