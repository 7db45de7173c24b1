import { randomBytes } from "node:crypto";
import type { Command } from "commander";
import type { Entry } from "../../lambda/core/charge.ts";
import { newId } from "../../lambda/core/keys.ts";
import { formatUsd, type PicoUsd } from "../../lambda/core/money.ts";
import type { Account } from "../../lambda/core/ports.ts";
import { accountView, entryView } from "../../lambda/core/views.ts";
import { adjustmentId, shortText, usd } from "./argument-values.ts";
import { timeText } from "./output.ts";
import { type Answer, existingAccount, type Session } from "./session.ts";

interface Adjustment {
  readonly reason: string;
  readonly id?: string;
}

/** `accounts credit` and `accounts debit`: what an operator moves by hand, each an entry with its reason. */
export function addAdjustments(accounts: Command, session: Session): void {
  adjustment(accounts, "credit", "add money to a balance").action(
    session.answers((accountId: string, amount: PicoUsd, options: Adjustment) =>
      credit(session, accountId, amount, options),
    ),
  );
  adjustment(
    accounts,
    "debit",
    "take money from a balance; it never falls below zero: what is not there is written off",
  ).action(
    session.answers((accountId: string, amount: PicoUsd, options: Adjustment) =>
      debit(session, accountId, amount, options),
    ),
  );
}

function adjustment(accounts: Command, name: string, description: string): Command {
  return accounts
    .command(name)
    .description(description)
    .argument("<account>")
    .argument("<usd>", "above zero, at most 12 decimals", usd)
    .requiredOption("--reason <text>", "why, for the ledger", shortText)
    .option("--id <id>", `the same id is used once, however often the ${name} is repeated`, adjustmentId);
}

async function credit(
  session: Session,
  accountId: string,
  amount: PicoUsd,
  options: Adjustment,
): Promise<Answer> {
  const { account, entry, repeated } = await adjust(session, accountId, amount, options);
  const available = `${formatUsd(account.availablePicoUsd)} USD are available`;
  return {
    json: accountView(account),
    text:
      repeated ?? `Credited ${formatUsd(amount)} USD to ${accountId}: ${available}. Entry ${entry.entryId}.`,
  };
}

async function debit(
  session: Session,
  accountId: string,
  amount: PicoUsd,
  options: Adjustment,
): Promise<Answer> {
  const { account, entry, repeated } = await adjust(session, accountId, -amount, options);
  const available = `${formatUsd(account.availablePicoUsd)} USD are available`;
  const taken = `Debited ${formatUsd(-entry.amountPicoUsd)} USD from ${accountId}: ${available}.`;
  const writtenOff =
    entry.writeOffPicoUsd > 0n
      ? ` The other ${formatUsd(entry.writeOffPicoUsd)} USD were not there and are written off.`
      : "";
  return {
    // With the entry: only it says how much was there to take.
    json: { ...accountView(account), entry: entryView(entry) },
    text: repeated ?? `${taken}${writtenOff} Entry ${entry.entryId}.`,
  };
}

interface Adjusted {
  readonly account: Account;
  readonly entry: Entry;
  /** Says so, when this id was applied before. */
  readonly repeated: string | undefined;
}

/** @throws CreditConflict, UnknownAccount */
async function adjust(
  session: Session,
  accountId: string,
  amountPicoUsd: PicoUsd,
  { id = newId("adj_", randomBytes(16)), reason }: Adjustment,
): Promise<Adjusted> {
  const stores = await session.stores();
  const createdAt = new Date(session.io.nowMs()).toISOString();
  const entry = await stores.ledger.credit({
    accountId,
    creditId: id,
    type: "adjustment",
    amountPicoUsd,
    createdAt,
    reason,
  });
  const repeated =
    entry.createdAt === createdAt
      ? undefined
      : `${id} was applied at ${timeText(entry.createdAt)} UTC already: nothing was changed.`;
  return { account: await existingAccount(stores, accountId), entry, repeated };
}
