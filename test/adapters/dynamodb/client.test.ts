import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { createDynamoClient } from "../../../lambda/adapters/dynamodb/client.ts";
import { createSdkStore } from "../../../lambda/adapters/dynamodb/sdk-store.ts";

test("A store that takes a request and never answers is given up, with the outcome unknown.", async () => {
  const silent = createServer((socket) => socket.resume()).listen(0, "127.0.0.1");
  await once(silent, "listening");
  const address = silent.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const client = createDynamoClient(`http://127.0.0.1:${address.port}`);
  const lost = createSdkStore(client).get("Accounts", { accountId: { S: "a" } }, { consistent: true });
  await expect(lost).rejects.toMatchObject({ name: "StoreError", failure: "unknown" });
  client.destroy();
  silent.close();
});
