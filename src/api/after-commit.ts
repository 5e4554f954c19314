// Steps after a commit point: the client's request has already succeeded, whatever their result.
import { Unavailable } from '../errors.ts';

/** Waits for a step after the commit. Its failure does not fail the request: sweep takes the step again. One that is no passing fault is written to the log. */
export async function afterCommit(step: Promise<void> | undefined): Promise<void> {
  try {
    await step;
  } catch (error) {
    if (!(error instanceof Unavailable)) console.error('a step after a commit failed:', error);
  }
}
