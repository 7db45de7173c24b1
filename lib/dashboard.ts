import { Duration, Stack } from "aws-cdk-lib";
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  MathExpression,
  TextWidget,
} from "aws-cdk-lib/aws-cloudwatch";
import type { Construct } from "constructs";
import { DeadLetters } from "./dead-letters.ts";
import type { Gateway } from "./gateway.ts";
import type { Ledger } from "./ledger.ts";
import { NAMESPACE, ownMetric } from "./metrics.ts";
import type { RoomFunction } from "./room-function.ts";

export interface OperatorsDashboardProps {
  readonly gateway: Gateway;
  readonly ledger: Ledger;
  readonly alarms: readonly Alarm[];
  readonly rooms: readonly RoomFunction[];
}

const PERIOD = Duration.minutes(5);
const WHOLE_WIDTH = 24;

/** One page for a person on call, from what customers feel at the top to what machines do at the bottom. */
export class OperatorsDashboard extends Dashboard {
  constructor(scope: Construct, id: string, props: OperatorsDashboardProps) {
    const stack = Stack.of(scope);
    super(scope, id, {
      dashboardName: `${stack.stackName}-${stack.region}`,
      defaultInterval: Duration.hours(24),
      widgets: [
        [new TextWidget({ width: WHOLE_WIDTH, height: 1, markdown: HEADING })],
        [
          new AlarmStatusWidget({
            title: "Alarms",
            width: WHOLE_WIDTH,
            height: 5,
            alarms: [...props.alarms],
          }),
        ],
        customersRow(props.gateway),
        speedRow(),
        moneyRow(),
        ledgerRow(props.ledger),
        queuesRow(stack, props.rooms),
      ],
    });
  }
}

const HEADING = "**WLRouter.** What to do when something rings: docs/runbook.md. Times are UTC.";

function gateway(name: string, statistic = "Sum", label?: string): IMetric {
  return ownMetric({ service: "gateway", name, statistic, period: PERIOD }).with({ label: label ?? name });
}

function sweeper(name: string, statistic = "Sum"): IMetric {
  return ownMetric({ service: "sweeper", name, statistic, period: PERIOD });
}

function row(...graphs: readonly { title: string; left: IMetric[]; right?: IMetric[] }[]): IWidget[] {
  const width = WHOLE_WIDTH / graphs.length;
  return graphs.map(
    ({ title, left, right }) => new GraphWidget({ title, width, left, ...(right && { right }) }),
  );
}

function customersRow({ api }: Gateway): IWidget[] {
  const errorsByCode = new MathExpression({
    expression: `SEARCH('{${NAMESPACE},code,service} MetricName="Errors"', 'Sum', ${PERIOD.toSeconds()})`,
    usingMetrics: {},
    label: "",
    period: PERIOD,
  });
  return row(
    { title: "Chat requests", left: [gateway("Requests")], right: [gateway("Refused")] },
    { title: "Errors by code", left: [errorsByCode] },
    {
      title: "API Gateway's answers",
      left: [api.metricClientError({ period: PERIOD }), api.metricServerError({ period: PERIOD })],
      right: [api.metricCount({ period: PERIOD })],
    },
  );
}

function speedRow(): IWidget[] {
  const percentiles = (name: string) => ["p50", "p95", "p99"].map((each) => gateway(name, each, each));
  return row(
    { title: "Time to first token, ms", left: percentiles("TimeToFirstTokenMs") },
    { title: "Added by WLRouter, ms", left: percentiles("OverheadMs") },
    { title: "Whole request, ms", left: percentiles("LatencyMs") },
    // Each process judges for itself: the most that one of them leaves alone.
    { title: "Routes at rest after failures", left: [gateway("RoutesResting", "Maximum")] },
  );
}

function moneyRow(): IWidget[] {
  return row(
    { title: "Charged, millionths of a USD", left: [gateway("CostMicroUsd")] },
    { title: "Tokens", left: [gateway("InputTokens"), gateway("OutputTokens")] },
    {
      title: "Charges that could not be written at once",
      left: [gateway("SettlesLate"), gateway("SettlesQueued"), gateway("SettlesLost")],
    },
  );
}

function ledgerRow({ accounts, sweeper: room }: Ledger): IWidget[] {
  return row(
    {
      title: "Holds open",
      left: [sweeper("HoldsOpen", "Maximum")],
      right: [sweeper("HoldsOverdue", "Maximum")],
    },
    {
      title: "Swept",
      left: [
        sweeper("HoldsExpired"),
        sweeper("HoldsGivenBack"),
        sweeper("RecordsDrained"),
        sweeper("SweepFailures"),
      ],
    },
    {
      title: "Balances: throttled writes; the sweeper's seconds",
      left: [accounts.metric("WriteThrottleEvents", { statistic: "Sum", period: PERIOD })],
      right: [room.metricDuration({ period: PERIOD, statistic: "Maximum" })],
    },
  );
}

function queuesRow(stack: Stack, rooms: readonly RoomFunction[]): IWidget[] {
  const deadLetters = stack.node.findAll().filter((construct) => construct instanceof DeadLetters);
  const named = (room: RoomFunction) => room.node.path.split("/").slice(1).join(" ");
  return row(
    {
      title: "Dead letters waiting",
      left: deadLetters.map((queue) =>
        queue.metricApproximateNumberOfMessagesVisible({
          statistic: "Maximum",
          period: PERIOD,
          label: queue.node.path.split("/").slice(1).join(" "),
        }),
      ),
    },
    {
      title: "Functions that failed",
      left: rooms.map((room) => room.metricErrors({ period: PERIOD, label: named(room) })),
    },
    {
      title: "Functions at once",
      left: rooms.map((room) =>
        room.metric("ConcurrentExecutions", { period: PERIOD, statistic: "Maximum", label: named(room) }),
      ),
    },
  );
}
