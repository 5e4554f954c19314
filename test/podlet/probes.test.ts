// Probers against real servers on loopback: the kubelet's results and messages.
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { createServer as createTcpServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { countAnswer, initialCount } from '../../podlet/probes/count.ts';
import { grpcProbe } from '../../podlet/probes/grpc.ts';
import { httpHook, httpProbe } from '../../podlet/probes/http-get.ts';
import { tcpProbe } from '../../podlet/probes/tcp-socket.ts';
import type { HttpGet } from '../../src/protocol/messages.ts';

const HOST = '127.0.0.1';
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function listen(server: {
  listen(port: number, host: string, done: () => void): unknown;
  address(): unknown;
  close(): unknown;
}): Promise<number> {
  await new Promise<void>((resolve) => void server.listen(0, HOST, resolve));
  closers.push(() => server.close());
  const address = server.address();
  return typeof address === 'object' && address !== null && 'port' in address
    ? Number(address.port)
    : 0;
}

async function http(listener: RequestListener): Promise<number> {
  const server: Server = createServer(listener);
  closers.push(() => server.closeAllConnections());
  return listen(server);
}

const get = (port: number, more: Partial<HttpGet> = {}): HttpGet => ({
  port,
  path: '/',
  scheme: 'HTTP',
  headers: [],
  ...more,
});

/** A port that nobody listens on. */
async function closedPort(): Promise<number> {
  const port = await listen(createTcpServer());
  closers.pop()?.();
  await new Promise((resolve) => setTimeout(resolve, 5));
  return port;
}

describe('httpGet', () => {
  it.each([
    [200, { success: true }],
    [204, { success: true }],
    [399, { success: true, warning: 'Probe terminated redirects, Response body: body' }],
    [400, { success: false, text: 'HTTP probe failed with statuscode: 400' }],
    [503, { success: false, text: 'HTTP probe failed with statuscode: 503' }],
  ])('J1: %i', async (status, verdict) => {
    const port = await http((_request, response) =>
      response.writeHead(status).end(status === 204 ? undefined : 'body'),
    );
    expect(await httpProbe(get(port), HOST, 1_000)).toEqual(verdict);
  });

  it("sends the kubelet's headers and those of the probe", async () => {
    const seen: unknown[] = [];
    const port = await http((request, response) => {
      seen.push(request.method, request.url, request.headers);
      response.end();
    });
    await httpProbe(get(port, { path: '/a?b=c' }), HOST, 1_000);
    expect(seen.splice(0)).toEqual([
      'GET',
      '/a?b=c',
      {
        'user-agent': 'kube-probe/1.35',
        accept: '*/*',
        host: `${HOST}:${port}`,
        connection: 'close',
      },
    ]);
    await httpProbe(
      get(port, {
        headers: [
          { name: 'Host', value: 'app.example' },
          { name: 'Accept', value: '' },
          { name: 'User-Agent', value: 'me' },
        ],
      }),
      HOST,
      1_000,
    );
    expect(seen[2]).toEqual({ 'user-agent': 'me', host: 'app.example', connection: 'close' });
  });

  it('follows redirects to the same host only', async () => {
    const port = await http((request, response) => {
      if (request.url === '/here') response.writeHead(302, { location: '/there' }).end();
      else if (request.url === '/away')
        response.writeHead(302, { location: 'http://elsewhere.example/' }).end('gone');
      else if (request.url === '/loop') response.writeHead(302, { location: '/loop' }).end();
      else response.writeHead(request.url === '/there' ? 200 : 500).end();
    });
    expect(await httpProbe(get(port, { path: '/here' }), HOST, 1_000)).toEqual({ success: true });
    expect(await httpProbe(get(port, { path: '/away' }), HOST, 1_000)).toEqual({
      success: true,
      warning: 'Probe terminated redirects, Response body: gone',
    });
    expect(await httpProbe(get(port, { path: '/loop' }), HOST, 1_000)).toEqual({
      success: false,
      text: `Get "/loop": stopped after 10 redirects`,
    });
  });

  it("says in Go's words why there was no answer", async () => {
    const closed = await closedPort();
    expect(await httpProbe(get(closed, { path: '/healthz' }), HOST, 1_000)).toEqual({
      success: false,
      text: `Get "http://${HOST}:${closed}/healthz": dial tcp ${HOST}:${closed}: connect: connection refused`,
    });
    const slow = await http(() => undefined);
    expect(await httpProbe(get(slow), HOST, 100)).toEqual({
      success: false,
      text: `Get "http://${HOST}:${slow}/": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
    });
    expect(await httpProbe(get(closed, { path: '/a?b=c#d' }), HOST, 1_000)).toMatchObject({
      text: expect.stringContaining(`${closed}/a?b=c#d": dial`) as string,
    });
    const plain = await http((_request, response) => response.end());
    expect(await httpProbe(get(plain, { scheme: 'HTTPS' }), HOST, 1_000)).toEqual({
      success: false,
      text: `Get "https://${HOST}:${plain}/": http: server gave HTTP response to HTTPS client`,
    });
    const rude = await listen(createTcpServer((socket) => socket.end()));
    expect(await httpProbe(get(rude), HOST, 1_000)).toEqual({
      success: false,
      text: `Get "http://${HOST}:${rude}/": EOF`,
    });
  });

  it('sends the headers in the order of their names, as Go writes them', async () => {
    let names: string[] = [];
    const port = await http((request, response) => {
      names = request.rawHeaders.filter((_text, place) => place % 2 === 0);
      response.end();
    });
    const headers = ['x-b', 'X-A', 'able'].map((name) => ({ name, value: '1' }));
    await httpProbe(get(port, { headers }), HOST, 1_000);
    expect(names).toEqual(['Host', 'User-Agent', 'Able', 'Accept', 'X-A', 'X-B', 'Connection']);
  });

  it('K1: a hook is content with any response, and falls back from HTTPS to HTTP', async () => {
    const port = await http((_request, response) => response.writeHead(500).end());
    expect(await httpHook(get(port), HOST)).toEqual({});
    expect(await httpHook(get(port, { scheme: 'HTTPS' }), HOST)).toEqual({
      fallback: `request to HTTPS lifecycle hook ${HOST}:${port} got HTTP response, retry with HTTP succeeded`,
    });
    const closed = await closedPort();
    expect((await httpHook(get(closed), HOST)).error).toContain('connection refused');
  });
});

describe('tcpSocket', () => {
  it('succeeds when somebody accepts, and says who refused', async () => {
    expect(await tcpProbe(HOST, await listen(createTcpServer()), 1_000)).toEqual({ success: true });
    const closed = await closedPort();
    expect(await tcpProbe(HOST, closed, 1_000)).toEqual({
      success: false,
      text: `dial tcp ${HOST}:${closed}: connect: connection refused`,
    });
  });
});

describe('grpc', () => {
  /** A health service: status by service name; undefined: never a response. */
  async function health(answers: {
    [service: string]: { status?: number; grpc?: string } | undefined;
  }): Promise<number> {
    const server = createHttp2Server();
    server.on('stream', (stream, headers) => {
      const chunks: Buffer[] = [];
      stream.on('error', () => undefined);
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const answer = answers[Buffer.concat(chunks).subarray(7).toString()];
        if (answer === undefined || headers[':path'] !== '/grpc.health.v1.Health/Check') return;
        stream.respond(
          { ':status': 200, 'content-type': 'application/grpc' },
          { waitForTrailers: true },
        );
        stream.on('wantTrailers', () =>
          stream.sendTrailers({ 'grpc-status': answer.grpc ?? '0', 'grpc-message': 'why' }),
        );
        stream.end(
          answer.status === undefined ? undefined : Buffer.from([0, 0, 0, 0, 2, 8, answer.status]),
        );
      });
    });
    return listen(server);
  }

  it.each([
    ['', { success: true }],
    ['down', { success: false, text: 'service unhealthy (responded with "NOT_SERVING")' }],
    [
      'unknown',
      {
        success: false,
        text: 'error: health rpc probe failed: rpc error: code = NotFound desc = why',
      },
    ],
    [
      'none',
      {
        success: false,
        text: 'error: this server does not implement the grpc health protocol (grpc.health.v1.Health): why',
      },
    ],
    ['slow', { success: false, text: 'timeout: health rpc did not complete within 0.2s' }],
  ])('J1: service "%s"', async (service, verdict) => {
    const port = await health({
      '': { status: 1 },
      down: { status: 2 },
      unknown: { grpc: '5' },
      none: { grpc: '12' },
    });
    expect(await grpcProbe(HOST, port, service, service === 'slow' ? 200 : 1_000)).toEqual(verdict);
  });

  it('J1: a server that speaks no HTTP/2 is never connected', async () => {
    const port = await http((_request, response) => response.end());
    expect(await grpcProbe(HOST, port, '', 300)).toEqual({
      success: false,
      text: `timeout: failed to connect service "${HOST}:${port}" within 0.3s: context deadline exceeded`,
    });
  });

  it('tries a closed port until the timeout', async () => {
    const closed = await closedPort();
    expect(await grpcProbe(HOST, closed, '', 300)).toEqual({
      success: false,
      text: `timeout: failed to connect service "${HOST}:${closed}" within 0.3s: context deadline exceeded`,
    });
  });
});

describe('counting', () => {
  it.each([
    ['readiness', [true], true],
    ['readiness', [], false],
    ['readiness', [true, false, false], true],
    ['readiness', [true, false, false, false], false],
    ['liveness', [], true],
    ['liveness', [false, false, true, false, false], true],
    ['liveness', [false, false, false], false],
    ['startup', [false, false], undefined],
    ['startup', [false, true], true],
  ] as const)('%s after %j is %s (success 1, failure 3)', (kind, answers, result) => {
    let count = initialCount(kind);
    for (const answer of answers)
      count = countAnswer(count, answer, { successThreshold: 1, failureThreshold: 3 });
    expect(count.result).toBe(result);
  });
});
