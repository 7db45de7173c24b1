import { randomBytes } from "node:crypto";
import type { Command } from "commander";
import { StoreError } from "../../lambda/adapters/dynamodb/store.ts";
import { newId } from "../../lambda/core/keys.ts";
import { DEFAULT_LOW_BALANCE_PICO_USD } from "../../lambda/core/low-balance.ts";
import { formatUsd, type PicoUsd } from "../../lambda/core/money.ts";
import type { AccountStatus } from "../../lambda/core/ports.ts";
import { accountView } from "../../lambda/core/views.ts";
import { addAdjustments } from "./adjustments.ts";
import { shortText, usdOrZero } from "./argument-values.ts";
import { Failure, noSuchAccount, sentenceOf } from "./failures.ts";
import { facts, table, timeText } from "./output.ts";
import { type Answer, existingAccount, type Session } from "./session.ts";

export function addAccounts(program: Command, session: Session): void {
  const { answers } = session;
  const accounts = program.command("accounts").description("balances: create, look at, credit, suspend");
  accounts
    .command("create")
    .description("make a new account")
    .requiredOption("--name <name>", "whose it is", shortText)
    .option("--credit <usd>", "its first credit", usdOrZero, 0n)
    .action(answers((options: { name: string; credit: PicoUsd }) => create(session, options)));
  accounts
    .command("list")
    .description("show every account with its balance")
    .action(answers(() => list(session)));
  accounts
    .command("show <account>")
    .description("show one account's balance")
    .action(answers((accountId: string) => show(session, accountId)));
  addAdjustments(accounts, session);
  accounts
    .command("low-balance <account> <usd>")
    .description('tell of its balance when it falls below this; "default" is 5 USD')
    .action(
      answers((accountId: string, amount: string) =>
        setThreshold(session, accountId, amount === "default" ? undefined : usdOrZero(amount)),
      ),
    );
  accounts
    .command("suspend <account>")
    .description("refuse its requests from now on")
    .action(answers((accountId: string) => setStatus(session, accountId, "suspended")));
  accounts
    .command("resume <account>")
    .description("take its requests again")
    .action(answers((accountId: string) => setStatus(session, accountId, "active")));
}

async function create(session: Session, options: { name: string; credit: PicoUsd }): Promise<Answer> {
  const stores = await session.stores();
  const accountId = newId("acct_", randomBytes(16));
  const createdAt = new Date(session.io.nowMs()).toISOString();
  await stores.accounts.create({ accountId, name: options.name, createdAt });
  if (options.credit > 0n) {
    const credit = {
      accountId,
      creditId: newId("adj_", randomBytes(16)),
      type: "adjustment" as const,
      amountPicoUsd: options.credit,
      createdAt,
      reason: "initial credit",
    };
    await stores.ledger.credit(credit).catch((cause: unknown) => {
      throw new Failure(
        `${accountId} was created, and whether its credit arrived is unknown (${sentenceOf(cause)}); ` +
          `repeat it safely: accounts credit ${accountId} ${formatUsd(options.credit)} --reason "initial credit" --id ${credit.creditId}`,
      );
    });
  }
  const account = await existingAccount(stores, accountId);
  return {
    json: accountView(account),
    text:
      `Created ${accountId} (${account.name}) with ${formatUsd(account.availablePicoUsd)} USD.\n` +
      `Make a key for it: keys create ${accountId} --name NAME`,
  };
}

async function list(session: Session): Promise<Answer> {
  const { accounts } = await session.stores();
  const found = (await Array.fromAsync(accounts.all())).sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
  const views = found.map((account) => ({
    ...accountView(account),
    name: account.name,
    created_at: account.createdAt,
  }));
  const rows = views.map((view) => [
    view.account_id,
    view.name,
    view.status,
    view.available,
    view.held,
    view.posted,
    timeText(view.created_at),
  ]);
  const heads = ["ACCOUNT", "NAME", "STATUS", ">AVAILABLE", ">HELD", ">POSTED", "CREATED (UTC)"];
  return {
    json: views,
    text: rows.length > 0 ? table(heads, rows) : "There is no account yet: accounts create --name NAME",
  };
}

async function show(session: Session, accountId: string): Promise<Answer> {
  const account = await existingAccount(await session.stores(), accountId);
  const view = accountView(account);
  return {
    json: view,
    text: facts({
      Account: accountId,
      Name: account.name,
      Status: view.status,
      Available: `${view.available} USD`,
      Held: `${view.held} USD (${account.holds.size} open requests)`,
      Posted: `${view.posted} USD`,
      "Written off": `${formatUsd(account.writeOffPicoUsd)} USD`,
      Created: `${timeText(account.createdAt)} UTC`,
    }),
  };
}

/** @param threshold undefined: the default again. */
async function setThreshold(
  session: Session,
  accountId: string,
  threshold: PicoUsd | undefined,
): Promise<Answer> {
  const { lowBalances } = await session.stores();
  if (!(await lowBalances.setThreshold(accountId, threshold))) throw noSuchAccount(accountId);
  const usd = formatUsd(threshold ?? DEFAULT_LOW_BALANCE_PICO_USD);
  return {
    json: { account_id: accountId, low_balance_threshold: usd, is_default: threshold === undefined },
    text: `${accountId} is told of when its balance falls below ${usd} USD.`,
  };
}

async function setStatus(session: Session, accountId: string, status: AccountStatus): Promise<Answer> {
  const stores = await session.stores();
  await stores.accounts.setStatus(accountId, status).catch((error: unknown) => {
    const missing = error instanceof StoreError && error.failure === "condition_failed";
    throw missing ? noSuchAccount(accountId) : error;
  });
  const account = await existingAccount(stores, accountId);
  return {
    json: accountView(account),
    text:
      status === "suspended"
        ? `Suspended ${accountId}: its next request is refused; open ones end as usual.`
        : `Resumed ${accountId}: its requests are taken again.`,
  };
}
