// The last net under the serving process: an error that no code owns is logged with its cause, and the process serves on.
// It is no way to handle errors: every line of it is a defect, and every suite that finds one in a droppod's log fails.
import { fstatSync, writeSync } from 'node:fs';

/** How each line of the net begins; the suites look for it. */
export const UNOWNED = 'error without an owner: ';

/** Catches for the rest of the process's life. Call it once the process serves: what fails before ends it. */
export function spreadLastNet(say: (line: string) => void): void {
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) =>
      say(`${UNOWNED}${JSON.stringify({ event, cause: causeOf(error) })}`),
    );
  }
  for (const stream of [process.stdout, process.stderr]) keepWriting(stream);
  // A terminal that has gone fails every write to it: the net's own line must not come back as its next catch.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

/** Into a file without a stream, which would end for good at the first line that a full disk does not take. */
function keepWriting(stream: typeof process.stdout | typeof process.stderr): void {
  if (!fstatSync(stream.fd).isFile()) return;
  const write = (chunk: string | Uint8Array): boolean => {
    try {
      if (typeof chunk === 'string') writeSync(stream.fd, chunk);
      else writeSync(stream.fd, chunk);
    } catch {
      // No room: this line is lost, the next one may find some.
    }
    return true;
  };
  Object.assign(stream, { write });
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const text = error.stack ?? error.message;
  return error.cause === undefined ? text : `${text}\ncaused by ${causeOf(error.cause)}`;
}
