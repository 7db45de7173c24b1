import { readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ChargeFacts } from "../../lambda/core/charge.ts";
import { parseUsd } from "../../lambda/core/money.ts";
import type { OpenHold } from "../../lambda/core/ports.ts";
import { NO_USAGE } from "../../lambda/core/usage.ts";
import { type CliWorld, startCliWorld } from "./cli-world.ts";

let world: CliWorld;
let accountId: string;
let keyId: string;
const NOW = new Date();
const TODAY = NOW.toISOString().slice(0, 10);
const MONTH = TODAY.slice(0, 7);

beforeAll(async () => {
  world = await startCliWorld();
  const created = await world.json("accounts", "create", "--name", "acme", "--credit", "5");
  accountId = created.account_id;
  keyId = (await world.json("keys", "create", accountId, "--name", 'ci, "nightly"')).key_id;
  await world.json("accounts", "debit", accountId, "0.25", "--reason", "test");
  await charge("req_drained", 1_234_567n, { drained: true });
  await charge("req_waiting", 7n, { drained: false });
  await chargeTooLate("req_late", 99n);
  await world.json("accounts", "create", "--name", "idle");
});
afterAll(() => world.close());

function factsOf(requestId: string, outcome: ChargeFacts["outcome"]): ChargeFacts {
  const usage = { ...NO_USAGE, inputTokens: 10, outputTokens: 20, reasoningTokens: 5 };
  return {
    requestId,
    keyId,
    model: "gpt-4.1-mini",
    provider: "openai",
    outcome,
    usage,
    estimated: false,
    catalogVersion: "v",
    createdAt: NOW.toISOString(),
    latencyMs: 1,
  };
}

async function held(requestId: string): Promise<OpenHold> {
  const hold = {
    amountPicoUsd: 2_000_000n,
    expiresAtMs: Date.now() + 600_000,
    keyId,
    keyPeriod: "-",
    model: "gpt-4.1-mini",
    catalogVersion: "v",
  };
  const answer = await world.stores.ledger.hold({ accountId, requestId, hold, requiredPicoUsd: 0n });
  return answer.held ? answer.open : expect.unreachable(answer.refusal);
}

async function charge(requestId: string, costPicoUsd: bigint, { drained }: { drained: boolean }) {
  const settled = await world.stores.ledger.settle(
    await held(requestId),
    costPicoUsd,
    factsOf(requestId, "completed"),
  );
  if (drained && settled.entry) await world.stores.ledger.drain(settled.entry);
}

async function chargeTooLate(requestId: string, costPicoUsd: bigint) {
  const open = await held(requestId);
  await world.stores.ledger.expire(open, { ...factsOf(requestId, "expired"), usage: NO_USAGE });
  await world.stores.ledger.settle(open, costPicoUsd, factsOf(requestId, "completed"));
}

async function report(key: string): Promise<string> {
  const { content } = await world.json("reports", "get", key);
  return content;
}

test("a day's report has what the day's entries say, a charge that is not drained yet and a late one included", async () => {
  expect(await world.json("reports", "run", "--date", TODAY)).toEqual({
    period: TODAY,
    partial: true,
    accounts: 2,
    written: 1,
    unchanged: 0,
    failed: 0,
    failure: null,
    entries: 6,
    cost: "0.000001234673",
  });
  const rows = parse(await report(`reports/daily/dt=${TODAY}/${accountId}.csv`), { columns: true });
  expect(rows).toEqual([
    {
      day: TODAY,
      account_id: accountId,
      key_id: keyId,
      key_name: 'ci, "nightly"',
      model: "gpt-4.1-mini",
      provider: "openai",
      requests: "3",
      failures: "1",
      input_tokens: "30",
      cache_read_tokens: "0",
      cache_write_tokens: "0",
      output_tokens: "60",
      reasoning_tokens: "15",
      cost_usd: "0.000001234673",
    },
  ]);
});

test("the running month's statement closes with the balance", async () => {
  expect(await world.json("reports", "run", "--month", MONTH)).toMatchObject({ partial: true, written: 1 });
  const statement = JSON.parse(await report(`reports/monthly/month=${MONTH}/${accountId}.statement.json`));
  const { posted } = await world.json("accounts", "show", accountId);
  expect(statement).toMatchObject({ opening_balance: "0.00", adjustments: "4.75", closing_balance: posted });
  const entries: { amount: string }[] = await world.json("ledger", "list", accountId);
  expect(entries.reduce((sum, { amount }) => sum + parseUsd(amount), 0n)).toBe(parseUsd(posted));
});

