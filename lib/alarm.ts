import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import type { Construct } from "constructs";

export interface AlarmProps {
  readonly metric: IMetric;
  /** It rings from this figure on. */
  readonly from: number;
  /** What has happened then, as sentences for whoever is woken up. */
  readonly meaning: string;
  /** How many of the metric's periods must say so, one after another. Default: one. */
  readonly periods?: number;
  /** For what must happen all the time: it rings below the figure, and where there are no figures. */
  readonly below?: boolean;
}

/**
 * Rings at once, and is quiet where there are no figures because nothing happens. Whom it calls, and which entry of
 * docs/runbook.md says what to do, `Operations` adds to every alarm of the stack.
 */
export function addAlarm(scope: Construct, id: string, props: AlarmProps): Alarm {
  return new Alarm(scope, id, {
    alarmDescription: props.meaning,
    metric: props.metric,
    threshold: props.from,
    evaluationPeriods: props.periods ?? 1,
    comparisonOperator: props.below
      ? ComparisonOperator.LESS_THAN_THRESHOLD
      : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    treatMissingData: props.below ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
  });
}
