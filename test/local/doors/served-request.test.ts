// Requests and responses without streams behave like the platform's own.
import { once } from 'node:events';
import { request as send, type IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { httpServer, listen } from '../../../local/server.ts';
import { wholeResponse } from '../../../src/api/wire/whole-response.ts';
import { systemClock } from '../../../src/system-clock.ts';
import { readWithin } from '../../../src/read-within.ts';

/** The answer's text to `body`, from a server with this handler. */
async function served(
  handler: (request: Request) => Promise<Response>,
  body: string[],
): Promise<{ status: number | undefined; text: string }> {
  const refusal = (code: number): Response => new Response(null, { status: code });
  const door = { handler, refusal, maxBodyBytes: 1000, clock: systemClock, log: () => undefined };
  const listening = await listen(() => httpServer(door), ['127.0.0.1'], 0);
  try {
    const outgoing = send({ port: listening.port, method: 'POST', path: '/a?b=%20c' });
    for (const piece of body) outgoing.write(piece);
    outgoing.end();
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    let text = '';
    for await (const piece of incoming.setEncoding('utf8')) text += piece as string;
    return { status: incoming.statusCode, text };
  } finally {
    await listening.close();
  }
}

describe('the request of a server', () => {
  const readers: Record<string, (request: Request) => Promise<string>> = {
    text: (request) => request.text(),
    json: async (request) => JSON.stringify(await request.json()),
    arrayBuffer: async (request) => Buffer.from(await request.arrayBuffer()).toString(),
    blob: async (request) => (await request.blob()).text(),
    'its stream': (request) => new Response(request.body).text(),
    'its pieces': async (request) => {
      expect(Object.hasOwn(request, 'pieces')).toBe(true);
      return Buffer.from((await readWithin(request, 100)) ?? []).toString();
    },
  };
  for (const [name, read] of Object.entries(readers))
    it(`is read by ${name}`, async () => {
      const answer = await served(
        async (request) => {
          const { pathname, searchParams } = new URL(request.url);
          expect([request.method, pathname, searchParams.get('b'), request.signal.aborted]).toEqual(
            ['POST', '/a', ' c', false],
          );
          expect(request.bodyUsed).toBe(false);
          return new Response(await read(request));
        },
        ['{"a":', '"é"}'],
      );
      expect(answer).toEqual({ status: 200, text: '{"a":"é"}' });
    });

  it('is not read beyond the limit of its reader', async () => {
    const answer = await served(
      async (request) => new Response(String(await readWithin(request, 5))),
      ['123', '456'],
    );
    expect(answer.text).toBe('undefined');
  });
});

describe('a whole response', () => {
  const init = { status: 201, headers: { 'content-type': 'application/json' } };

  it('reads like the platform’s own, once', async () => {
    const response = wholeResponse('{"a":"é"}', init);
    expect([response.status, response.headers.get('content-type')]).toEqual([
      201,
      'application/json',
    ]);
    expect(await response.clone().json()).toEqual({ a: 'é' });
    expect(await new Response(response.clone().body).text()).toBe('{"a":"é"}');
    expect(await (await response.clone().blob()).text()).toBe('{"a":"é"}');
    expect(response.bodyUsed).toBe(false);
    expect(Buffer.from(await response.arrayBuffer()).toString()).toBe('{"a":"é"}');
    expect(response.bodyUsed).toBe(true);
    await expect(response.text()).rejects.toThrow(TypeError);
  });

  it('is sent with its length in bytes', async () => {
    const answer = await served(() => Promise.resolve(wholeResponse('"é"', init)), []);
    expect(answer).toEqual({ status: 201, text: '"é"' });
  });
});
