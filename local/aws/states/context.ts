// What the Step Functions operations share: the interpreter, the machines, and the ARNs of one account and region.
import type { Interpreter } from '../../states/interpreter.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { Input } from '../input.ts';
import { text } from '../input.ts';
import { AwsError } from '../protocol.ts';
import type { Machines } from './machines.ts';

export interface StatesContext {
  interpreter: Interpreter;
  machines: Machines;
  clock: Clock;
  uuid: () => string;
  account: string;
  region: string;
}

/** The ARN of a state machine, or with a second name of one of its executions. */
export function machineArn(
  { account, region }: StatesContext,
  name: string,
  execution?: string,
): string {
  const kind = execution === undefined ? 'stateMachine' : 'execution';
  return `arn:aws:states:${region}:${account}:${kind}:${name}${execution === undefined ? '' : `:${execution}`}`;
}

/** A member that must be there. */
export function required(input: Input, member: string): string {
  const value = text(input, member);
  if (value === undefined)
    throw new AwsError(
      'ValidationException',
      `1 validation error detected: Value null at '${member}' failed to satisfy constraint: Member must not be null`,
    );
  return value;
}

/** The last names of an ARN of that kind (`stateMachine`: one, `execution`: two). */
export function namesOf(
  arn: string,
  kind: 'stateMachine' | 'execution',
): { machine: string; execution: string } {
  const parts = arn.split(':');
  if (parts[0] !== 'arn')
    throw new AwsError('InvalidArn', `Invalid Arn: 'Invalid ARN prefix: ${arn}'`);
  const [, , service, , , resource, machine = '', execution = ''] = parts;
  if (
    service !== 'states' ||
    resource !== kind ||
    machine === '' ||
    parts.length !== (kind === 'stateMachine' ? 7 : 8)
  ) {
    throw new AwsError(
      'InvalidArn',
      `Invalid Arn: 'Resource type not valid in this context: ${resource ?? arn}'`,
    );
  }
  return { machine, execution };
}

/** The interpreter's key of an execution ARN. */
export function executionKey(arn: string): string {
  const { machine, execution } = namesOf(arn, 'execution');
  return `${machine}/${execution}`;
}

/** AWS's name rule for machines and executions. */
export function checkName(name: string): string {
  if (
    name === '' ||
    name.length > 80 ||
    /[\s"#$%&*,/:;<>?[\\\]^`{|}~\u0000-\u001f\u007f-\u009f]/.test(name)
  )
    throw new AwsError('InvalidName', `Invalid Name: '${name}'`);
  return name;
}

/** AWS's timestamps are seconds with a fraction. */
export const seconds = (ms: number): number => ms / 1000;

export const machineMissing = (arn: string): AwsError =>
  new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);

export const executionMissing = (arn: string): AwsError =>
  new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
