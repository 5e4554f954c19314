// The last resort of the serving process: an error that no code handles is logged with its cause, and the process goes on serving.
// It is not a way to handle errors: each such line is a defect, and a test that finds one in a droppod's log fails.
import { fstatSync, writeSync } from 'node:fs';

/** The beginning of each line it logs; the tests search for it. */
export const UNOWNED = 'error without an owner: ';

/** Installs it for the rest of the process's life. Call it once the process serves: earlier failures should end the process. */
export function spreadLastNet(say: (line: string) => void): void {
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) =>
      say(`${UNOWNED}${JSON.stringify({ event, cause: causeOf(error) })}`),
    );
  }
  for (const stream of [process.stdout, process.stderr]) keepWriting(stream);
  // When the terminal is gone every write to it fails; the logged line must not be caught and logged again.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

/** Writes to the file directly: a stream would stop for good at the first line that a full disk rejects. */
function keepWriting(stream: typeof process.stdout | typeof process.stderr): void {
  if (!fstatSync(stream.fd).isFile()) return;
  const write = (chunk: string | Uint8Array): boolean => {
    try {
      if (typeof chunk === 'string') writeSync(stream.fd, chunk);
      else writeSync(stream.fd, chunk);
    } catch {
      // No space: this line is lost, the next one may succeed.
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
