// Streams through CloudFront are never silent for long, and nobody who reads them notices.
import { createGunzip, gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { keptAlive } from '../../../src/aws/lambda/keep-alive.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const THROUGH = { 'x-amz-cf-id': 'id' };
const MINUTE_MS = 60_000;

/** A body whose parts the test sends, and what came of it. */
function stream(type: string, headers: Record<string, string>, query = '') {
  const clock = new VirtualClock();
  let send!: ReadableStreamDefaultController<Uint8Array>;
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => void (send = controller),
    cancel: () => void (cancelled = true),
  });
  const request = new Request(`https://api/x${query}`, { headers });
  const response = keptAlive(
    new Response(body, { status: 201, headers: { 'content-type': type, etag: '1' } }),
    request,
    clock,
  );
  const reader = response.body!.getReader();
  const got: Uint8Array[] = [];
  const reading = (async () => {
    for (let part = await reader.read(); !part.done; part = await reader.read())
      got.push(part.value);
  })();
  return {
    clock,
    response,
    reading,
    send: (text: string) => send.enqueue(Buffer.from(text)),
    end: () => send.close(),
    leave: () => reader.cancel(),
    isCancelled: () => cancelled,
    got: () => Buffer.concat(got),
  };
}

it('spaces stand before events, and none within one', async () => {
  const watch = stream('application/json', THROUGH);
  await watch.clock.advance(MINUTE_MS);
  expect(watch.got().toString()).toBe('   ');
  watch.send('{"type":"ADDED"}\n{"ty');
  await watch.clock.advance(MINUTE_MS);
  watch.send('pe":"DELETED"}\n');
  await watch.clock.advance(MINUTE_MS);
  watch.end();
  await watch.reading;
  expect(watch.got().toString()).toBe('   {"type":"ADDED"}\n{"type":"DELETED"}\n  ');
  expect([watch.response.status, watch.response.headers.get('etag')]).toEqual([201, '1']);
});

it('a followed log is zipped: each line comes at once, silences are no text, and it ends whole', async () => {
  const log = stream('text/plain', { ...THROUGH, 'accept-encoding': 'gzip' }, '?follow=true');
  expect(log.response.headers.get('content-encoding')).toBe('gzip');
  const lines = ['one\n', 'x'.repeat(200_000), 'ü\n'];
  let text = '';
  const unzip = createGunzip();
  unzip.on('data', (part: Buffer) => (text += part.toString()));
  let read = 0;
  for (const line of lines) {
    log.send(line);
    await log.clock.advance(MINUTE_MS);
    const news = log.got().subarray(read);
    read += news.length;
    await new Promise((resolve) => unzip.write(news, resolve));
    expect(text.endsWith(line)).toBe(true);
  }
  const before = log.got().length;
  await log.clock.advance(MINUTE_MS);
  expect(log.got().length).toBeGreaterThan(before);
  log.end();
  await log.reading;
  expect(gunzipSync(log.got()).toString()).toBe(lines.join(''));
});

it('a reader that goes ends what it read', async () => {
  const log = stream('text/plain', { ...THROUGH, 'accept-encoding': 'gzip' }, '?follow=true');
  log.send('one\n');
  await log.clock.advance(MINUTE_MS);
  await log.leave();
  await log.reading;
  expect(log.isCancelled()).toBe(true);
});

it.each<[string, string, Record<string, string>, string]>([
  ['not through CloudFront', 'application/json', { 'accept-encoding': 'gzip' }, '?watch=1'],
  ['a text that is not followed', 'text/plain', { ...THROUGH, 'accept-encoding': 'gzip' }, ''],
  ['a reader of no gzip', 'text/plain', { ...THROUGH, 'accept-encoding': 'gzip;q=0' }, '?follow=1'],
  ['neither text nor JSON', 'application/x', THROUGH, ''],
])('left as it is: %s', async (_name, type, headers, query) => {
  const body = stream(type, headers, query);
  body.send('one\n');
  await body.clock.advance(MINUTE_MS);
  body.end();
  await body.reading;
  expect(body.got().toString()).toBe('one\n');
  expect(body.response.headers.has('content-encoding')).toBe(false);
});

it('an answer without a body stays one', () => {
  const request = new Request('https://api/', { headers: THROUGH });
  const response = new Response(null, { status: 304 });
  expect(keptAlive(response, request, new VirtualClock())).toBe(response);
});