test("one account's reports are written alone, and the summary stays", async () => {
  const other = await startCliWorld();
  const { account_id } = await other.json("accounts", "create", "--name", "one", "--credit", "1");
  await other.json("reports", "run", "--date", TODAY);
  const file = (name: string) =>
    readFileSync(path.join(other.folder, "s3/wlrouter/reports/daily", `dt=${TODAY}`, name), "utf8");
  const before = file("summary.csv");
  await other.json("accounts", "credit", account_id, "2", "--reason", "test");
  const ran = await other.json("reports", "run", "--date", TODAY, "--account", account_id);
  expect(ran).toMatchObject({ accounts: 1, written: 1, entries: 2 });
  expect(file("summary.csv")).toBe(before);
  await other.json("reports", "run", "--date", TODAY);
  expect(file("summary.csv")).not.toBe(before);
  await other.close();
});

test("people are told what was written, and that a running day is partial", async () => {
  const { out } = await world.cli("reports", "run", "--date", TODAY);
  expect(out).toMatch(
    /reports written: 1, entries: 6, usage: 0\.000001234673 USD\.\nPARTIAL: .* is not over/,
  );
  const { err } = await world.cli("reports", "run", "--date", "2026-01-01");
  expect(err).toBe("");
});

test("reports are listed, all or an account's, without what the runs note for themselves", async () => {
  await world.json("reports", "run", "--date", TODAY);
  await world.json("reports", "run", "--month", MONTH);
  const all: { key: string }[] = await world.json("reports", "list");
  const folder = `reports/monthly/month=${MONTH}`;
  expect(all.map(({ key }) => key)).toEqual([
    `reports/daily/dt=${TODAY}/${accountId}.csv`,
    `reports/daily/dt=${TODAY}/summary.csv`,
    `${folder}/${accountId}.csv`,
    `${folder}/${accountId}.statement.csv`,
    `${folder}/${accountId}.statement.json`,
    `${folder}/summary.csv`,
  ]);
  const own: { key: string }[] = await world.json("reports", "list", "--account", accountId);
  expect(own).toHaveLength(4);
  expect((await world.cli("reports", "list")).out).toMatch(/^KEY +BYTES\n/);
});

test("a report is printed as it is, or written to a file", async () => {
  await world.json("reports", "run", "--month", MONTH);
  const key = `reports/monthly/month=${MONTH}/${accountId}.statement.csv`;
  const { out } = await world.cli("reports", "get", key);
  expect(out).toBe(await report(key));
  const file = path.join(world.folder, "statement.csv");
  expect(await world.json("reports", "get", key, "--out", file)).toMatchObject({ key, file });
  expect(readFileSync(file, "utf8")).toBe(out);
});

test.each<[number, RegExp, ...string[]]>([
  [2, /2026-02-30.*calendar/, "run", "--date", "2026-02-30"],
  [2, /2026-11-1.*calendar/, "run", "--date", "2026-11-1"],
  [2, /2026-13.*calendar/, "run", "--month", "2026-13"],
  [2, /2026-11-01.*calendar/, "run", "--month", "2026-11-01"],
  [2, /2999-01-01 is in the future: today is/, "run", "--date", "2999-01-01"],
  [2, /2999-01 is in the future/, "run", "--month", "2999-01"],
  [2, /say which/, "run"],
  [2, /cannot be used with/, "run", "--date", "2026-11-01", "--month", "2026-11"],
  [1, /no account "acct_no"/, "run", "--date", "2026-11-01", "--account", "acct_no"],
  [1, /no account "acct_no"/, "list", "--account", "acct_no"],
  [1, /no report "reports\/nothing"/, "get", "reports/nothing"],
  [1, /no report "reports\/state\//, "get", "reports/state/daily/dt=2026-11-22.json"],
  [1, /no report "\.\.\/lock"/, "get", "../lock"],
])("exit code %i and %s: reports %s %s %s", async (exitCode, reason, ...argv) => {
  const said = await world.cli("reports", ...argv);
  expect(said).toMatchObject({ exitCode, out: "", err: expect.stringMatching(reason) });
});
