// Final refusals by a service: an outcome for the pod's owner to read, where a retry would be billed and not help.
import { own } from '../own.ts';

/** Error names explained for somebody who does not know the service. */
const MEANINGS: Record<string, string> = {
  AccessDeniedException: 'AWS does not permit it',
  BlockedException: 'AWS has blocked the account',
  ClusterNotFoundException: 'the ECS cluster is missing',
  LimitExceededException: 'a quota of the AWS account is used up',
  UnsupportedFeatureException: 'the region does not support it',
};

/** The refusal in one line; undefined for faults that a retry may fix, and for errors of our own. */
function refusalOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || (error as { $fault?: unknown }).$fault !== 'client')
    return undefined;
  return `${own(MEANINGS, error.name) ?? error.name}: ${error.message}`;
}

/** The result of a call, or its refusal as data. */
export async function orRefusal<T>(call: Promise<T>): Promise<T | { failure: string }> {
  try {
    return await call;
  } catch (error) {
    const failure = refusalOf(error);
    if (failure === undefined) throw error;
    return { failure };
  }
}
