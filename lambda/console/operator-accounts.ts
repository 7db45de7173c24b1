import { createHash } from "node:crypto";
import type { z } from "zod";
import type { AuditAction } from "../core/audit.ts";
import type { Entry } from "../core/charge.ts";
import { CreditConflict, requestedAmount } from "../core/credit-errors.ts";
import { formatUsd } from "../core/money.ts";
import type { Account } from "../core/ports.ts";
import { accountOf, creditsOf, creditView } from "./balance.ts";
import type { Console } from "./console.ts";
import { ConsoleError } from "./errors.ts";
import type { AdjustmentInput, RefundInput, StatusInput } from "./inputs.ts";
import { listKeys } from "./keys.ts";
import type { AccountDetail, AccountRow, AccountsView, AdjustedView } from "./operator-views.ts";
import type { Session } from "./session.ts";
import { membersOf } from "./team.ts";

const MOST_SHOWN = 100;
const CREDITS_SHOWN = 20;

/** Those whose name or id has the text in it, newest first. It reads every account: there is no index of names. */
export async function findAccounts(console: Console, search = ""): Promise<AccountsView> {
  const wanted = search.trim().toLowerCase();
  const found: Account[] = [];
  for await (const account of console.accounts.scan()) {
    // One that was edited by hand into what cannot be read is `ledger verify`'s to tell of.
    if ("problem" in account) continue;
    if (`${account.name}\n${account.accountId}`.toLowerCase().includes(wanted)) found.push(account);
  }
  found.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  return { accounts: found.slice(0, MOST_SHOWN).map(accountRow), has_more: found.length > MOST_SHOWN };
}

export async function accountDetail(console: Console, accountId: string): Promise<AccountDetail> {
  const account = await existing(console, accountId);
  const [keys, members, { credits }] = await Promise.all([
    listKeys(console, accountId, undefined),
    membersOf(console, accountId, undefined),
    creditsOf(console, accountId),
  ]);
  return { ...accountRow(account), keys, members, credits: credits.slice(0, CREDITS_SHOWN) };
}

/** Once for each `adjustment_id`, however often the form is sent. @throws ConsoleError `not_found`, `conflict` */
export async function adjust(
  console: Console,
  operator: Session,
  accountId: string,
  input: z.output<typeof AdjustmentInput>,
): Promise<AdjustedView> {
  await existing(console, accountId);
  const creditId = `adj_${input.adjustment_id}`;
  const amountPicoUsd = input.direction === "credit" ? input.amount : -input.amount;
  const known = await console.ledger.entry(accountId, creditId);
  if (known && requestedAmount(known) !== amountPicoUsd) throw usedBefore(known);
  if (!known) {
    await audit(console, operator, `account.${input.direction}`, accountId, input.reason, {
      id: creditId,
      details: { entry_id: creditId, amount: formatUsd(input.amount) },
    });
  }
  const wanted = {
    accountId,
    creditId,
    type: "adjustment" as const,
    amountPicoUsd,
    createdAt: new Date(console.nowMs()).toISOString(),
    reason: input.reason,
  };
  const entry = await console.ledger.credit(wanted).catch((error: unknown) => {
    // Another form with the same id came between.
    throw error instanceof CreditConflict ? usedBefore(error.existing) : error;
  });
  const account = await existing(console, accountId);
  return { account: accountRow(account), entry: creditView(entry), is_repeated: known !== undefined };
}

function usedBefore(entry: Entry): ConsoleError {
  const message = `${entry.entryId} was used for ${formatUsd(requestedAmount(entry))} USD. Open the form again.`;
  return new ConsoleError("conflict", message);
}

export async function changeStatus(
  console: Console,
  operator: Session,
  accountId: string,
  { status, reason }: z.output<typeof StatusInput>,
): Promise<AccountRow> {
  const before = await existing(console, accountId);
  if (before.status === status) return accountRow(before);
  const action = status === "suspended" ? "account.suspend" : "account.activate";
  await audit(console, operator, action, accountId, reason);
  await console.accounts.setStatus(accountId, status);
  // What was low meanwhile was not filled up: it is told of once more.
  if (status === "active") await console.lowBalances.retell(accountId);
  return accountRow(await existing(console, accountId));
}

export async function refund(
  console: Console,
  operator: Session,
  accountId: string,
  paymentId: string,
  input: z.output<typeof RefundInput>,
): Promise<void> {
  await existing(console, accountId);
  const receipts = await console.payments.receipts(accountId);
  if (!receipts.some((receipt) => receipt.paymentId === paymentId)) {
    throw new ConsoleError("not_found", "This account has no payment with this id.");
  }
  await audit(console, operator, "payment.refund", accountId, input.reason, {
    id: `refund_${input.refund_id}`,
    details: {
      payment_id: paymentId,
      refund_id: input.refund_id,
      amount: input.amount === undefined ? "all that is left" : formatUsd(input.amount),
    },
  });
  await console.payments.refund({
    accountId,
    paymentId,
    creditPicoUsd: input.amount,
    refundId: input.refund_id,
    reason: input.reason,
  });
}

interface AuditedAction {
  /** Of an action that happens once, asked for in the same words; absent: each time is an action of its own. */
  readonly id?: string;
  readonly details?: Readonly<Record<string, string>>;
}

/** Before the action: what is done and was not written down cannot happen. */
export async function audit(
  console: Console,
  operator: Session,
  action: AuditAction,
  accountId: string,
  reason: string,
  { id, details = {} }: AuditedAction = {},
): Promise<void> {
  // What a form asks for may differ the second time: after a refusal its amount is corrected.
  const asked = createHash("sha256")
    .update(JSON.stringify([action, reason, details]))
    .digest("hex");
  await console.audit.write({
    id:
      id === undefined
        ? Buffer.from(console.randomBytes(12)).toString("hex")
        : `${accountId} ${id} ${asked.slice(0, 16)}`,
    at: new Date(console.nowMs()).toISOString(),
    subject: operator.subject,
    email: operator.email,
    action,
    accountId,
    reason,
    details,
  });
}

const ACCOUNT_ID = /^acct_\w{1,64}$/;

async function existing(console: Console, accountId: string): Promise<Account> {
  if (!ACCOUNT_ID.test(accountId)) throw new ConsoleError("not_found", "There is no such account.");
  return accountOf(console, accountId);
}

function accountRow(account: Account): AccountRow {
  return {
    account_id: account.accountId,
    name: account.name,
    status: account.status,
    available: formatUsd(account.availablePicoUsd),
    on_hold: formatUsd(account.postedPicoUsd - account.availablePicoUsd),
    posted: formatUsd(account.postedPicoUsd),
    write_off: formatUsd(account.writeOffPicoUsd),
    created_at: account.createdAt,
  };
}
