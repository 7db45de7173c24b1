import { CloudWatchLogsClient, paginateFilterLogEvents } from "@aws-sdk/client-cloudwatch-logs";
import { isRecord } from "../../core/is-record.ts";

/** Charges that only a log knows: what `owedSettle` says in its lines since a moment in epoch milliseconds. */
export async function* lostSettlesIn(logGroupName: string, sinceMs: number): AsyncIterable<string> {
  const client = new CloudWatchLogsClient({});
  const input = { logGroupName, startTime: sinceMs, filterPattern: "{ $.owedSettle = * }" };
  for await (const { events = [] } of paginateFilterLogEvents({ client }, input)) {
    for (const { message = "" } of events) {
      const line: unknown = JSON.parse(message);
      if (isRecord(line) && typeof line["owedSettle"] === "string") yield line["owedSettle"];
    }
  }
}
