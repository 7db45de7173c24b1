import { setTimeout as pause } from "node:timers/promises";
import {
  type CloudWatchLogsClient,
  GetQueryResultsCommand,
  type ResultField,
  StartQueryCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import type { ProviderCount, ProviderStatistics } from "../../core/operations.ts";

/** A query over an hour of logs takes a second or two. */
const POLL_MS = 500;
const MOST_POLLS = 30;

/** Each line of the gateway's log names the provider that was called, how it ended and with which error. */
const QUERY =
  'filter ispresent(provider) and provider != "" | stats count(*) as requests by provider, outcome, code | limit 1000';

export function createProviderStatistics(
  client: CloudWatchLogsClient,
  logGroupName: string,
  nowMs: () => number,
): ProviderStatistics {
  return {
    async since(fromMs) {
      const { queryId } = await client.send(
        new StartQueryCommand({
          logGroupName,
          queryString: QUERY,
          startTime: Math.floor(fromMs / 1_000),
          endTime: Math.ceil(nowMs() / 1_000),
        }),
      );
      for (let poll = 0; poll < MOST_POLLS; poll++) {
        const { status, results = [] } = await client.send(new GetQueryResultsCommand({ queryId }));
        if (status === "Complete") return countsOf(results);
        if (status !== "Scheduled" && status !== "Running") break;
        await pause(POLL_MS);
      }
      throw new Error("the gateway's log could not be queried");
    },
  };
}

function countsOf(rows: readonly ResultField[][]): Map<string, ProviderCount> {
  const counts = new Map<string, ProviderCount & { readonly ofLastError: number }>();
  for (const row of rows) {
    const field = (name: string) => row.find((known) => known.field === name)?.value;
    const provider = field("provider") ?? "";
    const requests = Number(field("requests") ?? 0);
    const isFailure = field("outcome") !== "completed";
    const before = counts.get(provider);
    // The most frequent error stands for all.
    const isWorse = isFailure && requests > (before?.ofLastError ?? 0);
    counts.set(provider, {
      requests: (before?.requests ?? 0) + requests,
      failures: (before?.failures ?? 0) + (isFailure ? requests : 0),
      lastErrorCode: isWorse ? field("code") : before?.lastErrorCode,
      ofLastError: isWorse ? requests : (before?.ofLastError ?? 0),
    });
  }
  return counts;
}
