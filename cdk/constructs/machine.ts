// The state machine: statemachines/pod.asl.yaml with the functions' ARNs in place of its ${Names}, and its revision.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { parse } from 'yaml';
import { OPTIONAL_NAMES } from '../../src/aws/config.ts';
import { STEPS, type Functions } from './functions.ts';

/** `bind-pod` is `${BindPod}` in the document. */
export const placeholder = (name: string): string =>
  name.replaceAll(/(^|-)(\w)/g, (_, __, letter: string) => letter.toUpperCase());

export class Machine extends Construct {
  readonly arn: string;
  constructor(
    scope: Construct,
    id: string,
    { name, functions }: { name: string; functions: Functions },
  ) {
    super(scope, id);
    const document: unknown = parse(
      readFileSync(join(import.meta.dirname, '../../statemachines/pod.asl.yaml'), 'utf8'),
    );
    const arns = Object.fromEntries(
      STEPS.map((step) => [placeholder(step), functions.all[step].functionArn]),
    );
    const revision = createHash('sha256')
      .update(JSON.stringify([document, Stack.of(this).resolve(arns)]))
      .digest('hex')
      .slice(0, 16);
    const machine = new StateMachine(this, 'Pod', {
      stateMachineName: name,
      definitionBody: DefinitionBody.fromString(JSON.stringify(document)),
      definitionSubstitutions: { ...arns, Revision: revision },
      // Errors only: the execution's own history is the pod's audit trail.
      logs: {
        destination: new LogGroup(this, 'Logs', {
          retention: RetentionDays.ONE_WEEK,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: LogLevel.ERROR,
      },
    });
    for (const step of STEPS) functions.all[step].grantInvoke(machine);
    // Sweep hands living pods over to the newest revision, so it must not learn of a revision before it is deployed.
    functions.all.sweep.addEnvironment(OPTIONAL_NAMES.machineRevision, revision);
    functions.all.sweep.node.addDependency(machine);
    this.arn = machine.stateMachineArn;
  }
}
