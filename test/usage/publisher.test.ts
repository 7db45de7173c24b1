import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from "aws-lambda";
import { build } from "esbuild";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { entryItem } from "../../lambda/adapters/dynamodb/items.ts";
import type { Entry } from "../../lambda/core/charge.ts";
import { ENV } from "../../lambda/env.ts";
import { charge, late, movement } from "./entries.ts";
import { type FakeEventBridge, startEventBridge } from "./fake-event-bridge.ts";

const ROOM = path.join(import.meta.dirname, "../../lambda/usage/publish");

let bridge: FakeEventBridge;
let folder: string;
let handler: (event: DynamoDBStreamEvent) => Promise<DynamoDBBatchResponse>;
let logged: string;

/** One file of code, as lib/room-function.ts has it made. */
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "wlrouter-publisher-"));
  const outfile = path.join(folder, "index.mjs");
  await build({
    entryPoints: [path.join(ROOM, "handler.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node24",
    minify: true,
    keepNames: true,
    mainFields: ["module", "main"],
    banner: {
      js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);',
    },
  });
  bridge = await startEventBridge();
  vi.stubEnv("AWS_REGION", "eu-central-1");
  vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
  vi.stubEnv("AWS_ENDPOINT_URL_EVENTBRIDGE", bridge.endpoint);
  vi.stubEnv(ENV.eventBusName, "wlrouter");
  ({ handler } = await import(pathToFileURL(outfile).href));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await bridge.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  bridge.taken.length = 0;
  bridge.calls.length = 0;
  bridge.refuse = () => false;
  logged = "";
  const write = vi.spyOn(process.stdout, "write").mockImplementation((chunk) => {
    logged += String(chunk);
    return true;
  });
  return () => write.mockRestore();
});

let records = 0;

/** As DynamoDB's stream has it: the table is a stream of new and old images. */
function streamed(eventName: "INSERT" | "MODIFY" | "REMOVE", image: object, keys = image): DynamoDBRecord {
  records += 1;
  const { accountId, entryId } = keys as Record<string, { S: string }>;
  return {
    eventID: `c4ca4238a0b923820dcc509a6f7584${records}`,
    eventName,
    eventVersion: "1.1",
    eventSource: "aws:dynamodb",
    awsRegion: "eu-central-1",
    dynamodb: {
      ApproximateCreationDateTime: 1_795_406_706,
      Keys: { ...(accountId && { accountId }), ...(entryId && { entryId }) },
      ...(eventName !== "REMOVE" && { NewImage: image as Record<string, { S: string }> }),
      ...(eventName !== "INSERT" && { OldImage: image as Record<string, { S: string }> }),
      SequenceNumber: `1111110000000000${1_000 + records}`,
      SizeBytes: 600,
      StreamViewType: "NEW_AND_OLD_IMAGES",
    },
    eventSourceARN: "arn:aws:dynamodb:eu-central-1:111122223333:table/Ledger/stream/2026-11-23T00:00:00.000",
  };
}

const inserted = (entry: Entry) => streamed("INSERT", entryItem(entry));
const positionOf = ({ dynamodb }: DynamoDBRecord) => dynamodb?.SequenceNumber ?? "";
const failuresOf = async (...Records: DynamoDBRecord[]) =>
  (await handler({ Records })).batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
const published = () =>
  bridge.taken.map(({ DetailType, Detail }) => {
    const { entry_id, event_id } = JSON.parse(Detail);
    return `${DetailType} ${event_id ?? entry_id}`;
  });

test("each kind of entry is published once around a poison record, which alone is reported", async () => {
  const { entryId, accountId, createdAt, type } = entryItem(movement("x", "topup", 1n));
  const poison = streamed("INSERT", { accountId, entryId, createdAt, type });
  const before = [charge(1), charge(2, { outcome: "failed", timeToFirstTokenMs: undefined }), late(3)];
  const after = [
    movement("topup_1", "topup", 25n),
    movement("re_1", "refund", -5n),
    movement("adj_1", "adjustment", 1n),
    charge(4, { outcome: "expired", provider: "", tag: "team a" }),
  ];
  const batch = [...before.map(inserted), poison, ...after.map(inserted)];
  expect(await failuresOf(...batch)).toEqual([positionOf(poison)]);
  const expected = [
    "usage.settled req_acct_1_1",
    "usage.settled req_acct_1_2",
    "usage.settled late_req_acct_1_3",
    "balance.credited topup_1",
    "balance.adjusted re_1",
    "balance.adjusted adj_1",
    "usage.settled req_acct_1_4",
  ];
  expect(published()).toEqual(expected);
  expect(new Set(bridge.taken.map(({ EventBusName, Source }) => `${EventBusName} ${Source}`))).toEqual(
    new Set(["wlrouter wlrouter"]),
  );
  expect(logged).toContain("amount is missing");

  // The stream begins again at the poison record.
  expect(await failuresOf(...batch.slice(before.length))).toEqual([positionOf(poison)]);
  expect(await failuresOf(poison)).toEqual([positionOf(poison)]);
  expect(published()).toEqual(expected);
});

test.each([
  ["an unknown type", { type: { S: "gift" } }],
  ["an amount that is text", { amount: { S: "1" } }],
  ["a time that is none", { createdAt: { S: "yesterday" } }],
  ["a charge without a model", { model: { S: "" } }],
  ["an outcome that is none of ours", { outcome: { S: "great" } }],
  ["negative tokens", { inputTokens: { N: "-1" } }],
  ["half a token", { inputTokens: { N: "0.5" } }],
  ["no account", { accountId: undefined }],
])("a record with %s is poison", async (_, spoilt) => {
  const poison = streamed("INSERT", { ...entryItem(charge(1)), ...spoilt });
  expect(await failuresOf(poison, inserted(charge(2)))).toEqual([positionOf(poison)]);
  expect(published()).toEqual(["usage.settled req_acct_1_2"]);
});

test("an entry that was changed or removed is an alarm, the same one each time, and never usage", async () => {
  const tampering = [streamed("MODIFY", entryItem(charge(1))), streamed("REMOVE", entryItem(charge(2)))];
  expect(await failuresOf(...tampering)).toEqual([]);
  const once = published();
  expect(bridge.taken.map(({ DetailType }) => DetailType)).toEqual(["ledger.tampered", "ledger.tampered"]);
  expect(JSON.parse(bridge.taken[0]?.Detail ?? "")).toMatchObject({
    entry_id: "req_acct_1_1",
    change: "modified",
    created_at: "2026-11-23T04:05:06.000Z",
  });
  expect(logged).toContain('"EntriesTampered":2');
  await failuresOf(...tampering);
  expect(published()).toEqual([...once, ...once]);
});

test("what the bus refuses is tried again by itself, in tens, and reported when it stays refused", async () => {
  let refusals = 0;
  bridge.refuse = ({ Detail }) => {
    if (Detail.includes('"req_acct_1_3"')) return true;
    return Detail.includes('"req_acct_1_12"') && refusals++ === 0;
  };
  const batch = Array.from({ length: 25 }, (_, index) => inserted(charge(index + 1)));
  expect(await failuresOf(...batch)).toEqual([positionOf(batch[2] as DynamoDBRecord)]);
  expect(bridge.calls).toEqual([10, 1, 1, 10, 1, 5]);
  expect(published()).toHaveLength(24);
  expect(new Set(published()).size).toBe(24);
});
