import { test } from "vitest";
import { startDynamo } from "../../local/dynamodb.ts";
import { ledgerSuite } from "../adapters/dynamodb/ledger-suite.ts";
import { startDynamoDbLocal, whyNoDynamoDbLocal } from "../fakes/dynamodb-local.ts";

ledgerSuite("dynalite", () => startDynamo());

const reason = whyNoDynamoDbLocal();
if (reason === undefined) {
  ledgerSuite("DynamoDB Local", startDynamoDbLocal);
} else {
  console.log(`The ledger suite on DynamoDB Local is skipped: ${reason}.`);
  test.skip(`The ledger on DynamoDB Local: ${reason}.`, () => {});
}
