import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { announce, type CliWorld, startCliWorld } from "./cli-world.ts";

let world: CliWorld;
let accountId: string;
let keyId: string;
beforeAll(async () => {
  world = await startCliWorld();
  accountId = (await world.json("accounts", "create", "--name", "acme", "--credit", "25")).account_id;
  keyId = (await world.json("keys", "create", accountId, "--name", "x")).key_id;
});
afterAll(() => world.close());

const REASON = ["--reason", "x"];
const NAME = ["--name", "x"];

/** ACCOUNT and KEY stand for those that exist. Exit code 2: not understood. 1: understood, and not possible. */
const REFUSED: readonly (readonly [string, number, RegExp])[] = [
  [`accounts credit ACCOUNT 0 ${REASON.join(" ")}`, 2, /'0'.*above zero/],
  [`accounts credit ACCOUNT -5 ${REASON.join(" ")}`, 2, /'-5'.*never negative.*accounts debit/],
  [`accounts credit ACCOUNT 0.0000000000001 ${REASON.join(" ")}`, 2, /at most 12 decimals/],
  [`accounts credit ACCOUNT abc ${REASON.join(" ")}`, 2, /"abc" is not an amount/],
  [`accounts credit ACCOUNT 1e3 ${REASON.join(" ")}`, 2, /"1e3" is not an amount/],
  [`accounts credit ACCOUNT NaN ${REASON.join(" ")}`, 2, /"NaN" is not an amount/],
  [`accounts credit ACCOUNT Infinity ${REASON.join(" ")}`, 2, /not an amount/],
  ["accounts credit ACCOUNT 5", 2, /--reason/],
  [`accounts credit ACCOUNT 5 ${REASON.join(" ")} --id a/b`, 2, /letters, digits/],
  [`accounts debit ACCOUNT -5 ${REASON.join(" ")}`, 2, /never negative/],
  [`accounts credit acct_nobody 5 ${REASON.join(" ")}`, 1, /no account.*acct_nobody.*accounts list/],
  [`accounts debit acct_nobody 5 ${REASON.join(" ")}`, 1, /no account.*acct_nobody/],
  ["accounts show acct_nobody", 1, /no account "acct_nobody"/],
  ["accounts suspend acct_nobody", 1, /no account "acct_nobody"/],
  ["accounts resume acct_nobody", 1, /no account "acct_nobody"/],
  ["accounts create", 2, /--name/],
  ["accounts create --name x --credit -1", 2, /never negative/],
  ["accounts create --name x --credit 1.0000000000001", 2, /at most 12 decimals/],
  [`accounts create --name ${"x".repeat(201)}`, 2, /at most 200 bytes/],
  ["accounts create --name x\u001b[31m", 2, /control characters/],
  [`keys create acct_nobody ${NAME.join(" ")}`, 1, /no account "acct_nobody"/],
  ["keys create ACCOUNT", 2, /--name/],
  [`keys create ACCOUNT ${NAME.join(" ")} --limit-usd 0`, 2, /above zero/],
  [`keys create ACCOUNT ${NAME.join(" ")} --limit-period month`, 2, /add --limit-usd/],
  [`keys create ACCOUNT ${NAME.join(" ")} --limit-usd 5 --limit-period week`, 2, /total, month/],
  [`keys create ACCOUNT ${NAME.join(" ")} --expires 2020-01-01`, 2, /in the past/],
  [`keys create ACCOUNT ${NAME.join(" ")} --expires 2999-02-30`, 2, /no such day/],
  [`keys create ACCOUNT ${NAME.join(" ")} --expires tomorrow`, 2, /2026-11-23/],
  [
    `keys create ACCOUNT ${NAME.join(" ")} --models gpt-4.1-mni`,
    1,
    /"gpt-4.1-mni" \(nearest: gpt-4.1-mini\)/,
  ],
  [`keys create ACCOUNT ${NAME.join(" ")} --models gpt-4.1-mini,`, 2, /commas/],
  [`keys create ACCOUNT ${NAME.join(" ")} --requests-per-minute 0`, 2, /whole number above zero/],
  [`keys create ACCOUNT ${NAME.join(" ")} --requests-per-minute none`, 2, /whole number above zero/],
  [`keys create ACCOUNT ${NAME.join(" ")} --tokens-per-minute 1.5`, 2, /whole number above zero/],
  [`keys create ACCOUNT ${NAME.join(" ")} --tokens-per-minute -1`, 2, /whole number above zero/],
  [`keys create ACCOUNT ${NAME.join(" ")} --tokens-per-minute 1e3`, 2, /whole number above zero/],
  ["keys update KEY", 2, /nothing to change/],
  ["keys update key_nobody --name y", 1, /no key "key_nobody"/],
  ["keys update KEY --limit-usd 5 --no-limit", 2, /cannot be used with/],
  ["keys update KEY --no-limit --limit-period month", 2, /cannot be used with/],
  ["keys update KEY --limit-period month", 2, /no limit whose period.*--limit-usd/],
  ["keys update KEY --limit-usd 0", 2, /above zero/],
  ["keys update KEY --requests-per-minute 0", 2, /whole number above zero/],
  ["keys update KEY --requests-per-minute never", 2, /whole number above zero/],
  ["keys update KEY --models gpt-4.1-mni", 1, /nearest: gpt-4.1-mini/],
  ["keys update KEY --expires 2020-01-01", 2, /in the past/],
  ["keys update KEY --expires soon", 2, /2026-11-23/],
  ["keys list acct_nobody", 1, /no account/],
  ["keys revoke key_nobody", 1, /no key "key_nobody"/],
  ["requests show req_nobody", 1, /no request "req_nobody"/],
  ["ledger list acct_nobody", 1, /no account/],
  ["ledger list ACCOUNT --from 2026-02-30", 2, /no such day/],
  ["ledger list ACCOUNT --from 2026-13-01", 2, /no such day/],
  ["ledger list ACCOUNT --to 2026-01-01T25:00:00Z", 2, /an instant/],
  ["ledger list ACCOUNT --from 2026-03-02 --to 2026-03-01", 2, /is after/],
  ["ledger verify --account acct_nobody", 1, /no account/],
  ["accounts lst", 2, /unknown command 'lst'.*list/],
  ["nonsense", 2, /unknown command/],
  ["accounts list --stack a --local b", 2, /cannot be used with/],
];

