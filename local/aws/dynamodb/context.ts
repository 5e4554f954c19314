// What every DynamoDB operation of the local engine works on.
import type { Clock } from '../../../src/ports/clock.ts';
import type { Json } from '../protocol.ts';
import { AwsError } from '../protocol.ts';
import type { CheckInput, Store } from './dynalite.ts';

export interface DynamoContext {
  store: Store;
  clock: Clock;
  check: CheckInput;
  /** Transactions of the last ten minutes by ClientRequestToken. */
  tokens: Map<string, { content: string; at: number; output: Promise<Json> }>;
}

/** Input members of an operation. */
export type Members = { [member: string]: unknown };

/** An operation's input; AWS answers SerializationException to anything but an object. */
export function members(input: unknown): Members {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw new AwsError(
      'SerializationException',
      'Start of structure or map found where not expected.',
    );
  return input as Members;
}

/** AWS's ValidationException. */
export const validationError = (message: string): AwsError =>
  new AwsError('ValidationException', message);
