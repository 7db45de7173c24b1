/** `npm start`: the whole product in one process, on embedded stores kept in a folder. */
import { createObjectStore, createS3Client } from "../lambda/adapters/s3/object-store.ts";
import { WEBHOOK_PATH } from "../lambda/payments/webhook/api.ts";
import { ConfigError, compileCatalog, loadConfig } from "../lib/config.ts";
import { builtConsolePage } from "../lib/console-page.ts";
import { localConsole } from "../local/console.ts";
import { openConsumerStores } from "../local/consumer-stores.ts";
import { claimDataFolder, type DataFolder, FolderInUseError } from "../local/data-folder.ts";
import { startDynamo } from "../local/dynamodb.ts";
import { firstKey } from "../local/first-run.ts";
import { greeting } from "../local/greeting.ts";
import { openOwedSettles } from "../local/owed-settles.ts";
import { autoTopUpTarget, type LocalPayments, openLocalPayments } from "../local/payments.ts";
import { countingLog } from "../local/provider-statistics.ts";
import { keepReporting, reportWorld } from "../local/reports.ts";
import { openRequestLog } from "../local/request-log.ts";
import { systemTimers, wireLocal } from "../local/runtime.ts";
import { LOCAL_BUCKET, startS3 } from "../local/s3.ts";
import { startServer } from "../local/server.ts";
import { startUsage, usageFiles } from "../local/usage.ts";

const SWEEP_EVERY_MS = 60_000;

async function main(folder: DataFolder): Promise<void> {
  const config = await loadConfig(process.env["WLROUTER_CONFIG"] ?? "wlrouter.config.ts");
  const catalogFile = compileCatalog(config);
  const dynamo = await startDynamo(folder.file("dynamodb"));
  const s3 = await startS3(folder.file("s3"));
  const objects = createObjectStore(createS3Client(s3.endpoint), LOCAL_BUCKET);
  const logFile = openRequestLog(folder.file("requests.jsonl"));
  const log = countingLog(logFile);
  const report = (message: string) => console.error(message);
  // The API is there without it, and the console says how it is built.
  const page = builtConsolePage(report).catch((error: unknown) => void report(String(error)));
  let payments: LocalPayments | undefined;
  const usage = startUsage({
    objects,
    report,
    targets: [autoTopUpTarget(() => payments)],
    stores: openConsumerStores(dynamo.endpoint, dynamo.tables),
    ...usageFiles(folder.file),
  });
  const owedSettles = openOwedSettles(folder.file("owed-settles.jsonl"));
  const router = wireLocal(dynamo, catalogFile, log, systemTimers, usage.watch, owedSettles);
  payments = await openLocalPayments({
    ...{ dynamo, ledger: router.ledger, accounts: router.accounts, billing: catalogFile.billing, report },
    stripeApiBaseUrl: catalogFile.payments.stripeApiBaseUrl,
    environment: process.env,
    file: folder.file,
    nowMs: systemTimers.nowMs,
  });
  const key = await firstKey(router.accounts, router.keys, router.ledger);
  // What a crash left behind is mended before anyone asks.
  await router.sweep();
  const sweeping = setInterval(() => void router.sweep().catch(console.error), SWEEP_EVERY_MS);
  const stopReporting = keepReporting(reportWorld(router.accounts, router.keys, objects), report);
  // Beside the requests: after a crash it may be an hour's charges, and of a folder that never had a lake all of them.
  const healing = usage
    .heal(router.accounts)
    .catch((error: unknown) => report(`usage is not complete: ${String(error)}`));
  const consoleApp = localConsole({
    ...{ dynamo, s3Endpoint: s3.endpoint, objects, router, settings: config.console, report },
    ...{ payments: payments.payments, providerStatistics: log, file: folder.file, pageFolder: await page },
    nowMs: systemTimers.nowMs,
  });
  const server = await startServer(router.api, Number(process.env["PORT"] ?? 8787), undefined, [
    { path: WEBHOOK_PATH, fetch: payments.webhook.fetch },
    consoleApp,
  ]);
  const origin = `http://127.0.0.1:${server.port}`;
  const baseUrl = `${origin}/v1`;
  const consoleUrl = await consoleApp.open(origin);
  payments.start(origin);
  folder.announce({
    baseUrl,
    consoleUrl,
    dynamodbEndpoint: dynamo.endpoint,
    s3Endpoint: s3.endpoint,
    reportsBucket: LOCAL_BUCKET,
    testPaymentsUrl: payments.standIn?.baseUrl,
    pid: process.pid,
  });
  console.log(
    greeting({ baseUrl, consoleUrl, key, models: [...router.catalog.models.keys()], folder: folder.path }),
  );

  onStop(async () => {
    clearInterval(sweeping);
    await server.close();
    await consoleApp.close();
    await payments?.stop();
    await stopReporting();
    await usage.stop();
    await healing;
    router.close();
    await logFile.close();
    await dynamo.close();
    await s3.close();
    folder.release();
  });
}

/** Open streams finish and settle first. A second Ctrl-C does not wait: what it leaves behind, the next start mends. */
function onStop(stop: () => Promise<void>): void {
  let stopping = false;
  const signalled = (signal: NodeJS.Signals) => {
    // A process manager's SIGTERM may come twice, by way of npm and directly.
    if (stopping && signal === "SIGINT") process.exit(1);
    if (stopping) return;
    stopping = true;
    console.error("Stopping: open requests may finish (30 s at most). Once more to stop at once.");
    stop().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.on("SIGINT", signalled);
  process.on("SIGTERM", signalled);
}

function fail(error: unknown): void {
  const known =
    error instanceof ConfigError ||
    error instanceof FolderInUseError ||
    (error instanceof Error && "code" in error);
  console.error(error instanceof Error && known ? error.message : error);
  process.exit(1);
}

try {
  const folder = claimDataFolder(process.env["WLROUTER_DATA"] ?? ".wlrouter");
  await main(folder).catch((error: unknown) => {
    folder.release();
    throw error;
  });
} catch (error) {
  fail(error);
}
