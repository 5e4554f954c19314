// What the DynamoDB thread and the process say to one another.
import type { Json } from '../../aws/protocol.ts';
import { AwsError } from '../../aws/protocol.ts';
import { Unusable } from '../../unusable.ts';

/** What the thread opens. */
export interface ThreadData {
  path?: string;
  acceptLoss?: boolean;
}

/** A call, by a number that its answer repeats. */
export type ThreadCall = { id: number } & (
  | { operation: string; input: unknown }
  /** A request to the endpoint, its body as text. */
  | { target: string; body: string }
  | { act: 'sweep' | 'close' }
);

/** The answer; `id` 0 is the opening. */
export type ThreadAnswer = { id: number } & ({ output: unknown } | { fault: ThreadFault });

/** An error without its class, which no message carries. */
export type ThreadFault =
  | { aws: { type: string; message: string; status: number; members: { [key: string]: Json } } }
  | { unusable: string }
  | { message: string; stack: string | undefined };

/** An error for a message. */
export function toFault(error: unknown): ThreadFault {
  if (error instanceof AwsError) {
    const { type, message, status, members } = error;
    return { aws: { type, message, status, members } };
  }
  if (error instanceof Unusable) return { unusable: error.message };
  return error instanceof Error
    ? { message: error.message, stack: error.stack }
    : { message: String(error), stack: undefined };
}

/** The error of a message. */
export function fromFault(fault: ThreadFault): unknown {
  if ('aws' in fault) {
    const { type, message, status, members } = fault.aws;
    return new AwsError(type, message, status, members);
  }
  if ('unusable' in fault) return new Unusable(fault.unusable);
  const error = new Error(fault.message);
  if (fault.stack !== undefined) error.stack = fault.stack;
  return error;
}
