import { Aws, Duration, Stack } from "aws-cdk-lib";
import { Alarm, CfnAlarm } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import { Construct } from "constructs";
import { addAlarm } from "./alarm.ts";
import { OperatorsDashboard } from "./dashboard.ts";
import type { DeploymentSettings } from "./deployment-schema.ts";
import type { Gateway } from "./gateway.ts";
import type { Ledger } from "./ledger.ts";
import { ownMetric } from "./metrics.ts";
import { RoomFunction } from "./room-function.ts";

export interface OperationsProps {
  readonly deployment: DeploymentSettings;
  readonly gateway: Gateway;
  readonly ledger: Ledger;
}

const FIVE_MINUTES = Duration.minutes(5);

/**
 * What a person on call looks at and is called by. It is made last, because it asks the stack what is in it: every
 * alarm of every room calls the same topic and names its entry in docs/runbook.md.
 */
export class Operations extends Construct {
  /** Every alarm and every recovery is written here; the configured address reads it, and others may. */
  readonly alarms: Topic;
  readonly dashboard: OperatorsDashboard;

  constructor(scope: Construct, id: string, props: OperationsProps) {
    super(scope, id);
    this.alarms = this.#makeTopic(props.deployment);
    this.#watchGateway(props.gateway);
    this.#watchLedger(props.ledger);
    const rooms = everyRoom(Stack.of(this));
    this.#watchRooms(rooms.filter((room) => room !== props.gateway.room));
    const alarms = everyAlarm(Stack.of(this));
    for (const alarm of alarms) this.#connect(alarm);
    this.dashboard = new OperatorsDashboard(this, "Dashboard", { ...props, alarms, rooms });
  }

  /**
   * A topic without a policy takes what its own account sends. One that asks for TLS has a policy, which replaces that, so
   * CloudWatch must be let in by name. Not encrypted by a key of ours: CloudWatch cannot use AWS's own key for it.
   */
  #makeTopic({ alarmEmail }: DeploymentSettings): Topic {
    const topic = new Topic(this, "Alarms", { displayName: "WLRouter alarms", enforceSSL: true });
    topic.addToResourcePolicy(
      new PolicyStatement({
        actions: ["sns:Publish"],
        principals: [new ServicePrincipal("cloudwatch.amazonaws.com")],
        resources: [topic.topicArn],
        conditions: { StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID } },
      }),
    );
    if (alarmEmail) topic.addSubscription(new EmailSubscription(alarmEmail));
    return topic;
  }

  #watchGateway({ room, api }: Gateway): void {
    const own = (name: string) =>
      ownMetric({ service: "gateway", name, statistic: "Sum", period: FIVE_MINUTES });
    addAlarm(this, "GatewayBroken", {
      metric: room.metricErrors({ period: FIVE_MINUTES }),
      from: 1,
      meaning: "The gateway's function crashed, ran out of memory or out of time: it never throws by itself.",
    });
    addAlarm(this, "GatewayThrottled", {
      metric: room.metricThrottles({ period: FIVE_MINUTES }),
      from: 1,
      meaning:
        "Lambda refused to start the gateway: the account's quota of concurrent executions is used up.",
    });
    addAlarm(this, "ServerErrors", {
      metric: api.metricServerError({ period: FIVE_MINUTES, statistic: "Average" }),
      from: 0.05,
      periods: 3,
      meaning:
        "One request in twenty, or more, has been answered with a 5xx status for a quarter of an hour.",
    });
    addAlarm(this, "NeedsOperator", {
      metric: own("Alarms"),
      from: 1,
      meaning:
        "Requests met what only the operator can mend (a refused provider key, a bug): the log says which.",
    });
    addAlarm(this, "SettlesLost", {
      metric: own("SettlesLost"),
      from: 1,
      meaning:
        "A charge could be written neither to the ledger nor to the queue for later: only its log line is left.",
    });
    addAlarm(this, "SettlesQueued", {
      metric: own("SettlesQueued"),
      from: 1,
      meaning: "Charges could not be written to the ledger and wait in a queue: DynamoDB did not answer.",
    });
  }

  #watchLedger({ sweeper, accounts }: Ledger): void {
    const own = (name: string) =>
      ownMetric({ service: "sweeper", name, statistic: "Maximum", period: FIVE_MINUTES });
    addAlarm(this, "SweeperSilent", {
      metric: sweeper.metricInvocations({ period: FIVE_MINUTES }),
      from: 1,
      periods: 2,
      below: true,
      meaning: "The sweeper has not run for ten minutes: what crashes leave behind stays held.",
    });
    addAlarm(this, "SweepFailing", {
      metric: own("SweepFailures"),
      from: 1,
      periods: 3,
      meaning: "The sweeper has been failing on something for a quarter of an hour.",
    });
    addAlarm(this, "HoldsOverdue", {
      metric: own("HoldsOverdue"),
      from: 1,
      meaning: "A hold has outlived its expiry by more than five minutes: money of a customer is stuck.",
    });
    addAlarm(this, "BalancesThrottled", {
      metric: accounts.metric("WriteThrottleEvents", { statistic: "Sum", period: FIVE_MINUTES }),
      from: 1,
      meaning: "DynamoDB throttled writes of balances: one account takes more than its partition gives.",
    });
  }

  /** One alarm each, of one family: they have one entry in the runbook. */
  #watchRooms(rooms: readonly RoomFunction[]): void {
    for (const room of rooms) {
      addAlarm(room, "Broken", {
        metric: room.metricErrors({ period: FIVE_MINUTES }),
        from: 1,
        periods: 2,
        meaning: "The function has been failing for ten minutes.",
      });
    }
  }

  #connect(alarm: Alarm): void {
    const action = new SnsAction(this.alarms);
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
    const resource = alarm.node.defaultChild;
    if (!CfnAlarm.isCfnAlarm(resource)) return;
    resource.alarmDescription = `${resource.alarmDescription} See docs/runbook.md, "${runbookEntry(alarm)}".`;
  }
}

/** How the alarm's entry in docs/runbook.md is called: by its place in the stack, or by its family. */
function runbookEntry(alarm: Alarm): string {
  if (alarm.node.scope instanceof RoomFunction && alarm.node.id === "Broken") return "A function fails";
  return alarm.node.path.split("/").slice(1).join(" ");
}

function everyAlarm(stack: Stack): Alarm[] {
  return stack.node.findAll().filter((construct) => construct instanceof Alarm);
}

function everyRoom(stack: Stack): RoomFunction[] {
  return stack.node.findAll().filter((construct) => construct instanceof RoomFunction);
}
