// Steps after a commit point: the client's request has succeeded, whatever becomes of them.
import { Unavailable } from '../errors.ts';

/** Waits for a step after the commit. A dependency that does not answer is no failure of the request: sweep takes the step again. */
export async function afterCommit(step: Promise<void> | undefined): Promise<void> {
  try {
    await step;
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
  }
}
