// Steps after a commit point: the client's request has already succeeded, whatever their result.
import { Unavailable } from '../errors.ts';
import { faultMembers } from '../ports/log.ts';
import type { Ports } from '../ports/ports.ts';

/** Waits for a step after the commit. Its failure does not fail the request, since sweep repeats it; lasting faults are logged. */
export async function afterCommit(
  { log }: Pick<Ports, 'log'>,
  step: Promise<void> | undefined,
): Promise<void> {
  try {
    await step;
  } catch (error) {
    if (!(error instanceof Unavailable))
      log('error', 'a step after a commit failed', faultMembers(error));
  }
}
