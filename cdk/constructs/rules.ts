// What wakes droppod by itself: task changes, ended executions, and the sweep every minute, which disables itself while no pod lives.
import { Duration } from 'aws-cdk-lib';
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import type { Cluster } from './cluster.ts';
import type { Functions } from './functions.ts';
import type { Machine } from './machine.ts';

export class Rules extends Construct {
  constructor(
    scope: Construct,
    id: string,
    {
      cluster,
      machine,
      functions,
      sweepRuleName,
    }: { cluster: Cluster; machine: Machine; functions: Functions; sweepRuleName: string },
  ) {
    super(scope, id);
    const observe = new LambdaFunction(functions.all.observe, { retryAttempts: 3 });
    new Rule(this, 'TaskChanges', {
      eventPattern: {
        source: ['aws.ecs'],
        detailType: ['ECS Task State Change'],
        detail: { clusterArn: [cluster.arn] },
      },
      targets: [observe],
    });
    new Rule(this, 'ExecutionChanges', {
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          stateMachineArn: [machine.arn],
          status: ['FAILED', 'TIMED_OUT', 'ABORTED', 'SUCCEEDED'],
        },
      },
      targets: [observe],
    });
    new Rule(this, 'Sweep', {
      ruleName: sweepRuleName,
      // Changed manifests change the description: CloudFormation then updates the rule, which switches it on.
      description: `looks after pods; static pods: ${functions.staticPods ?? 'none'}`,
      // Sweep itself disables the rule; if the template did, a deployment would stop it under living pods.
      enabled: true,
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [
        new LambdaFunction(functions.all.sweep, { retryAttempts: 0 }),
        new LambdaFunction(functions.all.reconcile, {
          retryAttempts: 0,
          event: RuleTargetInput.fromObject({ replay: true }),
        }),
      ],
    });
  }
}
