import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { localDynamoClient } from "../../../lambda/adapters/aws-json/services.ts";
import { createDynamoClient } from "../../../lambda/adapters/dynamodb/client.ts";
import { createDirectQueries, createDirectStore } from "../../../lambda/adapters/dynamodb/direct-store.ts";
import { createQueries } from "../../../lambda/adapters/dynamodb/queries.ts";
import { createSdkStore } from "../../../lambda/adapters/dynamodb/sdk-store.ts";
import type { Store } from "../../../lambda/adapters/dynamodb/store.ts";
import { startJsonServer } from "../aws-json/json-server.ts";

let server: Awaited<ReturnType<typeof startJsonServer>>;
let next: { status: number; body: string } = { status: 200, body: "{}" };
let stores: Record<"direct" | "sdk", Store>;
let queries: Record<"direct" | "sdk", ReturnType<typeof createQueries>>;
let close = async () => {};

beforeAll(async () => {
  server = await startJsonServer((_, response) => {
    response.writeHead(next.status, { "content-type": "application/x-amz-json-1.0" }).end(next.body);
  });
  const direct = localDynamoClient(server.endpoint);
  const sdk = createDynamoClient(server.endpoint);
  stores = { direct: createDirectStore(direct.call), sdk: createSdkStore(sdk) };
  queries = { direct: createDirectQueries(direct.call), sdk: createQueries(sdk) };
  close = async () => {
    sdk.destroy();
    await direct.close();
    await server.close();
  };
});
afterAll(() => close());

const refusal = (name: string, more: object = {}) =>
  JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: "by test", ...more });
const held = {
  accountId: { S: "a" },
  holds: { M: { r: { S: "h" } } },
  available: { N: "12345678901234567890" },
};

const FAILURES = [
  [400, refusal("ConditionalCheckFailedException"), { failure: "condition_failed", item: undefined }],
  [
    400,
    refusal("ConditionalCheckFailedException", { Item: held }),
    { failure: "condition_failed", item: held },
  ],
  [400, refusal("ProvisionedThroughputExceededException"), { failure: "throttled" }],
  [400, refusal("RequestLimitExceeded"), { failure: "throttled" }],
  [400, refusal("ThrottlingException"), { failure: "throttled" }],
  [400, refusal("AccessDeniedException"), { failure: "unknown" }],
  [400, refusal("InvalidSignatureException"), { failure: "unknown" }],
  [500, refusal("InternalServerError"), { failure: "unknown" }],
  [503, "<html>busy</html>", { failure: "unknown" }],
  [400, refusal("ValidationException"), { name: "ValidationException", message: "by test" }],
  [400, refusal("ResourceNotFoundException"), { name: "ResourceNotFoundException" }],
] as const;

for (const kind of ["direct", "sdk"] as const) {
  describe(`The ${kind} client`, () => {
    for (const [status, body, expected] of FAILURES) {
      test(`makes of ${status} ${body.slice(0, 90)} what it means for money, after one try.`, async () => {
        next = { status, body };
        const before = server.calls.length;
        const clauses = {
          set: ["#available = :a"],
          condition: ["#available >= :a"],
          values: { ":a": { N: "1" } },
        };
        const failed = stores[kind].update("Accounts", { accountId: { S: "a" } }, clauses);
        await expect(failed).rejects.toMatchObject(expected);
        expect(server.calls.length - before).toBe(1);
      });
    }

    test("gives up a call that is lost, with the outcome unknown.", async () => {
      const gone =
        kind === "direct" ? createDirectStore(localDynamoClient("http://127.0.0.1:9").call) : undefined;
      const store = gone ?? createSdkStore(createDynamoClient("http://127.0.0.1:9"));
      const lost = store.get("Accounts", { accountId: { S: "a" } }, { consistent: true });
      await expect(lost).rejects.toMatchObject({ name: "StoreError", failure: "unknown" });
    });
  });
}

test("Both clients ask for the same, word for word.", async () => {
  next = { status: 200, body: JSON.stringify({ Items: [held] }) };
  const bodies = { direct: [] as unknown[], sdk: [] as unknown[] };
  for (const kind of ["direct", "sdk"] as const) {
    const before = server.calls.length;
    await stores[kind].get("Accounts", { accountId: { S: "a" } }, { consistent: true });
    await stores[kind].putIfAbsent(
      "Ledger",
      { accountId: { S: "a" }, entryId: { S: "e" }, tags: { SS: ["x"] } },
      "entryId",
    );
    await stores[kind].update(
      "Accounts",
      { accountId: { S: "a" } },
      {
        set: ["#outbox.#r = :record"],
        remove: ["#holds.#r"],
        condition: ["#holds.#r = :hold"],
        names: { "#r": "req_1" },
        values: { ":record": { M: { amount: { N: "-5" }, estimated: { BOOL: true } } }, ":hold": { S: "h" } },
        returnUpdated: true,
      },
    );
    const partition = { name: "accountId", value: "a" };
    const between = { name: "createdAt", from: "1", to: "2" };
    expect(
      await Array.fromAsync(queries[kind].query("Ledger", { index: "byTime", partition, between })),
    ).toEqual([held]);
    expect(await Array.fromAsync(queries[kind].scan("Accounts", { index: 0, of: 2 }))).toEqual([held]);
    bodies[kind] = server.calls
      .slice(before)
      .map(({ headers, body }): unknown => [headers["x-amz-target"], JSON.parse(body)]);
  }
  expect(bodies.direct).toEqual(bodies.sdk);
});

test("Many pages are read one after another.", async () => {
  const paged = createDirectQueries(async (_, body) => {
    const { ExclusiveStartKey }: { ExclusiveStartKey?: { n: { N: string } } } = JSON.parse(body);
    const n = Number(ExclusiveStartKey?.n.N ?? 0) + 1;
    const more = n < 3 ? { LastEvaluatedKey: { n: { N: String(n) } } } : {};
    return { status: 200, body: JSON.stringify({ Items: [{ n: { N: String(n) } }], ...more }) };
  });
  const items = await Array.fromAsync(paged.scan("Accounts"));
  expect(items).toEqual([{ n: { N: "1" } }, { n: { N: "2" } }, { n: { N: "3" } }]);
});
