import { Duration } from "aws-cdk-lib";
import { Metric } from "aws-cdk-lib/aws-cloudwatch";
import { EventBus, type IRuleTarget, Match, Rule, RuleTargetInput } from "aws-cdk-lib/aws-events";
import { addToDeadLetterQueueResourcePolicy, SqsQueue } from "aws-cdk-lib/aws-events-targets";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { StartingPosition } from "aws-cdk-lib/aws-lambda";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { LEDGER_BY_CREATED_AT } from "../lambda/adapters/dynamodb/tables.ts";
import { BUS_NAME, RULES } from "../lambda/adapters/eventbridge/rules.ts";
import { ENV } from "../lambda/env.ts";
import { addAlarm } from "./alarm.ts";
import { DeadLetters } from "./dead-letters.ts";
import { Lake } from "./lake.ts";
import type { Ledger } from "./ledger.ts";
import { RoomFunction } from "./room-function.ts";

export interface UsageProps {
  readonly ledger: Ledger;
}

type BusRule = (typeof RULES)[keyof typeof RULES];

/** What a function is given at once. */
interface Batch {
  readonly atMost: number;
  readonly gathered: Duration;
}

/** How long the bus can deliver again what it has seen; the ledger can (`usage replay`) forever. */
const ARCHIVED = Duration.days(30);

/** Every new ledger entry becomes an event on the bus; what listens there is the lake, the rollups and low balances. */
export class Usage extends Construct {
  readonly bus: EventBus;
  readonly lake: Lake;
  readonly #ledger: Ledger;

  constructor(scope: Construct, id: string, { ledger }: UsageProps) {
    super(scope, id);
    this.#ledger = ledger;
    this.bus = new EventBus(this, "Bus", {
      eventBusName: BUS_NAME,
      description: "What WLRouter's ledger has seen",
    });
    this.bus.archive("Archive", {
      description: "Every event, to be delivered again",
      eventPattern: { source: Match.prefix("") },
      retention: ARCHIVED,
    });
    this.#addPublisher();
    this.lake = new Lake(this, "Lake");
    this.#feedLake();
    this.#addRollups();
    this.#addLowBalance();
  }

  /**
   * No filter: an entry is put once, so whatever else the stream shows is tampering, and that is the publisher's to say.
   * A batch that fails is halved until the record that is at fault is alone; the others go through.
   */
  #addPublisher(): void {
    const room = new RoomFunction(this, "Publisher", {
      room: "usage/publish",
      description: "Publishes new ledger entries as events",
      timeout: Duration.minutes(1),
      memorySizeMb: 512,
      environment: { [ENV.eventBusName]: this.bus.eventBusName },
    });
    const streamArn = streamOf(this.#ledger);
    const unpublished = new DeadLetters(
      this,
      "Unpublished",
      "the place in the Ledger's stream of entries that could not be published: mend the cause, then `usage replay`",
    );
    room.allow(this.bus.eventBusArn, "events:PutEvents");
    room.allow(streamArn, "dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator");
    // IAM knows no resource of this action; on a stream's ARN it grants nothing, and Lambda refuses the mapping.
    room.allow("*", "dynamodb:ListStreams");
    room.allow(unpublished.queueArn, "sqs:SendMessage");
    room.addEventSourceMapping("Stream", {
      eventSourceArn: streamArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 100,
      maxBatchingWindow: Duration.seconds(5),
      reportBatchItemFailures: true,
      bisectBatchOnError: true,
      retryAttempts: 10,
      onFailure: { bind: () => ({ destination: unpublished.queueArn }) },
    });
    // A stream forgets after 24 hours.
    addAlarm(this, "PublisherLate", {
      metric: room.metric("IteratorAge", { statistic: "Maximum", period: Duration.minutes(5) }),
      from: Duration.hours(1).toMilliseconds(),
      meaning: "New ledger entries wait for more than an hour to be published.",
    });
    addAlarm(this, "Tampered", {
      metric: new Metric({
        namespace: "WLRouter",
        metricName: "EntriesTampered",
        dimensionsMap: { service: "publisher" },
        statistic: "Sum",
        period: Duration.minutes(5),
      }),
      from: 1,
      meaning:
        "A ledger entry was changed or removed, which nothing of ours ever does: the publisher's log says which.",
    });
  }

