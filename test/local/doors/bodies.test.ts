// Bodies that nobody reads, that never end or come too slowly, responses that nobody reads: no door keeps them.
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { handle } from '../../../src/api/handler.ts';
import { requestOf } from '../../api/client.ts';
import {
  connect,
  exchange,
  listenTo,
  openDoors,
  PODS,
  ready,
  TOKEN,
  upgradeHead,
  type OpenDoors,
} from './harness.ts';

const MIB = 1 << 20;
const SENT_BYTES = 64 * MIB;
/** How much of a body the buffers of two sockets and the system may take. */
const TAKEN_BYTES = 16 * MIB;
const CHUNK = Buffer.concat([
  Buffer.from('10000\r\n'),
  Buffer.alloc(65_536, 0x20),
  Buffer.from('\r\n'),
]);

let doors: OpenDoors;
let brisk: OpenDoors;
beforeAll(async () => {
  doors = await openDoors();
  brisk = await openDoors({
    headersMs: 1000,
    bodyMs: 1000,
    idleMs: 1000,
    perAddress: { connections: 24, bodies: 4 },
  });
});
afterAll(() => Promise.all([doors.close(), brisk.close()]));

/** Writes until everything is sent or the peer has closed; returns how much was sent. At most one chunk waits on this side. */
async function pour(socket: Socket, bytes: number): Promise<number> {
  let sent = 0;
  while (sent < bytes && !socket.destroyed && socket.writable) {
    if (!socket.write(CHUNK)) {
      await new Promise<void>((resolve) => {
        const done = (): void => {
          socket.off('drain', done);
          socket.off('close', done);
          resolve();
        };
        socket.on('drain', done);
        socket.on('close', done);
      });
    }
    if (!socket.destroyed) sent += CHUNK.length;
  }
  return sent;
}

