// The last net under the serving process: an error that no code owns is logged with its cause, and the process serves on.
// It is no way to handle errors: every line of it is a defect, and every suite that finds one in a droppod's log fails.

/** How each line of the net begins; the suites look for it. */
export const UNOWNED = 'error without an owner: ';

/** Catches for the rest of the process's life. Call it once the process serves: what fails before ends it. */
export function spreadLastNet(say: (line: string) => void): void {
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => say(`${UNOWNED}${JSON.stringify({ event, cause: causeOf(error) })}`));
  }
  // A terminal that has gone fails every write to it: the net's own line must not come back as its next catch.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const text = error.stack ?? error.message;
  return error.cause === undefined ? text : `${text}\ncaused by ${causeOf(error.cause)}`;
}
