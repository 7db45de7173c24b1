import type { Duration } from "aws-cdk-lib";
import { Metric } from "aws-cdk-lib/aws-cloudwatch";

/** Of every metric that the rooms write themselves. */
export const NAMESPACE = "WLRouter";

export interface OwnMetric {
  /** The room, as it names itself. */
  readonly service: string;
  readonly name: string;
  readonly statistic: string;
  readonly period: Duration;
}

/** A metric that a room writes into its log, in CloudWatch's embedded metric format. */
export function ownMetric({ service, name, statistic, period }: OwnMetric): Metric {
  return new Metric({
    namespace: NAMESPACE,
    metricName: name,
    dimensionsMap: { service },
    statistic,
    period,
  });
}