const head = (path: string, ...headers: string[]): string =>
  [
    `POST ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Content-Type: application/json',
    'Transfer-Encoding: chunked',
    ...headers,
    '',
    '',
  ].join('\r\n');
const admin = `Authorization: Bearer ${TOKEN}`;
const podlet = `Authorization: Bearer ${'0'.repeat(64)}.${'a'.repeat(20)}`;

describe('a body without an end', () => {
  it.each([
    ['the API, by a stranger', () => doors.api, true, head(PODS), 403],
    [
      'the API, with a wrong token',
      () => doors.api,
      true,
      head(PODS, 'Authorization: Bearer x'),
      401,
    ],
    ['the API, beyond what is read', () => doors.api, true, head(PODS, admin), 413],
    [
      'the API, of a patch',
      () => doors.api,
      true,
      head(`${PODS}/one`, admin).replace('POST', 'PATCH').replace('json', 'merge-patch+json'),
      413,
    ],
    [
      'the API, of a delete',
      () => doors.api,
      true,
      head(`${PODS}/one`, admin).replace('POST', 'DELETE'),
      413,
    ],
    ['reports, without a credential', () => doors.api, true, head('/sync'), 401],
    ['reports, beyond what is read', () => doors.api, true, head('/sync', podlet), 400],
    [
      'the AWS endpoints, without a signature',
      () => doors.aws,
      false,
      head('/2015-03-31/functions/sweep/invocations'),
      403,
    ],
    ['the metadata of tasks', () => doors.metadata, false, head('/v4/00-0'), 404],
    [
      'an upgrade that is refused',
      () => doors.api,
      true,
      upgradeHead(`${PODS}/one/exec?command=sh&stdout=1`, 'v4.channel.k8s.io', 'x'),
      401,
    ],
  ] as const)(
    '%s, is answered, not kept, and its connection ends',
    async (_what, port, tls, bytes, status) => {
      const before = process.memoryUsage().rss;
      const socket = await connect(port(), tls);
      const answered = listenTo(socket);
      socket.write(bytes);
      const sent = await pour(socket, SENT_BYTES);
      const { text, open } = await answered;
      expect(open).toBe(false);
      expect(text === '' ? status : Number(text.slice(9, 12))).toBe(status);
      expect(sent).toBeLessThan(TAKEN_BYTES);
      expect(process.memoryUsage().rss - before).toBeLessThan(SENT_BYTES);
      expect(await ready(doors)).toBe(true);
    },
  );

  it('twenty strangers at once take no more than their sockets hold', async () => {
    const before = process.memoryUsage().rss;
    const all = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const socket = await connect(doors.api, true);
        socket.resume();
        socket.write(head(PODS));
        return pour(socket, SENT_BYTES / 4);
      }),
    );
    expect(Math.max(...all)).toBeLessThan(TAKEN_BYTES);
    expect(process.memoryUsage().rss - before).toBeLessThan(4 * SENT_BYTES);
    expect(await ready(doors)).toBe(true);
  });
});

it('a refusal comes before a body that has not been sent, and a small body leaves the connection to the next request', async () => {
  const early = await exchange(doors.api, true, head(PODS));
  expect(early.text).toMatch(/^HTTP\/1\.1 403 Forbidden[^]*\r\nConnection: close\r\n/i);
  expect(early.open).toBe(false);
  const body = JSON.stringify({ a: 'b' });
  const small = `POST ${PODS} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const both = await exchange(
    doors.api,
    true,
    `${small}GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
  );
  expect(both.text).toMatch(/^HTTP\/1\.1 403 [^]*HTTP\/1\.1 200 OK/);
});

it('100 Continue is said to who may go on, and not to a stranger', async () => {
  const body = JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'continued' },
  });
  const asked = (token: string): string =>
    `POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nExpect: 100-continue\r\n${token}\r\n`;
  expect((await exchange(doors.api, true, asked(''), / 403 /)).text).not.toContain('100 Continue');
  const socket = await connect(doors.api, true);
  const continued = listenTo(socket, /100 Continue/);
  socket.write(asked(`${admin}\r\n`));
  expect((await continued).text).toContain('100 Continue');
  const answered = listenTo(socket, / 201 Created/);
  socket.write(body);
  expect((await answered).text).toContain('201 Created');
  socket.destroy();
});

describe('what comes too slowly', () => {
  it('headers end their connection', async () => {
    for (const [port, tls] of [
      [brisk.api, true],
      [brisk.aws, false],
      [brisk.metadata, false],
    ] as const) {
      for (const bytes of ['', 'GET /readyz HTTP/1.1\r\nHos'])
        expect((await exchange(port, tls, bytes)).open).toBe(false);
    }
  });

  it.each([
    ['the API', head(PODS, admin)],
    ['reports', head('/sync', podlet)],
  ])('a body of %s ends its connection', async (_what, bytes) => {
    const socket = await connect(brisk.api, true);
    const answered = listenTo(socket);
    socket.write(bytes);
    const dripping = setInterval(() => socket.write('1\r\n \r\n'), 200);
    const { open, text } = await answered;
    clearInterval(dripping);
    expect(open).toBe(false);
    expect(text).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(brisk.lines).toEqual([]);
  });

  it('bodies beyond an address’s number wait for their turn, and get it', async () => {
    const slow = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const socket = await connect(brisk.api, true);
        const answered = listenTo(socket);
        socket.write(head(PODS, admin));
        return answered;
      }),
    );
    expect(slow.map(({ open }) => open)).toEqual(slow.map(() => false));
    expect(await ready(brisk)).toBe(true);
  });
});

it('an address has a number of connections, and none is lost for good', async () => {
  const sockets = await Promise.all(Array.from({ length: 24 }, () => connect(brisk.api, true)));
  await expect(connect(brisk.api, true)).rejects.toThrow();
  for (const socket of sockets) socket.destroy();
  await expect.poll(() => ready(brisk).catch(() => false), { timeout: 20_000 }).toBe(true);
});

describe('a watch whose client takes nothing', () => {
  /** Changes of 100 KiB each, more than sockets hold. */
  async function changes({ ports }: OpenDoors, count: number): Promise<void> {
    for (let i = 0; i < count; i += 1) {
      await handle(
        ports,
        requestOf('POST', '/api/v1/namespaces/default/configmaps', {
          body: {
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: { generateName: 'big-' },
            data: { k: 'x'.repeat(100_000) },
          },
        }),
      );
    }
  }

  const PATH = '/api/v1/namespaces/default/configmaps?watch=1&timeoutSeconds=2';

  it.each([
    ['over HTTP', `GET ${PATH} HTTP/1.1\r\nHost: x\r\n${admin}\r\n\r\n`],
    ['over WebSocket', upgradeHead(PATH)],
  ])(
    '%s ends at its time and keeps nothing',
    async (_how, bytes) => {
      const before = process.memoryUsage().rss;
      const sockets = await Promise.all(
        Array.from({ length: 16 }, async () => {
          const socket = await connect(brisk.api, true);
          socket.pause();
          socket.write(bytes);
          return socket;
        }),
      );
      // The server's side is observed by its own count: a socket that is not read does not notice its end.
      await changes(brisk, 60);
      expect(process.memoryUsage().rss - before).toBeLessThan(300 * MIB);
      await expect
        .poll(
          async () =>
            (
              await Promise.all(
                Array.from({ length: 20 }, () =>
                  connect(brisk.api, true).then(
                    (socket) => {
                      socket.destroy();
                      return true;
                    },
                    () => false,
                  ),
                ),
              )
            ).every(Boolean),
          { timeout: 60_000, interval: 1000 },
        )
        .toBe(true);
      for (const socket of sockets) socket.destroy();
    },
    120_000,
  );
});
