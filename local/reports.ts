import type { Accounts } from "../lambda/adapters/dynamodb/accounts.ts";
import type { ApiKeys } from "../lambda/adapters/dynamodb/api-keys.ts";
import type { ObjectStore } from "../lambda/core/ports.ts";
import type { ReportWorld } from "../lambda/reports/account-report.ts";
import { duePeriods } from "../lambda/reports/due.ts";
import { writeReports } from "../lambda/reports/run.ts";

export function reportWorld(accounts: Accounts, keys: ApiKeys, objects: ObjectStore): ReportWorld {
  return {
    accounts: () => accounts.scan(),
    entries: (accountId, range) => accounts.entries(accountId, range),
    keys: (accountId) => keys.list(accountId),
    objects,
  };
}

const HOUR_MS = 3_600_000;

/**
 * Writes the reports that are due, now and each hour, as the schedule does in AWS. What fails is said once, and tried
 * again an hour later.
 * @returns stops; resolves when nothing is being written any more.
 */
export function keepReporting(world: ReportWorld, onFailure: (message: string) => void): () => Promise<void> {
  let isStopping = false;
  const options = { nowMs: () => Date.now(), shouldStop: () => isStopping };
  async function run(): Promise<void> {
    try {
      for (const period of await duePeriods(world.objects, options.nowMs())) {
        const { failure } = await writeReports(world, period, options);
        if (failure) onFailure(`the reports of ${period.name} are not complete: ${failure}`);
      }
    } catch (error) {
      onFailure(`reports could not be written: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  let running = run();
  const timer = setInterval(() => {
    running = running.then(run);
  }, HOUR_MS);
  return async () => {
    isStopping = true;
    clearInterval(timer);
    await running;
  };
}
