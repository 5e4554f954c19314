// Peers that never stop, never begin or talk nonsense: every probe and hook ends within its limits of time and bytes, with a result.
import { createServer } from 'node:http2';
import type { ServerHttp2Stream } from 'node:http2';
import { afterEach, describe, expect, it } from 'vitest';
import { Commands } from '../../../podlet/commands.ts';
import { attemptProbe } from '../../../podlet/probes/attempt.ts';
import { grpcProbe } from '../../../podlet/probes/grpc.ts';
import { httpHook, httpProbe } from '../../../podlet/probes/http-get.ts';
import { tcpProbe } from '../../../podlet/probes/tcp-socket.ts';
import type { HttpGet, ProbeOrder } from '../../../src/protocol/messages.ts';
import { answering, endless, HOST, rawServer } from './raw-server.ts';

const OK = 'HTTP/1.1 200 OK\r\n';
const MiB = 1024 * 1024;
const get = (port: number, more: Partial<HttpGet> = {}): HttpGet => ({
  port,
  path: '/',
  scheme: 'HTTP',
  headers: [],
  ...more,
});

describe('an endless HTTP answer', () => {
  it.each([
    [
      'header lines',
      OK,
      'X: yyyyyyyy\r\n'.repeat(5_000),
      /response headers exceeded 10485760 bytes/,
    ],
    ['one header line', `${OK}X: `, 'y'.repeat(65_536), /response headers exceeded 10485760 bytes/],
    [
      'a folded header',
      `${OK}X: y\r\n`,
      ` ${'y'.repeat(60_000)}\r\n`,
      /response headers exceeded 10485760 bytes/,
    ],
    [
      'informational answers',
      '',
      'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(2_000),
      /response headers exceeded 10485760 bytes/,
    ],
    ['a status line', '', 'H'.repeat(65_536), /response headers exceeded 10485760 bytes/],
  ])("of %s fails at Go's limit", async (_what, first, chunk, text) => {
    const peer = await endless(first, chunk);
    const attempt = await httpProbe(get(peer.port), HOST, 60_000);
    expect(attempt).toMatchObject({ success: false, text: expect.stringMatching(text) as string });
    expect(peer.sent()).toBeLessThan(40 * MiB);
  });

  it.each([
    ['a body up to the end', `${OK}\r\n`, 'y'.repeat(65_536)],
    ['chunks', `${OK}Transfer-Encoding: chunked\r\n\r\n`, '2\r\nok\r\n'.repeat(5_000)],
    ['one chunk', `${OK}Transfer-Encoding: chunked\r\n\r\nffffffffffff\r\n`, 'y'.repeat(65_536)],
  ])('of %s is enough after 10 KiB', async (_what, first, chunk) => {
    const peer = await endless(first, chunk);
    expect(await httpProbe(get(peer.port), HOST, 60_000)).toEqual({ success: true });
    expect(await httpHook(get(peer.port), HOST)).toEqual({});
    expect(peer.sent()).toBeLessThan(40 * MiB);
  });

  it("ends by the probe's time where it drips", async () => {
    const drip = (bytes: string) =>
      rawServer((socket) => {
        socket.write(bytes);
        const timer = setInterval(() => socket.write('y'), 10);
        socket.on('close', () => clearInterval(timer));
      });
    expect(await httpProbe(get(await drip(`${OK}X: `)), HOST, 200)).toMatchObject({
      success: false,
      text: expect.stringContaining(
        'context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
      ) as string,
    });
    expect(await httpProbe(get(await drip(`${OK}\r\n`)), HOST, 200)).toEqual({
      error:
        'context deadline exceeded (Client.Timeout or context cancellation while reading body)',
      state: 'failure',
    });
  });

  it('ends a hook with its container', async () => {
    const silent = await rawServer(() => undefined);
    const ended = new AbortController();
    const hook = httpHook(get(silent), HOST, ended.signal);
    ended.abort();
    expect((await hook).error).toContain('context deadline exceeded');
  });
});

