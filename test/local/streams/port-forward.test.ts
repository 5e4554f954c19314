// A forward's connections, each of two streams: what waits for a counterpart, and what no longer does.
import { expect, it } from 'vitest';
import { spdyPortForward, STREAM_CREATION_MS } from '../../../local/streams/port-forward.ts';
import type { SpdyStream } from '../../../local/streams/spdy-connection.ts';

interface Waiting {
  ms: number;
  signal: AbortSignal;
  wake: () => void;
}

function forwarding() {
  const waits: Waiting[] = [];
  const resets: string[] = [];
  const gone = new AbortController();
  const take = spdyPortForward({
    open: () => Promise.resolve(undefined),
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        waits.push({ ms, signal, wake: resolve });
        signal.addEventListener('abort', () => resolve());
      }),
    gone: gone.signal,
  });
  const stream = (requestid: string, streamtype: 'error' | 'data'): SpdyStream => ({
    id: 1,
    headers: { requestid, streamtype, port: '80' },
    onData: () => Promise.resolve(),
    onGone: () => undefined,
    write: () => Promise.resolve(),
    end: () => Promise.resolve(),
    reset: () => resets.push(`${requestid} ${streamtype}`),
  });
  return { take, stream, waits, resets, gone };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('A17: a connection whose streams are both there waits for nothing any more', async () => {
  const { take, stream, waits, resets } = forwarding();
  for (let number = 0; number < 20; number++)
    for (const type of ['error', 'data'] as const) take(stream(`${number}`, type));
  expect(waits.map(({ ms }) => ms)).toEqual(Array(20).fill(STREAM_CREATION_MS));
  expect(waits.every(({ signal }) => signal.aborted)).toBe(true);
  await turn();
  expect(resets).toEqual([]);
});

it('A17: a stream alone is reset after the time that a kubelet gives its counterpart', async () => {
  const { take, stream, waits, resets } = forwarding();
  take(stream('1', 'error'));
  expect(waits[0]?.signal.aborted).toBe(false);
  waits[0]?.wake();
  await turn();
  expect(resets).toEqual(['1 error']);
});

it('A17: with its client go all waits', () => {
  const { take, stream, waits, gone } = forwarding();
  take(stream('1', 'data'));
  gone.abort();
  expect(waits[0]?.signal.aborted).toBe(true);
});
