import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import type { Construct } from "constructs";

export interface AlarmProps {
  readonly metric: IMetric;
  /** It rings from this figure on. */
  readonly from: number;
  /** What has happened then, as sentences for whoever is woken up. */
  readonly meaning: string;
}

/** Rings at once, and is quiet where there are no figures because nothing happens. */
export function addAlarm(scope: Construct, id: string, { metric, from, meaning }: AlarmProps): void {
  new Alarm(scope, id, {
    alarmDescription: meaning,
    metric,
    threshold: from,
    evaluationPeriods: 1,
    comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
}
