// Back-pressure of Node's streams, as a promise.
import type { Writable } from 'node:stream';

/** Resolves when the stream accepts more or is gone; leaves no listener behind, however often it is called. */
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
 * Waits for work that a silent client may block for ever, but only as long as its source is open: a watch ends at its own time.
 * (Racing `closed` for each piece would add one reaction to it every time.)
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