  /** The detail alone, since that is what a row is. CDK's own target for Firehose knows no dead letters. */
  #feedLake(): void {
    const { stream } = this.lake;
    const deadLetters = new DeadLetters(this, "LakeDeadLetters", "an event that Firehose did not take");
    const role = new Role(this, "LakeRuleRole", { assumedBy: new ServicePrincipal("events.amazonaws.com") });
    role.addToPolicy(
      new PolicyStatement({
        actions: ["firehose:PutRecord", "firehose:PutRecordBatch"],
        resources: [stream.attrArn],
      }),
    );
    const target: IRuleTarget = {
      bind: () => ({
        arn: stream.attrArn,
        role,
        input: RuleTargetInput.fromEventPath("$.detail"),
        deadLetterConfig: { arn: deadLetters.queueArn },
      }),
    };
    addToDeadLetterQueueResourcePolicy(this.#addRule("LakeRule", RULES.lake, target), deadLetters);
  }

  /**
   * The totals of an hour are computed from all its entries, so an event that comes twice changes nothing, and events that
   * come together are paid for once: they are gathered for a minute, a thousand at most (a kilobyte each; Lambda takes 6 MB).
   */
  #addRollups(): void {
    const room = new RoomFunction(this, "Rollup", {
      room: "usage/rollup",
      description: "Keeps the totals for charts",
      timeout: Duration.minutes(5),
      memorySizeMb: 512,
      environment: {
        ...this.#ledger.environment,
        [ENV.rollupsTable]: this.#ledger.rollups.tableName,
      },
    });
    room.allow(`${this.#ledger.ledger.tableArn}/index/${LEDGER_BY_CREATED_AT}`, "dynamodb:Query");
    room.allow(this.#ledger.rollups.tableArn, "dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem");
    this.#consume("Rollup", RULES.rollups, room, { atMost: 1_000, gathered: Duration.minutes(1) });
  }

  #addLowBalance(): void {
    const room = new RoomFunction(this, "LowBalance", {
      room: "usage/low-balance",
      description: "Says once when a balance has fallen below its account's threshold",
      timeout: Duration.minutes(1),
      memorySizeMb: 512,
      environment: {
        [ENV.accountsTable]: this.#ledger.accounts.tableName,
        [ENV.eventBusName]: this.bus.eventBusName,
      },
    });
    room.allow(this.#ledger.accounts.tableArn, "dynamodb:GetItem", "dynamodb:UpdateItem");
    room.allow(this.bus.eventBusArn, "events:PutEvents");
    this.#consume("LowBalance", RULES.lowBalance, room, { atMost: 100, gathered: Duration.seconds(5) });
  }

  /** A queue between bus and function: what fails is tried five times and then put aside, alone. */
  #consume(id: string, rule: BusRule, room: RoomFunction, batch: Batch): void {
    const deadLetters = new DeadLetters(this, `${id}DeadLetters`, `an event that ${id} could not handle`);
    const timeout = room.timeout ?? Duration.minutes(1);
    const queue = new Queue(this, `${id}Queue`, {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // Lambda's guide: six times the function's own, and the time of gathering.
      visibilityTimeout: Duration.seconds(6 * timeout.toSeconds() + batch.gathered.toSeconds()),
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: 5 },
    });
    this.#addRule(`${id}Rule`, rule, new SqsQueue(queue, { deadLetterQueue: deadLetters }));
    room.allow(queue.queueArn, "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes");
    room.addEventSourceMapping("Events", {
      eventSourceArn: queue.queueArn,
      batchSize: batch.atMost,
      maxBatchingWindow: batch.gathered,
      reportBatchItemFailures: true,
      // Charts can wait. A fresh account runs ten functions at a time, and those are for the gateway.
      maxConcurrency: 2,
    });
  }

  #addRule(id: string, rule: BusRule, target: IRuleTarget): Rule {
    const eventPattern = { source: [...rule.source], detailType: [...rule["detail-type"]] };
    return new Rule(this, id, { eventBus: this.bus, eventPattern, targets: [target] });
  }
}

function streamOf({ ledger }: Ledger): string {
  if (!ledger.tableStreamArn) throw new Error("the Ledger table has no stream: tables.ts says stream: false");
  return ledger.tableStreamArn;
}
