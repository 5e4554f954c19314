// The podlet's HTTP client against servers that send exactly what a case says.
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { connect } from 'node:net';
import { AnswerReader } from '../../podlet/http-answer.ts';
import { HttpClient } from '../../podlet/http-client.ts';

const MOST = 1000;
const URL_OF_ALL = new URL('http://127.0.0.1/sync?a=1');

/** The answer to these bytes, whole or one by one. */
function read(text: string, inOnes: boolean): { status: number; body: string; reusable: boolean } {
  const reader = new AnswerReader(MOST);
  const bytes = Buffer.from(text, 'latin1');
  const pieces = inOnes ? [...bytes].map((byte) => Buffer.from([byte])) : [bytes];
  for (const piece of pieces) {
    const answer = reader.push(piece);
    if (answer !== undefined) return { ...answer, body: answer.body.toString('latin1') };
  }
  const answer = reader.end();
  return { ...answer, body: answer.body.toString('latin1') };
}

describe('an answer', () => {
  it.each([
    ['of known length', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab', 200, 'ab', true],
    ['without a body', 'HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n', 403, '', true],
    ['without a reason', 'HTTP/1.1 200 \r\ncontent-length:  1  \r\n\r\na', 200, 'a', true],
    [
      'that is the last',
      'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na',
      200,
      'a',
      false,
    ],
    ['of HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na', 200, 'a', false],
    [
      'in chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3;x=y\r\nabc\r\nA \r\n0123456789\r\n0\r\nT: x\r\n\r\n',
      200,
      'abc0123456789',
      true,
    ],
    [
      'after others on the way',
      'HTTP/1.1 103 Early\r\nContent-Length: 9\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na',
      200,
      'a',
      true,
    ],
    ['that has none', 'HTTP/1.1 204 No Content\r\n\r\n', 204, '', true],
    ['until the end', 'HTTP/1.1 200 OK\r\n\r\nab', 200, 'ab', false],
  ])('%s', (_name, text, status, body, reusable) => {
    for (const inOnes of [false, true])
      expect(read(text, inOnes)).toEqual({ status, body, reusable });
  });

  it('leaves no connection behind that has sent more', () => {
    expect(read('HTTP/1.1 204 No\r\n\r\nHTTP/1.1 200 OK\r\n\r\n', false).reusable).toBe(false);
  });

  it.each([
    ['no HTTP', 'SSH-2.0-x\r\n\r\n', /no HTTP/],
    ['a length that is none', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n', /valid length/],
    ['an unknown encoding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n', /encoding/],
    [
      'a chunk without a size',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n',
      /valid chunk/,
    ],
    [
      'a chunk without an end',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabcd\r\n',
      /too long a line/,
    ],
    ['too long a body', `HTTP/1.1 200 OK\r\nContent-Length: ${MOST + 1}\r\n\r\n`, /too long/],
    [
      'too long a chunk',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffff\r\n',
      /too long/,
    ],
    ['no end', `HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(MOST + 1)}`, /too long/],
    ['an early end', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab', /ended before/],
    ['nothing', '', /ended before/],
  ])('%s is an error', (_name, text, message) => {
    for (const inOnes of [false, true]) expect(() => read(text, inOnes)).toThrow(message);
  });
});

describe('a client', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  /** A client of a server that does `serve` with each request's text. */
  async function clientOf(
    serve: (socket: Socket, request: string) => void,
  ): Promise<{ client: HttpClient; connections: () => number }> {
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => serve(socket, chunk.toString()));
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const client = new HttpClient({
      connect: () => connect({ host: '127.0.0.1', port }),
      maxBytes: MOST,
      patienceMs: 60_000,
    });
    return { client, connections: () => connections };
  }

  const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

  it('sends the request, and the next one on the same connection', async () => {
    const seen: string[] = [];
    const { client, connections } = await clientOf((socket, request) => {
      seen.push(request);
      socket.write(OK);
    });
    const post = { method: 'POST', url: URL_OF_ALL, headers: { A: 'b' }, body: 'é' } as const;
    expect((await client.send(post)).body.toString()).toBe('ok');
    await client.send({ method: 'GET', url: URL_OF_ALL });
    expect(seen).toEqual([
      'POST /sync?a=1 HTTP/1.1\r\nHost: 127.0.0.1\r\nA: b\r\nContent-Length: 2\r\n\r\né',
      'GET /sync?a=1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',
    ]);
    expect(connections()).toBe(1);
  });

  it('opens a connection beside one that is in use', async () => {
    const waiting: Socket[] = [];
    const { client, connections } = await clientOf((socket) => {
      waiting.push(socket);
      if (waiting.length === 2) for (const one of waiting) one.write(OK);
    });
    const get = { method: 'GET', url: URL_OF_ALL } as const;
    await Promise.all([client.send(get), client.send(get)]);
    expect(connections()).toBe(2);
  });

  it('uses no connection that the server has closed', async () => {
    const { client, connections } = await clientOf((socket) => socket.end(OK));
    const get = { method: 'GET', url: URL_OF_ALL } as const;
    await client.send(get);
    // Its end may arrive after the answer.
    await expect
      .poll(async () => {
        // The one that was closed meanwhile fails, as it does with any client.
        await client.send(get).catch(() => undefined);
        return connections();
      })
      .toBeGreaterThan(1);
  });

  it('fails with a connection that breaks, and when it is given up', async () => {
    const broken = await clientOf((socket) => socket.destroy());
    await expect(broken.client.send({ method: 'GET', url: URL_OF_ALL })).rejects.toThrow();
    const over = new AbortController();
    const silent = await clientOf(() => over.abort());
    const sent = silent.client.send({ method: 'GET', url: URL_OF_ALL }, over.signal);
    await expect(sent).rejects.toThrow('given up');
    const late = silent.client.send({ method: 'GET', url: URL_OF_ALL }, over.signal);
    await expect(late).rejects.toThrow('given up');
  });
});
