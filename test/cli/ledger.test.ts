import { DeleteItemCommand, PutItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type CliWorld, startCliWorld } from "./cli-world.ts";

let world: CliWorld;
let accountId: string;
beforeAll(async () => {
  world = await startCliWorld();
});
afterAll(() => world.close());

/** Each test damages an account of its own. */
beforeEach(async () => {
  accountId = (await world.json("accounts", "create", "--name", "acme")).account_id;
  for (const [day, amount] of Object.entries({ "01": 100n, "02": 200n, "03": -50n })) {
    await world.stores.ledger.credit({
      accountId,
      creditId: `adj_day${day}`,
      type: "adjustment",
      amountPicoUsd: amount,
      createdAt: `2026-11-${day}T12:00:00.000Z`,
      reason: "test",
    });
  }
});

async function listed(...range: string[]): Promise<string[]> {
  const entries = await world.json("ledger", "list", accountId, ...range);
  return entries.map((entry: { entry_id: string }) => entry.entry_id);
}

async function verify(): Promise<{ exitCode: number; invariants: number[] }> {
  const said = await world.cli("ledger", "verify", "--account", accountId, "--json");
  const { violations } = JSON.parse(said.out);
  return { exitCode: said.exitCode, invariants: violations.map((v: { invariant: number }) => v.invariant) };
}

test("entries are listed in order of time, in the documented shape", async () => {
  expect(await listed()).toEqual(["adj_day01", "adj_day02", "adj_day03"]);
  const [first] = await world.json("ledger", "list", accountId);
  expect(first).toEqual({
    entry_id: "adj_day01",
    type: "adjustment",
    amount: "0.0000000001",
    write_off: "0.00",
    created_at: "2026-11-01T12:00:00.000Z",
    reason: "test",
  });
});

test("both ends of a range belong to it, a day as a whole and an instant to the millisecond", async () => {
  expect(await listed("--from", "2026-11-02", "--to", "2026-11-03")).toEqual(["adj_day02", "adj_day03"]);
  expect(await listed("--to", "2026-11-01")).toEqual(["adj_day01"]);
  expect(await listed("--from", "2026-11-02T12:00:00Z", "--to", "2026-11-02T12:00:00.000Z")).toEqual([
    "adj_day02",
  ]);
  expect(await listed("--from", "2026-11-02T12:00:00.001Z")).toEqual(["adj_day03"]);
  expect(await listed("--to", "2026-11-02T14:00:00+02:00")).toEqual(["adj_day01", "adj_day02"]);
  expect(await listed("--from", "2026-11-03T12:00:01")).toEqual([]);
});

test("people see the sum", async () => {
  const { out } = await world.cli("ledger", "list", accountId);
  expect(out).toMatch(/Entries: 3, sum: 0\.00000000025 USD\.\n$/);
});

test("verify is green on sound tables and counts what it has checked", async () => {
  expect(await verify()).toEqual({ exitCode: 0, invariants: [] });
  const other = await startCliWorld();
  await other.json("accounts", "create", "--name", "one", "--credit", "1");
  await other.json("accounts", "create", "--name", "two", "--credit", "2");
  expect(await other.json("ledger", "verify")).toEqual({
    accounts: 2,
    entries: 2,
    violations: [],
    skipped: [],
  });
  expect((await other.cli("ledger", "verify")).out).toBe("Accounts: 2, entries: 2, violations: 0.\n");
  await other.close();
});

test("verify is red on money below zero (invariant 1)", async () => {
  const held = `251|${Date.now() + 600_000}|key_1|-|m|v|a`;
  await world.damage(accountId, "SET #available = #available - :n, #holds.req_1 = :h", {
    ":n": { N: "251" },
    ":h": { S: held },
  });
  expect(await verify()).toEqual({ exitCode: 1, invariants: [1] });
});

test("verify is red on a balance that its holds do not explain (invariant 2)", async () => {
  await world.damage(accountId, "SET #available = #available - :n", { ":n": { N: "1" } });
  expect(await verify()).toEqual({ exitCode: 1, invariants: [2] });
});

test("verify is red on a changed entry (invariant 3), with the evidence", async () => {
  await world.client.send(
    new UpdateItemCommand({
      TableName: world.dynamo.tables.ledger,
      Key: { accountId: { S: accountId }, entryId: { S: "adj_day02" } },
      UpdateExpression: "SET amount = :n",
      ExpressionAttributeValues: { ":n": { N: "201" } },
    }),
  );
  expect(await verify()).toEqual({ exitCode: 1, invariants: [3] });
  const { out, exitCode } = await world.cli("ledger", "verify", "--account", accountId);
  expect(exitCode).toBe(1);
  expect(out).toContain(
    `${accountId}: invariant 3 is violated: posted is not the sum of the entries and outbox records ` +
      "(posted 0.00000000025, sum 0.000000000251, records 3)",
  );
  expect(out).toMatch(/Accounts: 1, entries: 3, violations: 1\.\n$/);
});

