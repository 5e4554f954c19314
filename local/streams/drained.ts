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

/**
 * Waits for work that a silent client may hold up for ever, but no longer than its source is open: a watch's time ends by itself.
 * (A race with `closed` for each piece would leave a reaction of each on it.)
 */
export function untilClosed(closed: Promise<unknown>): (work: Promise<void>) => Promise<void> {
  let over = false;
  let release = (): void => undefined;
  const end = (): void => {
    over = true;
    release();
  };
  closed.then(end, end);
  return (work) =>
    new Promise((resolve, reject) => {
      release = resolve;
      if (over) resolve();
      work.then(resolve, reject);
    });
}
