import { afterAll, beforeAll, expect, test } from "vitest";
import { type CliWorld, startCliWorld } from "./cli-world.ts";

let world: CliWorld;
beforeAll(async () => {
  world = await startCliWorld();
});
afterAll(() => world.close());

async function newAccount(credit = "25"): Promise<string> {
  return (await world.json("accounts", "create", "--name", "acme", "--credit", credit)).account_id;
}

test("a new account has its credit, exactly, as an adjustment with a reason", async () => {
  const account = await world.json("accounts", "create", "--name", "acme", "--credit", "25.000000000001");
  expect(account).toEqual({
    account_id: expect.stringMatching(/^acct_[0-9A-Za-z]{14}$/),
    currency: "USD",
    available: "25.000000000001",
    held: "0.00",
    posted: "25.000000000001",
    status: "active",
  });
  const [entry] = await world.json("ledger", "list", account.account_id);
  expect(entry).toMatchObject({ type: "adjustment", amount: "25.000000000001", reason: "initial credit" });
});

test("a credit of zero, or none, makes an account without an entry", async () => {
  const { account_id } = await world.json("accounts", "create", "--name", "acme", "--credit", "0");
  const without = await world.json("accounts", "create", "--name", "acme");
  expect(without.posted).toBe("0.00");
  expect(await world.json("ledger", "list", account_id)).toEqual([]);
});

test("show and list give the account's shape", async () => {
  const accountId = await newAccount();
  const shown = await world.json("accounts", "show", accountId);
  expect(Object.keys(shown)).toEqual(["account_id", "currency", "available", "held", "posted", "status"]);
  const listed = await world.json("accounts", "list");
  expect(listed).toContainEqual({ ...shown, name: "acme", created_at: expect.any(String) });
});

test("a credit is added, and is given the account's shape", async () => {
  const accountId = await newAccount("1");
  const credited = await world.json(
    "accounts",
    "credit",
    accountId,
    "0.000000000001",
    "--reason",
    "goodwill",
  );
  expect(credited).toEqual(await world.json("accounts", "show", accountId));
  expect(credited.available).toBe("1.000000000001");
});

test("a credit with an id is applied once, and says so the second time", async () => {
  const accountId = await newAccount("0");
  const credit = ["accounts", "credit", accountId, "5", "--reason", "goodwill", "--id", "ticket-7"];
  expect((await world.cli(...credit)).out).toContain("Credited 5.00 USD");
  const again = await world.cli(...credit);
  expect(again).toMatchObject({ exitCode: 0, out: expect.stringContaining("nothing was changed") });
  expect((await world.json("accounts", "show", accountId)).posted).toBe("5.00");
});

test("an id used again with another amount is an error that names both amounts in USD", async () => {
  const accountId = await newAccount("0");
  await world.json("accounts", "credit", accountId, "5", "--reason", "goodwill", "--id", "ticket-8");
  const before = await world.allTables();
  const again = await world.cli(
    "accounts",
    "credit",
    accountId,
    "6",
    "--reason",
    "goodwill",
    "--id",
    "ticket-8",
  );
  expect(again).toMatchObject({ exitCode: 1, out: "" });
  expect(again.err).toMatch(/^error: .*adj_ticket-8.*5\.00 USD.*6\.00 USD.*\n$/);
  expect(await world.allTables()).toBe(before);
});

test("a debit takes money, never below zero, and what is not there is written off and said so", async () => {
  const accountId = await newAccount("3");
  const said = await world.cli("accounts", "debit", accountId, "5", "--reason", "refund");
  expect(said.exitCode).toBe(0);
  expect(said.out).toContain("Debited 3.00 USD");
  expect(said.out).toContain("2.00 USD were not there and are written off");
  expect(await world.json("accounts", "show", accountId)).toMatchObject({
    available: "0.00",
    posted: "0.00",
  });
  const entries = await world.json("ledger", "list", accountId);
  expect(entries).toContainEqual(
    expect.objectContaining({ amount: "-3.00", write_off: "2.00", reason: "refund" }),
  );
});

test("a debit tells machines what was taken", async () => {
  const accountId = await newAccount("3");
  const debited = await world.json("accounts", "debit", accountId, "5", "--reason", "refund");
  expect(debited).toMatchObject({ available: "0.00", entry: { amount: "-3.00", write_off: "2.00" } });
});

test("an account is suspended and resumed", async () => {
  const accountId = await newAccount();
  expect((await world.json("accounts", "suspend", accountId)).status).toBe("suspended");
  expect((await world.json("accounts", "show", accountId)).status).toBe("suspended");
  expect((await world.json("accounts", "resume", accountId)).status).toBe("active");
});

test("an account has a threshold of its own, until it has the default again", async () => {
  const accountId = await newAccount();
  const set = await world.json("accounts", "low-balance", accountId, "20");
  expect(set).toMatchObject({ low_balance_threshold: "20.00", is_default: false });
  const reset = await world.json("accounts", "low-balance", accountId, "default");
  expect(reset).toMatchObject({ low_balance_threshold: "5.00", is_default: true });
  expect((await world.cli("accounts", "low-balance", "acct_none", "20")).err).toContain("acct_none");
});

test("people read tables, without colours", async () => {
  const accountId = await newAccount();
  const { out } = await world.cli("accounts", "list");
  expect(out).toMatch(/^ACCOUNT +NAME +STATUS +AVAILABLE/);
  expect(out).toContain(`${accountId}  acme  active`);
  expect(out).not.toContain("\u001b");
});

test("--json is understood before and after the command", async () => {
  const accountId = await newAccount();
  const after = await world.cli("accounts", "show", accountId, "--json");
  const before = await world.cli("--json", "accounts", "show", accountId);
  expect(before).toEqual(after);
  expect(JSON.parse(before.out).account_id).toBe(accountId);
});

test("a bare --local before the command is the default, not a folder of the command's name", async () => {
  await newAccount();
  expect(await world.cli("--local", "accounts", "list")).toEqual(await world.cli("accounts", "list"));
});
