/**
 * Trigger: the stream of the Ledger table, in batches.
 * Purpose: each new entry becomes one event on the bus; an entry that was changed or removed becomes an alarm.
 * Steps: read each record; publish the events; report, by sequence number, what is no entry or was not taken.
 * A retry begins at the first record reported and so repeats what came after it: this process publishes none of that
 * again, another one may, and consumers know repetitions by `entry_id`. A record that stays bad is alone in the end, by
 * bisection, and waits among the dead letters.
 */
import { setTimeout as pause } from "node:timers/promises";
import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from "aws-lambda";
import { readLedgerChange } from "../../adapters/dynamodb/stream-records.ts";
import { createEventBridgeClient, createEventBus } from "../../adapters/eventbridge/bus.ts";
import { ENV, environmentVariable } from "../../env.ts";
import { createPublisher, type PublishReport } from "./publish.ts";

const bus = createEventBus(createEventBridgeClient(), environmentVariable(ENV.eventBusName), (milliseconds) =>
  pause(milliseconds),
);
const publish = createPublisher(bus);
const metrics = new Metrics({ namespace: "WLRouter", serviceName: "publisher" });

export async function handler(event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> {
  const report = await publish(
    event.Records.map((record) => ({
      // Without a number Lambda takes the whole batch as failed, which is right: nobody knows where to begin again.
      sequenceNumber: record.dynamodb?.SequenceNumber ?? "",
      read: () => readLedgerChange(record),
    })),
  );
  tell(report);
  return {
    batchItemFailures: report.unpublished.map(({ sequenceNumber }) => ({ itemIdentifier: sequenceNumber })),
  };
}

function tell({ published, unpublished }: PublishReport): void {
  const tampered = published.filter((event) => event.type === "ledger.tampered");
  for (const { detail } of tampered) log({ event: "ledger.tampered", ...detail });
  for (const { sequenceNumber, cause } of unpublished) {
    log({ event: "unpublished", sequenceNumber, cause: String(cause) });
  }
  metrics.addMetric("EventsPublished", MetricUnit.Count, published.length);
  metrics.addMetric("EntriesTampered", MetricUnit.Count, tampered.length);
  metrics.addMetric("RecordsUnpublished", MetricUnit.Count, unpublished.length);
  metrics.publishStoredMetrics();
}

function log(line: object): void {
  process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), ...line })}\n`);
}
