import { Duration } from "aws-cdk-lib";
import { Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import type { Bucket } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { LEDGER_BY_CREATED_AT } from "../lambda/adapters/dynamodb/tables.ts";
import { LAKE_ROOT } from "../lambda/adapters/s3/lake-schema.ts";
import { ENV } from "../lambda/env.ts";
import { addAlarm } from "./alarm.ts";
import { DeadLetters } from "./dead-letters.ts";
import type { Gateway } from "./gateway.ts";
import type { Ledger } from "./ledger.ts";
import { ownMetric } from "./metrics.ts";
import { RoomFunction } from "./room-function.ts";

export interface AuditProps {
  readonly ledger: Ledger;
  readonly gateway: Gateway;
  readonly lake: Bucket;
}

/** Each night, whether what must be equal is. It rings on any difference. */
export class Audit extends Construct {
  constructor(scope: Construct, id: string, props: AuditProps) {
    super(scope, id);
    const room = this.#makeFunction(props);
    const deadLetters = new DeadLetters(this, "DeadLetters", "a night's audit that failed");
    room.allow(deadLetters.queueArn, "sqs:SendMessage");
    room.configureAsyncInvoke({
      retryAttempts: 1,
      onFailure: { bind: () => ({ destination: deadLetters.queueArn }) },
    });
    new Rule(this, "EachNight", {
      // Long after the last charge of the day has reached the lake.
      schedule: Schedule.cron({ hour: "3", minute: "30" }),
      targets: [new LambdaFunction(room, { retryAttempts: 0, deadLetterQueue: deadLetters })],
    });
    addAlarm(this, "Silent", {
      metric: room.metricInvocations({ period: Duration.days(1) }),
      from: 1,
      below: true,
      meaning: "There has been no audit for a day: nobody would see a difference.",
    });
    for (const [name, metric] of [
      ["Differences", "AuditDifferences"],
      ["CutShort", "AuditsCutShort"],
    ] as const) {
      addAlarm(this, name, {
        metric: ownMetric({ service: "audit", name: metric, statistic: "Sum", period: Duration.hours(1) }),
        from: 1,
        meaning: MEANINGS[name],
      });
    }
  }

  #makeFunction({ ledger, gateway, lake }: AuditProps): RoomFunction {
    const room = new RoomFunction(this, "Function", {
      room: "ledger/audit",
      description: "Compares balances, entries, the lake and the log, each night",
      timeout: Duration.minutes(15),
      memorySizeMb: 1024,
      environment: {
        ...ledger.environment,
        [ENV.lakeBucket]: lake.bucketName,
        [ENV.owedSettlesQueue]: ledger.owedSettles.queue.queueUrl,
        [ENV.gatewayLogGroup]: gateway.room.logGroup.logGroupName,
      },
    });
    room.allow(ledger.accounts.tableArn, "dynamodb:Scan", "dynamodb:GetItem");
    room.allow(ledger.ledger.tableArn, "dynamodb:GetItem", "dynamodb:Query");
    room.allow(`${ledger.ledger.tableArn}/index/${LEDGER_BY_CREATED_AT}`, "dynamodb:Query");
    room.allow(`${lake.bucketArn}/${LAKE_ROOT}*`, "s3:GetObject");
    room.allow(lake.bucketArn, "s3:ListBucket");
    room.allow(ledger.owedSettles.queue.queueArn, "sqs:SendMessage");
    room.allow(gateway.room.logGroup.logGroupArn, "logs:FilterLogEvents");
    return room;
  }
}

const MEANINGS = {
  Differences: "Accounts, charges, rows or log lines do not agree: the audit's log says which.",
  CutShort: "The audit ran out of its 15 minutes before it had looked at every account.",
} as const;
