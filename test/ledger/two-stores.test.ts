import { afterAll, test } from "vitest";
import { type LocalDynamo, startDynamo } from "../../local/dynamodb.ts";
import { ledgerSuite } from "../adapters/dynamodb/ledger-suite.ts";
import { startDynamoDbLocal, whyNoDynamoDbLocal } from "../fakes/dynamodb-local.ts";

/** Every store by the gateway's own client and by the SDK; accounts are each test's own, so one store does for both. */
function bothClients(name: string, startStore: () => Promise<LocalDynamo>): void {
  let started: Promise<LocalDynamo> | undefined;
  const shared = async () => {
    started ??= startStore();
    return { ...(await started), close: async () => {} };
  };
  afterAll(async () => (await started)?.close());
  for (const client of ["direct", "sdk"] as const) ledgerSuite(name, shared, client);
}

bothClients("dynalite", () => startDynamo());

const reason = whyNoDynamoDbLocal();
if (reason === undefined) {
  bothClients("DynamoDB Local", startDynamoDbLocal);
} else {
  console.log(`The ledger suite on DynamoDB Local is skipped: ${reason}.`);
  test.skip(`The ledger on DynamoDB Local: ${reason}.`, () => {});
}
