import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Context } from "aws-lambda";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createObjectStore, createS3Client } from "../../lambda/adapters/s3/object-store.ts";
import { dayAt, previous } from "../../lambda/core/report/period.ts";
import { ENV } from "../../lambda/env.ts";
import { LOCAL_BUCKET, type LocalS3, startS3 } from "../../local/s3.ts";
import { type Router, startRouter } from "../fakes/router.ts";

let router: Router;
let s3: LocalS3;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "wlrouter-reports-"));
  router = await startRouter();
  s3 = await startS3(folder);
  vi.stubEnv("AWS_REGION", "eu-central-1");
  vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
  vi.stubEnv("AWS_ENDPOINT_URL_DYNAMODB", router.dynamo.endpoint);
  vi.stubEnv("AWS_ENDPOINT_URL_S3", s3.endpoint);
  vi.stubEnv(ENV.accountsTable, router.dynamo.tables.accounts);
  vi.stubEnv(ENV.ledgerTable, router.dynamo.tables.ledger);
  vi.stubEnv(ENV.apiKeysTable, router.dynamo.tables.apiKeys);
  vi.stubEnv(ENV.reportsBucket, LOCAL_BUCKET);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await router.close();
  await s3.close();
  rmSync(folder, { recursive: true });
});

async function invoke(remainingMs: number): Promise<void> {
  const { handler } = await import("../../lambda/reports/handler.ts");
  const context: Pick<Context, "getRemainingTimeInMillis"> = { getRemainingTimeInMillis: () => remainingMs };
  await handler({}, context as Context);
}

test("the schedule writes yesterday's reports, and goes on where a run that had no time left stopped", async () => {
  const yesterday = previous(dayAt(Date.now()));
  const { accountId, ledger } = router;
  await ledger.credit({
    accountId,
    creditId: "adj_yesterday",
    type: "adjustment",
    amountPicoUsd: 12n,
    createdAt: new Date(yesterday.fromMs).toISOString(),
  });
  const objects = createObjectStore(createS3Client(s3.endpoint), LOCAL_BUCKET);
  const summary = async () => {
    const bytes = await objects.get(`reports/daily/dt=${yesterday.name}/summary.csv`);
    return bytes && new TextDecoder().decode(bytes);
  };
  await invoke(0);
  expect(await summary()).toBeUndefined();
  await invoke(900_000);
  expect(await summary()).toContain(`\n${yesterday.name},${accountId},test,1,0,0,`);
});
