/** The sweeper as Lambda runs it: its handler in a process of its own, with nothing but its environment. */
import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SweepReport } from "../../lambda/ledger/sweep.ts";
import { type LocalDynamo, startDynamo } from "../../local/dynamodb.ts";
import { expectSound } from "../adapters/dynamodb/invariants.ts";
import {
  factsOf,
  type LedgerWorld,
  newAccount,
  openWorld,
  readAccountOf,
  take,
} from "../adapters/dynamodb/ledger-world.ts";

const HANDLER = path.join(import.meta.dirname, "../../lambda/ledger/handler.ts");
const PATIENCE = path.join(import.meta.dirname, "../fakes/patient-process.ts");
const MINUTE_MS = 60_000;
/** Nothing is cut short on a busy machine. */
const LONG_MS = 60 * MINUTE_MS;

let dynamo: LocalDynamo;
let world: LedgerWorld;
beforeAll(async () => {
  dynamo = await startDynamo();
  world = await openWorld(async () => dynamo, { seed: 1, lateByAtMost: 1 });
});
afterAll(() => world.close());

interface Run {
  readonly report: SweepReport;
  /** What it printed, a JSON value a line. */
  readonly printed: readonly Record<string, unknown>[];
}

/** Invokes the handler once, with so much time left. */
async function invoke(remainingMs: number, environment: Record<string, string> = {}): Promise<Run> {
  const script = `
    const { handler } = await import(process.argv[1]);
    const report = await handler({}, { getRemainingTimeInMillis: () => ${remainingMs} });
    console.log(JSON.stringify({ report }));`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--import", PATIENCE, "--input-type=module", "--eval", script, HANDLER],
    {
      env: {
        PATH: process.env["PATH"],
        AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
        AWS_REGION: "local",
        AWS_ACCESS_KEY_ID: "local",
        AWS_SECRET_ACCESS_KEY: "local",
        ACCOUNTS_TABLE: dynamo.tables.accounts,
        LEDGER_TABLE: dynamo.tables.ledger,
        API_KEYS_TABLE: dynamo.tables.apiKeys,
        ...environment,
      },
    },
  );
  const printed = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const { report } = printed.pop() ?? {};
  return { report, printed };
}

/** Ten accounts, each with a hold that has expired, one that has not, and an undrained record. */
async function leaveBehind(): Promise<string[]> {
  const nowMs = Date.now();
  const accountIds = await Promise.all(Array.from({ length: 10 }, () => newAccount(world, 100n)));
  for (const accountId of accountIds) {
    await take(world, accountId, 10n, { expiresAtMs: nowMs - 1 });
    await take(world, accountId, 20n, { expiresAtMs: nowMs + 60 * MINUTE_MS });
    const open = await take(world, accountId, 10n);
    const createdAt = new Date(nowMs - MINUTE_MS).toISOString();
    await world.ledger.settle(open, 4n, { ...factsOf(open), createdAt });
  }
  return accountIds;
}

test("A run mends every segment, returns its report, and prints it as a line and as metrics; the next has nothing to do.", async () => {
  const accountIds = await leaveBehind();
  const cut = await invoke(5_000);
  expect(cut.report).toEqual({
    accounts: 0,
    open: 0,
    overdue: 0,
    expired: 0,
    givenBack: 0,
    drained: 0,
    failed: 0,
    causes: [],
    complete: false,
  });
  expect(cut.printed).toContainEqual(expect.objectContaining({ SweepsCutShort: 1 }));

  const { report, printed } = await invoke(LONG_MS);
  const done = {
    accounts: 10,
    open: 10,
    overdue: 0,
    expired: 10,
    givenBack: 0,
    drained: 10,
    failed: 0,
    causes: [],
    complete: true,
  };
  expect(report).toEqual(done);
  expect(printed).toContainEqual({ at: expect.stringMatching(/^20.*Z$/), event: "sweep", ...done });
  const metrics = printed.find((line) => "_aws" in line);
  expect(metrics).toMatchObject({
    service: "sweeper",
    HoldsOpen: 10,
    HoldsOverdue: 0,
    HoldsExpired: 10,
    HoldsGivenBack: 0,
    RecordsDrained: 10,
    SweepFailures: 0,
    SweepsCutShort: 0,
    _aws: { CloudWatchMetrics: [{ Namespace: "WLRouter", Dimensions: [["service"]] }] },
  });
  for (const accountId of accountIds) {
    const account = await readAccountOf(world, accountId);
    expect([account.availablePicoUsd, account.postedPicoUsd, account.holds.size]).toEqual([76n, 96n, 1]);
    await expectSound(world, accountId);
  }

  const again = await invoke(LONG_MS);
  expect(again.report).toEqual({ ...done, expired: 0, drained: 0 });
});

test("A run that cannot read its tables says why, and counts every segment as failed.", async () => {
  const { report, printed } = await invoke(LONG_MS, { ACCOUNTS_TABLE: "Nowhere" });
  expect(report).toMatchObject({ accounts: 0, failed: 64, complete: false });
  expect(printed).toContainEqual({
    at: expect.any(String),
    event: "sweep_failed",
    segment: 63,
    error: expect.stringContaining("ResourceNotFoundException"),
  });
  expect(printed).toContainEqual(expect.objectContaining({ SweepFailures: 64, SweepsCutShort: 1 }));
});
