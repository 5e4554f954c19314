// The server's structured log: a file of JSON lines that is rotated when large, keeping one old file.
import { createWriteStream, renameSync, statSync, type WriteStream } from 'node:fs';

const MAX_BYTES = 8 * 1024 * 1024;

/** Appends lines to the file. A line that cannot be written (a full disk) is lost: the log never stops the server. */
export function logFile(path: string): { write(line: string): void; close(): Promise<void> } {
  let stream: WriteStream | undefined;
  let bytes = 0;
  const open = (): WriteStream => {
    bytes = sizeOf(path);
    if (bytes > MAX_BYTES) {
      renameSync(path, `${path}.1`);
      bytes = 0;
    }
    const opened = createWriteStream(path, { flags: 'a', mode: 0o600 });
    opened.on('error', () => (stream = undefined));
    return opened;
  };
  return {
    write(line) {
      if (stream !== undefined && bytes > MAX_BYTES) {
        stream.end();
        stream = undefined;
      }
      stream ??= open();
      bytes += line.length + 1;
      stream.write(`${line}\n`);
    },
    close: () =>
      new Promise((resolve) => {
        if (stream === undefined) return resolve();
        // A stream that fails at its end calls back as well, with the error.
        stream.end(() => resolve());
      }),
  };
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
