// A long response to a slow reader waits for back-pressure again and again.
import { EventEmitter } from 'node:events';
import type { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { drained } from '../../../local/streams/drained.ts';

it.each(['drain', 'close'])('leaves no listener behind after %s', async (event) => {
  const stream = new EventEmitter();
  for (let time = 0; time < 20; time++) {
    const waiting = drained(stream as unknown as Writable);
    stream.emit(event);
    await waiting;
  }
  expect(stream.listenerCount('close') + stream.listenerCount('drain')).toBe(0);
});
