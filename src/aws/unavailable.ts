// Which of the SDK's errors are faults that a retry may fix.
import { Unavailable } from '../errors.ts';

/**
 * Throttling by all services, EventBridge's error for concurrent changes of a rule, and DynamoDB's for a repetition that is too early and
 * for an item that a transaction holds.
 */
const PASSING =
  /Throttl|TooManyRequests|RequestLimitExceeded|ProvisionedThroughputExceeded|TransactionInProgress|TransactionConflict|ReplicatedWriteConflict|ConcurrentModification|^Timeout|SlowDown/;

/** Unavailable for throttling, server faults and broken connections; any other error as it is. */
export function toUnavailable(error: unknown): unknown {
  if (
    !(error instanceof Error) ||
    error.name === 'AbortError' ||
    error.name === 'CredentialsProviderError'
  )
    return error;
  const { $fault, $metadata } = error as {
    $fault?: string;
    $metadata?: { httpStatusCode?: number };
  };
  const connection = 'code' in error && $metadata?.httpStatusCode === undefined;
  const server = $fault === 'server' || ($metadata?.httpStatusCode ?? 0) >= 500;
  return server || connection || PASSING.test(error.name)
    ? new Unavailable(`${error.name}: ${error.message}`, { cause: error })
    : error;
}