test("verify is red on two records of one id (invariant 4)", async () => {
  const record = {
    M: { type: { S: "adjustment" }, amount: { N: "7" }, createdAt: { S: "2026-11-01T12:00:00.000Z" } },
  };
  await world.damage(accountId, "SET #outbox.adj_day01 = :r", { ":r": record });
  expect(await verify()).toEqual({ exitCode: 1, invariants: [4] });
});

test("verify is red on a sequence that is off (invariant 5)", async () => {
  await world.damage(accountId, "SET #sequence = #sequence + :n", { ":n": { N: "1" } });
  expect(await verify()).toEqual({ exitCode: 1, invariants: [5] });
});

test("verify is red on an entry that vanished and on one from nowhere (invariants 3 and 5)", async () => {
  const Key = { accountId: { S: accountId }, entryId: { S: "adj_day01" } };
  const TableName = world.dynamo.tables.ledger;
  await world.client.send(new DeleteItemCommand({ TableName, Key }));
  expect(await verify()).toEqual({ exitCode: 1, invariants: [3, 5] });
  const changed = {
    type: { S: "topup" },
    amount: { N: "100" },
    createdAt: { S: "2026-11-01T12:00:00.000Z" },
  };
  await world.client.send(new PutItemCommand({ TableName, Item: { ...Key, ...changed } }));
  expect(await verify()).toEqual({ exitCode: 0, invariants: [] });
  const extra = { accountId: { S: accountId }, entryId: { S: "adj_day00" } };
  await world.client.send(new PutItemCommand({ TableName, Item: { ...extra, ...changed } }));
  expect(await verify()).toEqual({ exitCode: 1, invariants: [3, 5] });
});

test.each([
  ["available", 2],
  ["posted", 3],
  ["sequence", 5],
])(
  "verify is red on %s that is not a whole number, names the account, and judges the others",
  async (name, invariant) => {
    await world.damage(accountId, `SET #${name} = :n`, { ":n": { N: "1.5" } });
    expect(await verify()).toEqual({ exitCode: 1, invariants: [invariant] });
    const other = (await world.json("accounts", "create", "--name", "acme")).account_id;
    await world.damage(other, "SET #sequence = :n", { ":n": { N: "7" } });
    const { exitCode, out, err } = await world.cli("ledger", "verify");
    expect([exitCode, err]).toEqual([1, ""]);
    expect(out).toContain(`${accountId}: invariant ${invariant} is violated: ${name} is not a whole number`);
    expect(out).toContain(`(${name} 1.5)`);
    expect(out).toContain(`${other}: invariant 5`);
  },
);

test("verify is red on an entry, and on a record of the outbox, whose amount is not a whole number", async () => {
  const record = { M: { type: { S: "adjustment" }, amount: { N: "0.5" }, createdAt: { S: "2026-11-01" } } };
  await world.damage(accountId, "SET #outbox.adj_half = :r", { ":r": record });
  expect(await verify()).toEqual({ exitCode: 1, invariants: [3] });
  await world.damage(accountId, "REMOVE #outbox.adj_half", {});
  await world.client.send(
    new UpdateItemCommand({
      TableName: world.dynamo.tables.ledger,
      Key: { accountId: { S: accountId }, entryId: { S: "adj_day02" } },
      UpdateExpression: "SET amount = :n",
      ExpressionAttributeValues: { ":n": { N: "200.5" } },
    }),
  );
  expect(await verify()).toEqual({ exitCode: 1, invariants: [3] });
});

test("verify is red on a hold whose expiry is no time", async () => {
  await world.damage(accountId, "SET #available = #available - :n, #holds.req_1 = :h", {
    ":n": { N: "5" },
    ":h": { S: "5|soon|key_1|-|m|v|a" },
  });
  expect(await verify()).toEqual({ exitCode: 1, invariants: [2] });
});

test("one damaged account among many makes the whole verification red", async () => {
  await world.damage(accountId, "SET #available = #available + :n", { ":n": { N: "1" } });
  const said = await world.cli("ledger", "verify");
  expect(said.exitCode).toBe(1);
  expect(said.out).toContain(`${accountId}: invariant 2`);
});
