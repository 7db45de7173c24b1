import { Duration } from "aws-cdk-lib";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { addAlarm } from "./alarm.ts";

/**
 * Where what could not be delivered or handled waits for a person: as long as SQS keeps anything, with an alarm from the
 * first message until it is empty.
 */
export class DeadLetters extends Queue {
  /** @param contents What a message in it is, to end the sentence "There waits …" with. */
  constructor(scope: Construct, id: string, contents: string) {
    super(scope, id, {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    addAlarm(this, "Alarm", {
      metric: this.metricApproximateNumberOfMessagesVisible({
        statistic: "Maximum",
        period: Duration.minutes(1),
      }),
      from: 1,
      meaning: `There waits ${contents}.`,
    });
  }
}
