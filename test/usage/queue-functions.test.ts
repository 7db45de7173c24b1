/** The functions behind the bus's queues as Lambda runs them: SQS batches in, nothing but their environment around them. */
import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { entryItem, newAccountItem } from "../../lambda/adapters/dynamodb/items.ts";
import { createQueries } from "../../lambda/adapters/dynamodb/queries.ts";
import { createRollups } from "../../lambda/adapters/dynamodb/rollups.ts";
import { createSdkStore } from "../../lambda/adapters/dynamodb/sdk-store.ts";
import type { Entry } from "../../lambda/core/charge.ts";
import { EVENT_SOURCE, eventOf } from "../../lambda/core/events.ts";
import { type LocalDynamo, startDynamo } from "../../local/dynamodb.ts";
import { patientClient } from "../fakes/patient-client.ts";
import { charge } from "./entries.ts";
import { type FakeEventBridge, startEventBridge } from "./fake-event-bridge.ts";

let dynamo: LocalDynamo;
let bridge: FakeEventBridge;
let client: ReturnType<typeof patientClient>;
beforeAll(async () => {
  dynamo = await startDynamo();
  bridge = await startEventBridge();
  client = patientClient(dynamo.endpoint);
});
afterAll(async () => {
  client.destroy();
  await bridge.close();
  await dynamo.close();
});

/** Invokes `lambda/usage/<room>/handler.ts` once with these bodies as an SQS batch; ids are `m0`, `m1`, … */
async function invoke(
  room: string,
  bodies: readonly string[],
): Promise<{ failed: string[]; printed: string }> {
  const handlerFile = path.join(import.meta.dirname, `../../lambda/usage/${room}/handler.ts`);
  const Records = bodies.map((body, i) => ({ messageId: `m${i}`, body }));
  const script = `
    const { handler } = await import(process.argv[1]);
    const answer = await handler({ Records: JSON.parse(process.argv[2]) });
    console.log(JSON.stringify(answer));`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--input-type=module", "--eval", script, handlerFile, JSON.stringify(Records)],
    {
      env: {
        PATH: process.env["PATH"],
        AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
        AWS_ENDPOINT_URL_EVENTBRIDGE: bridge.endpoint,
        AWS_REGION: "local",
        AWS_ACCESS_KEY_ID: "local",
        AWS_SECRET_ACCESS_KEY: "local",
        ACCOUNTS_TABLE: dynamo.tables.accounts,
        LEDGER_TABLE: dynamo.tables.ledger,
        API_KEYS_TABLE: dynamo.tables.apiKeys,
        ROLLUPS_TABLE: dynamo.tables.rollups,
        EVENT_BUS_NAME: "wlrouter",
      },
    },
  );
  const lines = stdout.trim().split("\n");
  const { batchItemFailures } = JSON.parse(lines.pop() ?? "{}");
  const failed = batchItemFailures.map(({ itemIdentifier }: { itemIdentifier: string }) => itemIdentifier);
  return { failed, printed: lines.join("\n") };
}

/** What a rule of the bus puts into a queue. */
function envelope(entry: Entry): string {
  const { type, detail } = eventOf(entry);
  return JSON.stringify({ version: "0", id: "1", source: EVENT_SOURCE, "detail-type": type, detail });
}

async function putInLedger(entry: Entry): Promise<void> {
  await createSdkStore(client).putIfAbsent(dynamo.tables.ledger, entryItem(entry), "entryId");
}

test("the rollup function totals a batch, sends back what the ledger does not show yet, and poison alone", async () => {
  const entries = [charge(1), charge(2)];
  for (const entry of entries) await putInLedger(entry);
  const unseen = charge(3);
  const bodies = [
    ...entries.map(envelope),
    '{"no": "event"}',
    envelope(unseen),
    envelope(entries[0] ?? unseen),
  ];

  const { failed, printed } = await invoke("rollup", bodies);
  expect(failed.sort()).toEqual(["m2", "m3"]);
  expect(printed).toContain('"event":"rollup_failed"');
  expect(printed).toContain('"PoisonEvents":1');

  const { accountId, createdAt } = unseen;
  const day = createdAt.slice(0, 10);
  const rollups = createRollups(createSdkStore(client), createQueries(client), dynamo.tables.rollups);
  const rows = await Array.fromAsync(rollups.forAccount(accountId, day, day, "day"));
  expect(rows.reduce((sum, row) => sum + row.costPicoUsd, 0n)).toBe(
    entries.reduce((sum, entry) => sum - entry.amountPicoUsd, 0n),
  );
});

test("the low-balance function tells of a crossing once, however often it is invoked", async () => {
  const entry = charge(4, { accountId: "acct_poor" });
  const account = newAccountItem("acct_poor", "poor", entry.createdAt);
  await createSdkStore(client).putIfAbsent(dynamo.tables.accounts, account, "accountId");
  for (const bodies of [[envelope(entry), "poison"], [envelope(entry)]]) {
    const { failed } = await invoke("low-balance", bodies);
    expect(failed).toEqual(bodies.length === 2 ? ["m1"] : []);
  }
  expect(bridge.taken.map(({ DetailType }) => DetailType)).toEqual(["balance.low"]);
  expect(JSON.parse(bridge.taken[0]?.Detail ?? "")).toMatchObject({
    account_id: "acct_poor",
    posted_pico_usd: "0",
  });
});
