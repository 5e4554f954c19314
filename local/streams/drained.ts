// Back-pressure of Node's streams as a promise.
import type { Writable } from 'node:stream';

/** Resolves when the stream takes more or is gone; leaves no listener behind, however often it is asked. */
export function drained(stream: Pick<Writable, 'on' | 'off'>): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done);
      stream.off('close', done);
      resolve();
    };
    stream.on('drain', done);
    stream.on('close', done);
  });
}
