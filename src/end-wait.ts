// Ends waits that are over.

const OVER = 'over';

/** Aborts with a constant reason: without one each abort creates an exception with a stack, and waits end several times for each write. */
export const endWait = (wait: AbortController): void => wait.abort(OVER);
