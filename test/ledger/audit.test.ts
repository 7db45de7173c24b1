/** The nightly audit over a real ledger and a lake of Parquet files: silent where all agrees, and of one difference each. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { lakeChargesOfDay, lakeFile, lakeRow } from "../../lambda/adapters/s3/lake.ts";
import { eventOf, type UsageSettled } from "../../lambda/core/events.ts";
import { encodeOwedSettle } from "../../lambda/core/owed-settle.ts";
import type { OwedSettle } from "../../lambda/core/ports.ts";
import { type AuditWorld, audit, type Difference } from "../../lambda/ledger/audit/audit.ts";
import { settleOwed } from "../../lambda/ledger/settle/settle-owed.ts";
import { startDynamo } from "../../local/dynamodb.ts";
import {
  factsOf,
  type LedgerWorld,
  newAccount,
  openWorld,
  START_MS,
  take,
} from "../adapters/dynamodb/ledger-world.ts";
import { memoryObjects } from "../local/memory-objects.ts";

const DAY = new Date(START_MS).toISOString().slice(0, 10);
const RANGE = { from: `${DAY}T00:00:00.000Z`, to: `${DAY}T23:59:59.999Z` };

let world: LedgerWorld;
beforeAll(async () => {
  world = await openWorld(() => startDynamo(), { seed: 1, lateByAtMost: 1_000_000 });
});
afterAll(() => world.close());

/** An account with three charges of 4 each, whose rows lie in a lake of its own. */
async function account() {
  const accountId = await newAccount(world, 100n);
  const rows: UsageSettled[] = [];
  for (let i = 0; i < 3; i++) {
    const open = await take(world, accountId, 10n);
    const { entry } = await world.ledger.settle(open, 4n, {
      ...factsOf(open),
      createdAt: `${DAY}T10:0${i}:00.000Z`,
    });
    if (!entry) throw new Error("the charge left no entry");
    await world.ledger.drain(entry);
    const { type, detail } = eventOf(entry);
    if (type === "usage.settled") rows.push(detail);
  }
  return { accountId, rows };
}

async function differences(
  accountId: string,
  rows: readonly UsageSettled[],
  changes: Partial<AuditWorld> = {},
) {
  const objects = memoryObjects();
  const file = lakeFile(rows.map(lakeRow));
  await objects.put(`usage/dt=${DAY}/hour=10/a.parquet`, file, "application/octet-stream");
  const found: Difference[] = [];
  const report = await audit(
    {
      accounts: async function* () {
        yield { accountId };
      },
      reader: (id) => ({
        account: () => world.direct.ledger.account(id),
        entries: (order) => world.accounts.entriesById(id, order),
      }),
      entries: world.accounts,
      ledger: world.direct.ledger,
      lakeRows: () => lakeChargesOfDay(objects, DAY),
      lostSettles: async function* () {},
      owedSettles: { put: () => Promise.reject(new Error("nothing was lost")) },
      report: (difference) => found.push(difference),
      shouldStop: () => false,
      ...changes,
    },
    RANGE,
  );
  expect(report.differences).toBe(found.length);
  return { report, found };
}

test("nothing is said where everything agrees, rows that came twice included", async () => {
  const { accountId, rows } = await account();
  const { report } = await differences(accountId, [...rows, ...rows.slice(1)]);
  expect(report).toEqual({ accounts: 1, records: 4, charges: 3, differences: 0, complete: true });
});

test("a row that is missing, one of another amount and one of no charge are three differences", async () => {
  const { accountId, rows } = await account();
  const [first, second] = rows;
  if (!first || !second) throw new Error("three rows were made");
  const { found } = await differences(accountId, [
    first,
    { ...second, cost_pico_usd: "5" },
    { ...first, entry_id: "req_unknown" },
  ]);
  expect(found.map(({ kind, entryId }) => [kind, entryId])).toEqual([
    ["other_amount", second.entry_id],
    ["not_in_lake", rows[2]?.entry_id],
    ["not_in_ledger", "req_unknown"],
  ]);
});

test("a balance that is not the sum of its entries is a difference", async () => {
  const { accountId, rows } = await account();
  const { found } = await differences(accountId, rows, {
    reader: (id) => ({
      async account() {
        const account = await world.direct.ledger.account(id);
        return account && { ...account, postedPicoUsd: account.postedPicoUsd + 1n };
      },
      entries: (order) => world.accounts.entriesById(id, order),
    }),
  });
  expect(found.map(({ kind, problem }) => [kind, problem.slice(0, 11)])).toEqual([
    ["invariant", "invariant 2"],
    ["invariant", "invariant 3"],
  ]);
});

test("a charge that only the log knows goes to the queue again, and is no difference once it is written", async () => {
  const { accountId, rows } = await account();
  const open = await take(world, accountId, 10n);
  const owed = { open, costPicoUsd: 4n, facts: factsOf(open) };
  const text = encodeOwedSettle(owed);
  const queued: OwedSettle[] = [];
  const changes: Partial<AuditWorld> = {
    lostSettles: async function* () {
      yield text;
    },
    owedSettles: { put: async (again) => void queued.push(again) },
  };
  const { found } = await differences(accountId, rows, changes);
  expect(found.map(({ kind, entryId }) => [kind, entryId])).toEqual([["lost_settle", open.requestId]]);
  expect(queued).toEqual([owed]);
  await settleOwed(world.ledger, [{ messageId: "m1", body: encodeOwedSettle(owed) }]);
  const after = await differences(accountId, rows, changes);
  expect(after.found.filter(({ kind }) => kind === "lost_settle")).toEqual([]);
  expect(queued).toHaveLength(1);
});

test("an account that cannot be read is a difference, and time that is up is said", async () => {
  const { accountId, rows } = await account();
  const { found } = await differences(accountId, rows, {
    accounts: async function* () {
      yield { accountId, problem: "available is 1.5" };
    },
  });
  expect(found).toEqual([{ kind: "unreadable", accountId, problem: "available is 1.5" }]);
  expect((await differences(accountId, rows, { shouldStop: () => true })).report.complete).toBe(false);
});
