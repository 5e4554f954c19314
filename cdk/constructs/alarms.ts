// Alarms on droppod's own faults, by context only: CloudWatch bills each by the month; the metrics are free.
// What happens to pods (a container that fails, no capacity) is on the pods and raises none.
import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { Functions } from './functions.ts';
import type { Machine } from './machine.ts';

const PERIOD = Duration.minutes(5);

export class Alarms extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { machine, functions, topicArn }: { machine: Machine; functions: Functions; topicArn?: string },
  ) {
    super(scope, id);
    const executions = new Metric({
      namespace: 'AWS/States',
      metricName: 'ExecutionsFailed',
      dimensionsMap: { StateMachineArn: machine.arn },
      statistic: 'Sum',
      period: PERIOD,
    });
    const errorsOf = (name: 'sweep' | 'reconcile'): Metric =>
      functions.all[name].metricErrors({ period: PERIOD });
    const watched: [string, Metric, string][] = [
      ['Executions', executions, 'an execution of a pod failed by an error of droppod itself'],
      ['Sweep', errorsOf('sweep'), 'the sweep, which looks after all pods, failed'],
      ['Reconcile', errorsOf('reconcile'), 'the controllers failed'],
    ];
    for (const [name, metric, alarmDescription] of watched) {
      const alarm = new Alarm(this, name, {
        metric,
        alarmDescription,
        threshold: 1,
        evaluationPeriods: 1,
        comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      });
      if (topicArn !== undefined)
        alarm.addAlarmAction({ bind: () => ({ alarmActionArn: topicArn }) });
    }
  }
}
