// Steps after a commit point: the client's request has already succeeded, whatever their result.
import { Unavailable } from '../errors.ts';

/** Waits for a step after the commit. A dependency that does not answer does not fail the request: sweep takes the step again. */
export async function afterCommit(step: Promise<void> | undefined): Promise<void> {
  try {
    await step;
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
  }
}