describe('an address that is none', () => {
  it.each([
    ['a b', 80, 'parse "http://a%20b:80/": invalid URL escape "%20"'],
    ['[::1', 80, 'parse "http://[::1:80/": invalid host: ParseAddr("[::1"): unable to parse IP'],
    [
      'x:y@z',
      80,
      'parse "http://[x:y%40z]:80/": invalid host: ParseAddr("x:y@z"): unable to parse IP',
    ],
    ['a\0b', 80, 'parse "http://a%00b:80/": invalid URL escape "%00"'],
    ['a/b', 80, 'parse "http://a%2Fb:80/": invalid URL escape "%2F"'],
  ])('%j: a probe errs, a hook fails', async (host, port, error) => {
    expect(await httpProbe(get(port), host, 1_000)).toEqual({ error });
    expect(await httpHook(get(port), host)).toEqual({ error });
  });

  it.each([0, 65_536, -5, 1e9, Number.NaN])('port %s: every prober has an answer', async (port) => {
    const handlers: ProbeOrder['handler'][] = [
      { httpGet: get(port) },
      { tcpSocket: { port } },
      { grpc: { port, service: '' } },
    ];
    const tools = {
      commands: new Commands({
        listen: () => undefined,
        admit: () => undefined,
        send: () => undefined,
      }),
      network: { httpProbe, httpHook, tcpProbe, grpcProbe },
    };
    for (const handler of handlers) {
      const probe: ProbeOrder = {
        handler,
        initialDelaySeconds: 0,
        periodSeconds: 1,
        timeoutSeconds: 1,
        successThreshold: 1,
        failureThreshold: 1,
        killSuffix: '',
      };
      expect(await attemptProbe(tools, probe, 'app', HOST)).not.toMatchObject({ success: true });
    }
    expect((await httpHook(get(port), HOST)).error).toEqual(expect.any(String));
  });

  it.each([
    ['/%zz', '/%25zz'],
    ['/a b', '/a%20b'],
    ['/a/../b', '/a/../b'],
    ['//other/x?y=z#f', '/x?y=z'],
    ['/é', '/%C3%A9'],
    ['/a%2fb', '/a%2fb'],
    ['x', '/x'],
    ['/a\nb', '/a%0Ab'],
    ['', '/'],
  ])('J1: the path %j is asked for as %s', async (path, target) => {
    let asked = '';
    const port = await rawServer((socket, request) => {
      asked = request.split(' ')[1] ?? '';
      socket.end(`${OK}Content-Length: 0\r\n\r\n`);
    });
    expect(await httpProbe(get(port, { path }), HOST, 5_000)).toEqual({ success: true });
    expect(asked).toBe(target);
  });

  it.each([
    [{ name: 'X A', value: 'b' }, 'net/http: invalid header field name "X A"'],
    [{ name: 'X-A', value: 'b\r\nEvil: yes' }, 'net/http: invalid header field value for "X-A"'],
    [{ name: 'Host', value: 'a b' }, 'http: invalid Host header'],
  ])('the header %j is not sent', async (header, why) => {
    const port = await answering(`${OK}Content-Length: 0\r\n\r\n`);
    expect(await httpProbe(get(port, { headers: [header] }), HOST, 5_000)).toEqual({
      success: false,
      text: `Get "http://${HOST}:${port}/": ${why}`,
    });
  });
});

describe('a hostile gRPC server', () => {
  const closers: (() => void)[] = [];
  afterEach(() => {
    for (const close of closers.splice(0)) close();
  });

  async function health(serve: (stream: ServerHttp2Stream) => void): Promise<number> {
    const server = createServer();
    server.on('session', (session) => {
      session.on('error', () => undefined);
      closers.push(() => session.destroy());
    });
    server.on('stream', (stream) => {
      stream.on('error', () => undefined);
      serve(stream);
    });
    await new Promise<void>((resolve) => void server.listen(0, HOST, resolve));
    closers.push(() => server.close());
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  const trailers = (message: string) =>
    health((stream) => {
      stream.respond(
        { ':status': 200, 'content-type': 'application/grpc' },
        { waitForTrailers: true },
      );
      stream.on('wantTrailers', () =>
        stream.sendTrailers({ 'grpc-status': '5', 'grpc-message': message }),
      );
      stream.end();
    });

  it.each([
    ['%zz', '%zz'],
    ['a%20b%', 'a b%'],
    ['%C3%A9', 'é'],
    ['%ff', '\ufffd'],
  ])('whose message is %j is quoted', async (message, shown) => {
    expect(await grpcProbe(HOST, await trailers(message), '', 5_000)).toEqual({
      success: false,
      text: `error: health rpc probe failed: rpc error: code = NotFound desc = ${shown}`,
    });
  });

  it('whose answer never ends is cut off after 4 KiB', async () => {
    let sent = 0;
    const port = await health((stream) => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
      const more = (): void => {
        while (!stream.destroyed) {
          sent += 16_384;
          if (!stream.write(Buffer.alloc(16_384))) return void stream.once('drain', more);
        }
      };
      more();
    });
    expect(await grpcProbe(HOST, port, '', 60_000)).toMatchObject({
      success: false,
      text: expect.stringContaining(
        'code = ResourceExhausted desc = grpc: received message larger than max',
      ) as string,
    });
    expect(sent).toBeLessThan(4 * MiB);
  });

  it.each([
    ['sends nothing', () => undefined],
    [
      'drips',
      (stream: ServerHttp2Stream) => {
        stream.respond({ ':status': 200 });
        const timer = setInterval(() => stream.write(Buffer.alloc(1)), 20);
        stream.on('close', () => clearInterval(timer));
      },
    ],
  ])("that %s ends by the probe's time", async (_what, serve) => {
    expect(await grpcProbe(HOST, await health(serve), '', 300)).toEqual({
      success: false,
      text: 'timeout: health rpc did not complete within 0.3s',
    });
  });

  it.each([
    ['garbage', 'hello\r\n'],
    ['settings without an end', '\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64'.repeat(3)],
    ['frames of no kind', '\xff\xff\xff\xff\xff\xff\xff\xff\xff'],
  ])('that sends %s is no exception', async (_what, chunk) => {
    const peer = await endless('', chunk);
    expect(await grpcProbe(HOST, peer.port, '', 500)).toMatchObject({ success: false });
  });
});

it("a timeout beyond Node's timers is not a timeout at once", async () => {
  const port = await answering(`${OK}Content-Length: 0\r\n\r\n`);
  const probe: ProbeOrder = {
    handler: { httpGet: get(port) },
    initialDelaySeconds: 0,
    periodSeconds: 1,
    timeoutSeconds: 2 ** 31 - 1,
    successThreshold: 1,
    failureThreshold: 1,
    killSuffix: '',
  };
  const tools = {
    commands: new Commands({
      listen: () => undefined,
      admit: () => undefined,
      send: () => undefined,
    }),
    network: { httpProbe, httpHook, tcpProbe, grpcProbe },
  };
  expect(await attemptProbe(tools, probe, 'app', HOST)).toEqual({ success: true });
});
