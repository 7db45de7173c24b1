import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { LambdaIntegration, type RestApi } from "aws-cdk-lib/aws-apigateway";
import { Metric } from "aws-cdk-lib/aws-cloudwatch";
import { Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction, SqsQueue } from "aws-cdk-lib/aws-events-targets";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { RULES } from "../lambda/adapters/eventbridge/rules.ts";
import { ENV, PAYMENT_SECRETS, PAYMENTS_FILE } from "../lambda/env.ts";
import { addAlarm } from "./alarm.ts";
import type { CatalogFile } from "./config.ts";
import { DeadLetters } from "./dead-letters.ts";
import type { Ledger } from "./ledger.ts";
import { RoomFunction } from "./room-function.ts";
import type { Usage } from "./usage.ts";

export interface PaymentsProps {
  readonly ledger: Ledger;
  readonly usage: Usage;
  readonly api: RestApi;
  readonly catalog: CatalogFile;
}

/** Money in: Stripe's webhook, an hourly comparison with Stripe, and automatic top-ups of low balances. */
export class Payments extends Construct {
  readonly secret: Secret;
  /** What Stripe is told to send its events to. */
  readonly webhookUrl: string;
  readonly #props: PaymentsProps;

  constructor(scope: Construct, id: string, props: PaymentsProps) {
    super(scope, id);
    this.#props = props;
    this.secret = this.#makeSecret();
    this.#addWebhook(props.api);
    this.webhookUrl = props.api.urlForPath("/webhooks/stripe");
    this.#addReconciliation();
    this.#addAutoTopUp(props.usage);
  }

  /**
   * Made with nothing that is a key; until the operator fills it, top-ups are off.
   * `generateSecretString` must never change: CloudFormation would generate the value anew, over the operator's keys.
   */
  #makeSecret(): Secret {
    const { secretKey, webhookSecret } = PAYMENT_SECRETS;
    return new Secret(this, "Keys", {
      description: `Stripe: a JSON object of ${secretKey} and ${webhookSecret}`,
      generateSecretString: { secretStringTemplate: "{}", generateStringKey: "generated" },
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  #addWebhook(api: RestApi): void {
    const room = this.#makeFunction("Webhook", "webhook", "Takes Stripe's events", Duration.seconds(30));
    const path = api.root.addResource("webhooks").addResource("stripe");
    // Not streamed: an answer is a line, and API Gateway gives Stripe's ten seconds up before we do.
    path.addMethod("POST", new LambdaIntegration(room, { scopePermissionToMethod: false }));
    addAlarm(this, "PaymentAlarms", {
      metric: metricNamed("PaymentAlarms", Duration.minutes(5)),
      from: 1,
      meaning:
        "A payment could not be credited as it is (of an unknown account, of another amount or currency), or an " +
        "event came of another mode than the key: the webhook's log says which.",
    });
    addAlarm(this, "WebhooksFailed", {
      metric: metricNamed("WebhooksFailed", Duration.minutes(15)),
      from: 3,
      meaning:
        "Stripe's events cannot be handled; Stripe sends them again, and the hourly comparison makes up.",
    });
  }

  #addReconciliation(): void {
    const room = this.#makeFunction(
      "Reconcile",
      "reconcile",
      "Compares Stripe's payments with the ledger's credits",
      Duration.minutes(15),
    );
    const { accounts, ledger } = this.#props.ledger;
    room.allow(accounts.tableArn, "dynamodb:Scan");
    room.allow(ledger.tableArn, "dynamodb:Query");
    const deadLetters = new DeadLetters(
      this,
      "ReconcileDeadLetters",
      "an hour in which payments were not compared with credits; the next hour's run may have made up for it",
    );
    room.allow(deadLetters.queueArn, "sqs:SendMessage");
    room.configureAsyncInvoke({
      // The next hour's run is the retry.
      retryAttempts: 0,
      onFailure: { bind: () => ({ destination: deadLetters.queueArn }) },
    });
    new Rule(this, "EachHour", {
      schedule: Schedule.cron({ minute: "40" }),
      targets: [new LambdaFunction(room, { retryAttempts: 0, deadLetterQueue: deadLetters })],
    });
    addAlarm(this, "NotComparing", {
      metric: room.metricInvocations({ period: Duration.hours(2) }),
      from: 1,
      below: true,
      meaning: "Payments have not been compared with credits for two hours: nobody would see a difference.",
    });
    addAlarm(this, "PaymentDifferences", {
      metric: metricNamed("PaymentDifferences", Duration.hours(1)),
      from: 1,
      meaning:
        "Payments and credits differed: the log of the comparison says which, and what has been mended.",
    });
    addAlarm(this, "PaymentsNotCompared", {
      metric: metricNamed("PaymentsNotCompared", Duration.hours(1)),
      from: 1,
      meaning: "Some payments could not be compared with their credits: the log of the comparison says why.",
    });
  }

  #addAutoTopUp({ bus }: Usage): void {
    const room = this.#makeFunction(
      "AutoTopUp",
      "auto-top-up",
      "Fills up low balances with saved payment methods",
      Duration.minutes(1),
    );
    const deadLetters = new DeadLetters(
      this,
      "AutoTopUpDeadLetters",
      "a low balance that could not be filled up",
    );
    const queue = new Queue(this, "AutoTopUpQueue", {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // Lambda's guide: six times the function's own.
      visibilityTimeout: Duration.minutes(6),
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: 5 },
    });
    new Rule(this, "AutoTopUpRule", {
      eventBus: bus,
      eventPattern: {
        source: [...RULES.autoTopUp.source],
        detailType: [...RULES.autoTopUp["detail-type"]],
      },
      targets: [new SqsQueue(queue, { deadLetterQueue: deadLetters })],
    });
    room.allow(queue.queueArn, "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes");
    room.addEventSourceMapping("Events", {
      eventSourceArn: queue.queueArn,
      // Each is a call or two of Stripe's, and may take seconds.
      batchSize: 1,
      reportBatchItemFailures: true,
      maxConcurrency: 2,
    });
  }

  /** Each posts credits, which is all that they have in common with the gateway: balances move, nothing is deleted. */
  #makeFunction(id: string, folder: string, description: string, timeout: Duration): RoomFunction {
    const { ledger, catalog } = this.#props;
    const room = new RoomFunction(this, id, {
      room: `payments/${folder}`,
      description,
      timeout,
      memorySizeMb: 512,
      environment: { ...ledger.environment, [ENV.paymentSecretArn]: this.secret.secretArn },
      files: { [PAYMENTS_FILE]: JSON.stringify({ billing: catalog.billing, payments: catalog.payments }) },
    });
    room.allow(ledger.accounts.tableArn, "dynamodb:GetItem", "dynamodb:UpdateItem");
    room.allow(ledger.ledger.tableArn, "dynamodb:GetItem", "dynamodb:PutItem");
    room.allow(this.secret.secretArn, "secretsmanager:GetSecretValue");
    return room;
  }
}

function metricNamed(metricName: string, period: Duration): Metric {
  return new Metric({
    namespace: "WLRouter",
    metricName,
    dimensionsMap: { service: "payments" },
    statistic: "Sum",
    period,
  });
}
