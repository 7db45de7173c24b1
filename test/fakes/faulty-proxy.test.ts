import { afterEach, beforeEach, expect, test } from "vitest";
import { createSdkStore } from "../../lambda/adapters/dynamodb/sdk-store.ts";
import { type LocalDynamo, startDynamo } from "../../local/dynamodb.ts";
import { inOrder, NO_FAULTS, randomFaults } from "./fault-plans.ts";
import { type Call, FAULT_KINDS, type FaultKind, FaultyProxy } from "./faulty-proxy.ts";
import { patientClient } from "./patient-client.ts";
import { seededRandom } from "./seeded-random.ts";

let dynamo: LocalDynamo;
let proxy: FaultyProxy;
let client: ReturnType<typeof patientClient>;
const clock = { nowMs: 0 };

beforeEach(async () => {
  dynamo = await startDynamo();
  clock.nowMs = 0;
  proxy = new FaultyProxy({
    target: dynamo.endpoint,
    seed: 1,
    plan: NO_FAULTS,
    nowMs: () => clock.nowMs,
    lateByAtMost: 2,
  });
  client = patientClient(await proxy.listen());
});

afterEach(async () => {
  client.destroy();
  await proxy.close();
  await dynamo.close();
});

const key = { accountId: { S: "a" }, shard: { S: "0" } };

/** Adds one to a counter: how often it was done is what the store says. */
function addOne(): Promise<unknown> {
  return createSdkStore(client).update("Accounts", key, {
    set: ["#done = if_not_exists(#done, :zero) + :one"],
    condition: ["attribute_not_exists(#never)"],
    values: { ":zero": { N: "0" }, ":one": { N: "1" } },
  });
}

async function timesDone(): Promise<number> {
  const direct = patientClient(dynamo.endpoint);
  const item = await createSdkStore(direct).get("Accounts", key, { consistent: true });
  direct.destroy();
  const done = item?.["done"];
  return done && "N" in done ? Number(done.N) : 0;
}

const isUpdate = (call: Call) => call.verb === "UpdateItem" && call.table === "Accounts";

test.each<{ fault: FaultKind; heard: string; doneAtOnce: number; doneAtLast: number }>([
  { fault: "lostRequest", heard: "unknown", doneAtOnce: 0, doneAtLast: 0 },
  { fault: "lostResponse", heard: "unknown", doneAtOnce: 1, doneAtLast: 1 },
  { fault: "delayed", heard: "unknown", doneAtOnce: 0, doneAtLast: 1 },
  { fault: "lateDuplicate", heard: "success", doneAtOnce: 1, doneAtLast: 2 },
  { fault: "throttle", heard: "throttled", doneAtOnce: 0, doneAtLast: 0 },
  { fault: "slow", heard: "success", doneAtOnce: 1, doneAtLast: 1 },
])("After $fault the client hears $heard.", async ({ fault, heard, doneAtOnce, doneAtLast }) => {
  proxy.plan = inOrder([fault], isUpdate);
  const answer = await addOne().then(
    () => "success",
    (error: { failure: string }) => error.failure,
  );
  expect(answer).toBe(heard);
  expect(await timesDone()).toBe(doneAtOnce);
  await proxy.flush();
  expect(await timesDone()).toBe(doneAtLast);
  expect(proxy.faults[fault]).toBe(1);
});

test("A server error is heard as an unknown outcome, and was done or not.", async () => {
  proxy.plan = () => "serverError";
  const done = [];
  for (let call = 0; call < 12; call++) {
    await expect(addOne()).rejects.toMatchObject({ failure: "unknown" });
    done.push(await timesDone());
  }
  expect(done.at(-1)).toBeGreaterThan(0);
  expect(done.at(-1)).toBeLessThan(12);
});

test("A late call lands by itself when enough others have passed.", async () => {
  proxy.plan = inOrder(["delayed"], isUpdate);
  await addOne().catch(() => {});
  for (let call = 0; call < 2; call++) await addOne();
  // The last of them is answered before the late one lands.
  await proxy.flush();
  expect(await timesDone()).toBe(3);
});

test("What is older than five minutes never lands.", async () => {
  proxy.plan = inOrder(["delayed", "delayed"], isUpdate);
  await addOne().catch(() => {});
  clock.nowMs = 1;
  await addOne().catch(() => {});
  clock.nowMs = 300_001;
  await proxy.flush();
  expect(await timesDone()).toBe(1);
  expect(proxy.refusedAsStale).toBe(1);
});

test("The same seed chooses the same faults, and another one others.", () => {
  const call: Call = { verb: "GetItem", table: "Accounts", fields: {} };
  const plan = randomFaults(0.4, FAULT_KINDS);
  const choices = (seed: number) => {
    const random = seededRandom(seed);
    return Array.from({ length: 50 }, () => plan(call, random));
  };
  expect(choices(7)).toEqual(choices(7));
  expect(choices(7)).not.toEqual(choices(8));
  expect(new Set(choices(7)).size).toBeGreaterThan(5);
});