test.each(REFUSED)("%s", async (line, exitCode, sentence) => {
  const before = await world.allTables();
  const existing: Readonly<Record<string, string>> = { ACCOUNT: accountId, KEY: keyId };
  const said = await world.cli(...line.split(" ").map((word) => existing[word] ?? word));
  expect(said.err).toMatch(/^error: [^\n]+\n$/);
  expect(said.err).toMatch(sentence);
  expect(said.out).toBe("");
  expect(said.exitCode).toBe(exitCode);
  expect(await world.allTables()).toBe(before);
});

test("a configuration that cannot be read is named", async () => {
  const said = await world.cli("models", "--json");
  expect(said.exitCode).toBe(0);
  const other = await startCliWorld(world.dynamo);
  writeFileSync(other.configFile, "{");
  const broken = await other.cli("models");
  expect(broken).toMatchObject({ exitCode: 1, out: "", err: expect.stringContaining(other.configFile) });
  await other.close();
});

test("without a running server the answer is to run npm start", async () => {
  const nowhere = path.join(world.folder, "nowhere");
  const absent = await world.cli("accounts", "list", "--local", nowhere);
  expect(absent).toMatchObject({ exitCode: 1, out: "", err: expect.stringMatching(/nowhere.*`npm start`/) });
});

test("a server that has stopped, or a damaged announcement, is said to be so", async () => {
  const other = await startCliWorld(world.dynamo);
  // Linux and macOS never give a process this id.
  announce(other.folder, {
    baseUrl: "http://127.0.0.1:9",
    dynamodbEndpoint: world.dynamo.endpoint,
    pid: 2 ** 30,
  });
  expect((await other.cli("accounts", "list")).err).toMatch(/has stopped.*`npm start`/);
  announce(other.folder, { pid: "no" });
  expect((await other.cli("accounts", "list")).err).toMatch(/damaged.*`npm start`/);
  announce(other.folder, {
    baseUrl: "http://127.0.0.1:9",
    dynamodbEndpoint: "http://127.0.0.1:9",
    pid: process.pid,
  });
  const silent = await other.cli("accounts", "list");
  expect(silent).toMatchObject({ exitCode: 1, err: expect.stringMatching(/does not answer.*npm start/) });
  await other.close();
});
