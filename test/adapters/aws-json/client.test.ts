import { crc32 } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import { createJsonClient, type JsonClient } from "../../../lambda/adapters/aws-json/client.ts";
import { startJsonServer } from "./json-server.ts";

const NOW_MS = Date.UTC(2026, 10, 25, 12);
const KEYS = { accessKeyId: "id", secretAccessKey: "secret", sessionToken: "token" };

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function world(answer: Parameters<typeof startJsonServer>[0], answerMs = 2_000) {
  const server = await startJsonServer(answer);
  const client: JsonClient = createJsonClient({
    endpoint: server.endpoint,
    region: "eu-central-1",
    service: "dynamodb",
    target: "DynamoDB_20120810",
    contentType: "application/x-amz-json-1.0",
    credentials: async () => KEYS,
    nowMs: () => NOW_MS,
    answerMs,
  });
  open.push(server, client);
  return { server, call: client.call };
}

test("A call is one signed POST, and its answer comes back whole.", async () => {
  const { server, call } = await world((_, response) => response.end('{"Item":{}}'));
  expect(await call("GetItem", '{"TableName":"Accounts"}')).toEqual({ status: 200, body: '{"Item":{}}' });
  expect(server.calls).toMatchObject([
    {
      path: "/",
      body: '{"TableName":"Accounts"}',
      headers: {
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": "DynamoDB_20120810.GetItem",
        "x-amz-date": "20261125T120000Z",
        "x-amz-security-token": "token",
        authorization: expect.stringMatching(
          /^AWS4-HMAC-SHA256 Credential=id\/20261125\/eu-central-1\/dynamodb\/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, Signature=[0-9a-f]{64}$/,
        ),
      },
    },
  ]);
});

test("A call whose connection breaks fails at once: it is never sent twice.", async () => {
  const { server, call } = await world((_, response) => response.destroy());
  await expect(call("UpdateItem", "{}")).rejects.toThrow();
  expect(server.calls).toHaveLength(1);
});

test("A server's failure is an answer like any other: it is never asked again.", async () => {
  const { server, call } = await world((_, response) => response.writeHead(500).end("{}"));
  expect(await call("UpdateItem", "{}")).toEqual({ status: 500, body: "{}" });
  expect(server.calls).toHaveLength(1);
});

test("An answer that does not begin, or not end, in time is given up.", async () => {
  const { call } = await world((_, response, count) => count === 2 && void response.write("{"), 50);
  await expect(call("GetItem", "{}")).rejects.toThrow(/Headers Timeout/);
  await expect(call("GetItem", "{}")).rejects.toThrow(/Body Timeout/);
});

test("An answer in many pieces is put together; one that was damaged on its way is refused.", async () => {
  const body = JSON.stringify({ Item: { name: { S: "ünïcode".repeat(20_000) } } });
  const { call } = await world((_, response, count) => {
    response.setHeader("x-amz-crc32", String(crc32(body)));
    response.end(count === 1 ? body : body.replace("ü", "u"));
  });
  expect((await call("GetItem", "{}")).body).toBe(body);
  await expect(call("GetItem", "{}")).rejects.toThrow(/damaged/);
});

const dateOf = (offsetMs: number) => new Date(NOW_MS + offsetMs).toUTCString();

test("A wrong clock is put right by the first answer, and again when it changes.", async () => {
  const offsets = [600_000, 600_000, -900_000, -900_000];
  const { server, call } = await world((_, response, count) => {
    response.writeHead(count === 1 ? 400 : 200, { date: dateOf(offsets[count - 1] ?? 0) }).end("{}");
  });
  for (const _ of offsets) await call("GetItem", "{}");
  expect(server.calls.map(({ headers }) => headers["x-amz-date"])).toEqual([
    "20261125T120000Z",
    "20261125T121000Z",
    "20261125T121000Z",
    "20261125T114500Z",
  ]);
});

test("A date that cannot be the service's own time is not believed.", async () => {
  const bad = [{ date: "yesterday" }, { date: dateOf(600_000), age: "600" }, {}];
  const { server, call } = await world((_, response, count) => {
    response.sendDate = false;
    response.writeHead(200, bad[count - 1]).end("{}");
  });
  for (const _ of bad) await call("GetItem", "{}");
  await call("GetItem", "{}");
  expect(new Set(server.calls.map(({ headers }) => headers["x-amz-date"]))).toEqual(
    new Set(["20261125T120000Z"]),
  );
});
