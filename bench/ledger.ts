/**
 * `npm run bench:ledger`: HOLD and SETTLE on one account and on many, by how many holds are open, and the write units that
 * each step consumes as the store counts them (`ReturnConsumedCapacity`). On DynamoDB Local where there is Java, else on
 * dynalite: their speed says little about AWS's, their units follow AWS's rule. `--requests N` (200) of each line.
 */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { localDynamoClient } from "../lambda/adapters/aws-json/services.ts";
import { createDirectStore } from "../lambda/adapters/dynamodb/direct-store.ts";
import { createLedger } from "../lambda/adapters/dynamodb/ledger.ts";
import { startDynamo } from "../local/dynamodb.ts";
import { itemSizeBytes } from "../test/adapters/dynamodb/item-size.ts";
import { startDynamoDbLocal, whyNoDynamoDbLocal } from "../test/fakes/dynamodb-local.ts";
import { accountWith, factsOf, holdRequest } from "./ledger/accounts.ts";
import { ceilingOf, unitsOfWrite } from "./ledger/ceiling.ts";
import { Meter, type Step } from "./ledger/metered.ts";
import { quantile } from "./side-by-side/load.ts";

const { values: options } = parseArgs({ options: { requests: { type: "string", default: "200" } } });
const requests = Number(options.requests);
const OPEN_HOLDS = [1, 10, 100, 250];
const AT_ONCE = 4;
const PATIENT_MS = 60_000;

const reason = whyNoDynamoDbLocal();
const dynamo = reason === undefined ? await startDynamoDbLocal() : await startDynamo();
const client = localDynamoClient(dynamo.endpoint, PATIENT_MS);
const store = createDirectStore(client.call);
const meter = new Meter();
const ledgerFor = (step: Step) =>
  createLedger({
    store: createDirectStore(meter.metered(step, client.call)),
    tables: dynamo.tables,
    nowMs: () => Date.now(),
    pause: (ms) => sleep(ms),
    newAttempt: () => randomBytes(5).toString("base64url"),
  });
const ledgers = { hold: ledgerFor("hold"), settle: ledgerFor("settle"), drain: ledgerFor("drain") };

async function request(accountId: string): Promise<{ holdMs: number; settleMs: number }> {
  const beganAt = performance.now();
  const answer = await ledgers.hold.hold(holdRequest(accountId));
  if (!answer.held) throw new Error(`refused: ${answer.refusal}`);
  const heldAt = performance.now();
  const { entry } = await ledgers.settle.settle(answer.open, 1_000_000n, factsOf(answer.open));
  const settledAt = performance.now();
  if (!entry) throw new Error("no entry");
  await ledgers.drain.drain(entry);
  return { holdMs: heldAt - beganAt, settleMs: settledAt - heldAt };
}

let made = 0;

async function makeAccounts(count: number, openHolds: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => `acct_bench${++made}`);
  for (const id of ids) {
    await store.putIfAbsent(dynamo.tables.accounts, accountWith(id, openHolds), "accountId");
  }
  return ids;
}

async function measure(accountIds: readonly string[]) {
  const seen: { holdMs: number; settleMs: number }[] = [];
  let sent = 0;
  const worker = async () => {
    while (sent < requests) seen.push(await request(accountIds[sent++ % accountIds.length] ?? ""));
  };
  const beganAt = performance.now();
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return { seen, seconds: (performance.now() - beganAt) / 1_000, units: meter.take() };
}

const COUNTED = [
  "hold Accounts",
  "settle Accounts",
  "drain Accounts",
  "drain Ledger",
  "drain Ledger.byCreatedAt",
  "drain Ledger.byEntryId",
];

console.log(`${reason === undefined ? "DynamoDB Local" : `dynalite (${reason})`}, ${AT_ONCE} at once\n`);
console.log(
  `| accounts | holds open | requests/s | HOLD ms p50, p99 | SETTLE ms p50, p99 | ${COUNTED.join(" | ")} |`,
);
console.log(`|${"---|".repeat(5 + COUNTED.length)}`);
try {
  await measure(await makeAccounts(AT_ONCE, 1));
  for (const accounts of [1, 16]) {
    for (const openHolds of OPEN_HOLDS) {
      const { seen, seconds, units } = await measure(await makeAccounts(accounts, openHolds));
      const spread = (of: number[]) => `${quantile(of, 0.5).toFixed(1)}, ${quantile(of, 0.99).toFixed(1)}`;
      const counted = COUNTED.map((what) => ((units.get(what) ?? 0) / requests).toFixed(2));
      const times = [spread(seen.map((s) => s.holdMs)), spread(seen.map((s) => s.settleMs))];
      const cells = [accounts, openHolds, (requests / seconds).toFixed(0), ...times, ...counted];
      console.log(`| ${cells.join(" | ")} |`);
    }
  }
} finally {
  await client.close();
  await dynamo.close();
}

const baseBytes = itemSizeBytes(accountWith("acct_0123456789", 0));
const holdBytes = (itemSizeBytes(accountWith("acct_0123456789", 100)) - baseBytes) / 100;
console.log(`
An account item is ${baseBytes} bytes and ${holdBytes.toFixed(0)} more for each open hold, by AWS's rule of sizes; units of a write by
that rule: ${OPEN_HOLDS.map((n) => `${unitsOfWrite(baseBytes + n * holdBytes)} at ${n}`).join(", ")}.

| a stream's length | most requests/s of one account | holds open then | units of the account item a request | limited by |
|---|---|---|---|---|`);
for (const seconds of [2, 10, 30]) {
  const { requestsASecond, openHolds, unitsARequest, limitedBy } = ceilingOf(
    { baseBytes, holdBytes },
    seconds,
  );
  console.log(
    `| ${seconds} s | ${requestsASecond.toFixed(1)} | ${openHolds} | ${unitsARequest} | ${limitedBy} |`,
  );
}
