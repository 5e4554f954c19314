// The state machine: statemachines/pod.asl.yaml with the functions' ARNs put in for its ${Names}.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RemovalPolicy } from 'aws-cdk-lib';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { parse } from 'yaml';
import { STEPS, type Functions } from './functions.ts';

/** `bind-pod` stands in the document as `${BindPod}`. */
export const placeholder = (name: string): string => name.replaceAll(/(^|-)(\w)/g, (_, __, letter: string) => letter.toUpperCase());

export class Machine extends Construct {
  readonly arn: string;
  constructor(scope: Construct, id: string, { name, functions }: { name: string; functions: Functions }) {
    super(scope, id);
    const document: unknown = parse(readFileSync(join(import.meta.dirname, '../../statemachines/pod.asl.yaml'), 'utf8'));
    const machine = new StateMachine(this, 'Pod', {
      stateMachineName: name,
      definitionBody: DefinitionBody.fromString(JSON.stringify(document)),
      definitionSubstitutions: Object.fromEntries(STEPS.map((step) => [placeholder(step), functions.all[step].functionArn])),
      // Faults only: the pod's audit trail is the execution's own history.
      logs: { destination: new LogGroup(this, 'Logs', { retention: RetentionDays.ONE_WEEK, removalPolicy: RemovalPolicy.DESTROY }), level: LogLevel.ERROR },
    });
    for (const step of STEPS) functions.all[step].grantInvoke(machine);
    this.arn = machine.stateMachineArn;
  }
}
