// The detail of a "Step Functions Execution Status Change" as facts.

import { own } from '../own.ts';
import { present } from '../present.ts';

export interface ExecutionFacts {
  name: string;
  status: string;
  /** Why it FAILED: the error's name. */
  error?: string;
  /** More about the error: a Lambda function's is JSON with `errorMessage`. */
  cause?: string;
}

/** The execution and its status; undefined for any other detail. */
export function executionFacts(detail: unknown): ExecutionFacts | undefined {
  if (typeof detail !== 'object' || detail === null || !('name' in detail) || !('status' in detail))
    return undefined;
  const { name, status } = detail;
  if (typeof name !== 'string' || typeof status !== 'string') return undefined;
  return {
    name,
    status,
    ...present({ error: textIn(detail, 'error'), cause: textIn(detail, 'cause') }),
  };
}

function textIn(detail: object, name: string): string | undefined {
  const value = own(detail as Record<string, unknown>, name);
  return typeof value === 'string' ? value : undefined;
}

/** Beyond that an error's text is cut: it becomes an event's message. */
const MAX_TEXT = 400;

/** Why an execution failed, in a line; undefined where it did not fail by itself. */
export function failureOf({
  status,
  error,
  cause,
}: Omit<ExecutionFacts, 'name'>): string | undefined {
  if (status !== 'FAILED' && status !== 'TIMED_OUT') return undefined;
  const text = cause === undefined ? '' : messageOf(cause).split('\n', 1)[0];
  return [error ?? status, text].filter(Boolean).join(': ').slice(0, MAX_TEXT);
}

function messageOf(cause: string): string {
  try {
    const { errorMessage } = JSON.parse(cause) as { errorMessage?: unknown };
    return typeof errorMessage === 'string' ? errorMessage : cause;
  } catch {
    // Not of a function: the text of a state's own error.
    return cause;
  }
}
