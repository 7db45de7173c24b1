import { Duration } from "aws-cdk-lib";
import type { TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { DeadLetters } from "./dead-letters.ts";
import { RoomFunction } from "./room-function.ts";

export interface OwedSettlesProps {
  readonly ledger: {
    readonly accounts: TableV2;
    readonly ledger: TableV2;
    /** The tables' names. */
    readonly environment: Readonly<Record<string, string>>;
  };
}

const TIMEOUT = Duration.minutes(1);

/**
 * Where a charge waits while DynamoDB does not answer, so that none is lost, and the function that writes it then. It is
 * tried for ten hours, and waits for a person after that.
 */
export class OwedSettles extends Construct {
  readonly queue: Queue;

  constructor(scope: Construct, id: string, { ledger }: OwedSettlesProps) {
    super(scope, id);
    const deadLetters = new DeadLetters(
      this,
      "DeadLetters",
      "a charge that could not be written to the ledger for ten hours; moved back to its queue it is tried again",
    );
    this.queue = new Queue(this, "Queue", {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      // Lambda's guide: six times the function's own.
      visibilityTimeout: Duration.seconds(6 * TIMEOUT.toSeconds()),
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: 100 },
    });
    const room = new RoomFunction(this, "Settle", {
      room: "ledger/settle",
      description: "Writes charges that the ledger could not take when their requests ended",
      timeout: TIMEOUT,
      memorySizeMb: 512,
      environment: ledger.environment,
    });
    room.allow(ledger.accounts.tableArn, "dynamodb:GetItem", "dynamodb:UpdateItem");
    room.allow(ledger.ledger.tableArn, "dynamodb:GetItem", "dynamodb:PutItem");
    room.allow(this.queue.queueArn, "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes");
    room.addEventSourceMapping("Owed", {
      eventSourceArn: this.queue.queueArn,
      // Few at a time: each may try for seconds while DynamoDB is slow.
      batchSize: 5,
      reportBatchItemFailures: true,
      maxConcurrency: 2,
    });
  }
}
