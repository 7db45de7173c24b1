import { Duration } from "aws-cdk-lib";
import { Metric } from "aws-cdk-lib/aws-cloudwatch";
import { Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import { Construct } from "constructs";
import { API_KEYS_BY_ACCOUNT, LEDGER_BY_CREATED_AT } from "../lambda/adapters/dynamodb/tables.ts";
import { ENV } from "../lambda/env.ts";
import { addAlarm } from "./alarm.ts";
import { DeadLetters } from "./dead-letters.ts";
import type { Ledger } from "./ledger.ts";
import { PrivateBucket } from "./private-bucket.ts";
import { RoomFunction } from "./room-function.ts";

export interface ReportsProps {
  readonly ledger: Ledger;
}

/** What finance reads: each day and each month as files in a bucket of their own, computed from the ledger. */
export class Reports extends Construct {
  readonly bucket = new PrivateBucket(this, "Bucket");

  constructor(scope: Construct, id: string, { ledger }: ReportsProps) {
    super(scope, id);
    this.#schedule(this.#makeFunction(ledger));
  }

  #makeFunction(ledger: Ledger): RoomFunction {
    const room = new RoomFunction(this, "Function", {
      room: "reports",
      description: "Writes the reports of the days and months that have ended",
      timeout: Duration.minutes(15),
      memorySizeMb: 1024,
      environment: { ...ledger.environment, [ENV.reportsBucket]: this.bucket.bucketName },
    });
    room.allow(ledger.accounts.tableArn, "dynamodb:Scan");
    room.allow(`${ledger.ledger.tableArn}/index/${LEDGER_BY_CREATED_AT}`, "dynamodb:Query");
    room.allow(`${ledger.apiKeys.tableArn}/index/${API_KEYS_BY_ACCOUNT}`, "dynamodb:Query");
    room.allow(`${this.bucket.bucketArn}/reports/*`, "s3:GetObject", "s3:PutObject");
    // Also so that S3 says "there is none" rather than "denied" of a file that is not there.
    room.allow(this.bucket.bucketArn, "s3:ListBucket");
    addAlarm(this, "Failed", {
      metric: new Metric({
        namespace: "WLRouter",
        metricName: "ReportsFailed",
        dimensionsMap: { service: "reports" },
        statistic: "Sum",
        period: Duration.hours(1),
      }),
      from: 1,
      meaning: "The report of an account could not be written: the function's log says whose and why.",
    });
    return room;
  }

  /** Hourly, though a day ends once: a run that was cut short goes on, and late entries write their day again. */
  #schedule(room: RoomFunction): void {
    const deadLetters = new DeadLetters(
      this,
      "DeadLetters",
      "a run of the reports that failed; the next hour's run may have made up for it",
    );
    room.allow(deadLetters.queueArn, "sqs:SendMessage");
    room.configureAsyncInvoke({
      // The next hour's run is the retry.
      retryAttempts: 0,
      onFailure: { bind: () => ({ destination: deadLetters.queueArn }) },
    });
    new Rule(this, "EachHour", {
      schedule: Schedule.cron({ minute: "10" }),
      targets: [new LambdaFunction(room, { retryAttempts: 0, deadLetterQueue: deadLetters })],
    });
  }
}
