// exec, attach and port-forward with a misbehaving API, supervisor and target: the podlet's process, memory and ability to serve the
// next session survive.
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { ContainerSockets } from '../../../podlet/containers.ts';
import { encodeFrame, frameReader } from '../../../podlet/frames.ts';
import { CHANNEL } from '../../../podlet/messages.ts';
import { listen } from '../listen.ts';
import { until } from '../until.ts';
import { Sessions } from '../../../podlet/sessions.ts';
import type { SessionRequest } from '../../../src/protocol/messages.ts';

const MIB = 1024 * 1024;
let directory: string;
let sockets: ContainerSockets;
let sessions: Sessions;
let faults: string[];
let unhandled: unknown[];
let api: WebSocketServer;
let url: string;
let endings: (() => void)[];
const note = (error: unknown): void => void unhandled.push(error);

beforeEach(async () => {
  [faults, unhandled, endings] = [[], [], []];
  process.on('unhandledRejection', note);
  process.on('uncaughtException', note);
  directory = mkdtempSync(join(tmpdir(), 'droppod-sessions-'));
  sockets = new ContainerSockets(listen);
  sockets.open(directory, 'app');
  sockets.listen(
    () => undefined,
    () => undefined,
  );
  sessions = new Sessions({
    sockets,
    token: 't',
    ca: '',
    fault: (message) => faults.push(message),
    pingMs: 50,
    openPatienceMs: 300,
  });
  api = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  await new Promise((resolve) => api.once('listening', resolve));
  url = `ws://127.0.0.1:${portOf(api.address())}`;
});

/** Whatever the test did: no error escaped, no session is left, and the next one is served. */
afterEach(async () => {
  try {
    await until(() => sessions.count === 0, 'every session ends');
    expect(unhandled).toEqual([]);
    const { socket } = await open({ id: 'after', kind: 'portForward', port: 0 });
    expect(await closeOf(socket)).toMatchObject({ code: 1011 });
  } finally {
    for (const end of endings) end();
    for (const client of api.clients) client.terminate();
    api.close();
    sockets.close();
    rmSync(directory, { recursive: true });
    process.off('unhandledRejection', note);
    process.off('uncaughtException', note);
  }
});

const portOf = (address: unknown): number => (address as { port: number }).port;

/** A count once it has been stable for a while. */
async function settled(count: () => number): Promise<number> {
  let last = -1;
  for (let same = 0; same < 20; await new Promise((resolve) => setTimeout(resolve, 20))) {
    same = count() === last ? same + 1 : 0;
    last = count();
  }
  return last;
}

interface Opened {
  socket: WebSocket;
  /** The underlying connection. */
  raw: Socket;
  got: Buffer[];
}

async function open(request: Partial<SessionRequest> = {}): Promise<Opened> {
  const arrived = new Promise<Opened>((resolve) =>
    api.once('connection', (socket, { socket: raw }) => {
      const got: Buffer[] = [];
      socket.on('message', (message: Buffer) => got.push(message));
      socket.on('error', () => undefined);
      resolve({ socket, raw, got });
    }),
  );
  sessions.start({ id: 's', url, container: 'app', kind: 'exec', argv: ['x'], ...request });
  return arrived;
}

const closeOf = (socket: WebSocket): Promise<{ code: number; reason: string }> =>
  new Promise((resolve) =>
    socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() })),
  );

/** A supervisor, or what took its place: its own connection for the session. */
async function supervise(id = 's'): Promise<Socket> {
  const stream = connect(join(directory, 'app/sock'));
  stream.on('error', () => undefined);
  endings.push(() => stream.destroy());
  stream.write(`${JSON.stringify({ type: 'stream', id })}\n`);
  return stream;
}

async function target(serve: (socket: Socket) => void): Promise<number> {
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    endings.push(() => socket.destroy());
    serve(socket);
  });
  endings.push(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return portOf(server.address());
}

const message = (channel: number, bytes: Buffer | string): Buffer =>
  Buffer.concat([Buffer.from([channel]), Buffer.from(bytes)]);
const status = (value: unknown): Buffer =>
  encodeFrame(
    CHANNEL.status,
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
  );
const statuses = (got: Buffer[]): { code?: number; status: string; message?: string }[] =>
  got
    .filter((one) => one[0] === CHANNEL.status)
    .map((one) => JSON.parse(one.subarray(1).toString()) as { status: string });
const KILLED = 'command terminated with non-zero exit code: command terminated with exit code 137';

describe('an address of the API', () => {
  it.each([
    '',
    'x',
    'wss://[',
    'ftp://127.0.0.1/',
    'ws://127.0.0.1:99999/',
    'ws://127.0.0.1/#here',
    'ws://a b/',
  ])('that is none (%j) is a fault, and no more', async (address) => {
    sessions.start({ id: 's', url: address, container: 'app', kind: 'exec' });
    await until(() => sessions.count === 0, 'the session is given up');
    expect(faults).toEqual(['session exec']);
  });

  it("where nobody answers, or no WebSocket does, is the API's to notice", async () => {
    const port = await target((socket) => socket.end('garbage\r\n\r\n'));
    const http = createHttpServer((_request, response) => response.writeHead(404).end());
    endings.push(() => http.close());
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const wrongKey = await target((socket) =>
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n',
      ),
    );
    [1, port, portOf(http.address()), wrongKey].forEach((each, at) =>
      sessions.start({
        id: `${at}`,
        url: `ws://127.0.0.1:${each}/`,
        container: 'app',
        kind: 'attach',
      }),
    );
    await until(() => sessions.count === 0, 'all are given up');
    expect(faults).toEqual([]);
  });
});

describe("the API's side", () => {
  it.each([
    ['reserved bits', Buffer.from([0xf2, 0x01, 0x00])],
    ['an opcode of nothing', Buffer.from([0x83, 0x00])],
    ['a masked frame', Buffer.from([0x82, 0x81, 1, 2, 3, 4, 5])],
    ['a continuation of nothing', Buffer.from([0x80, 0x00])],
    ['a ping of more than 125 bytes', Buffer.from([0x89, 0x7e, 0xff, 0xff])],
    ['a close of one byte', Buffer.from([0x88, 0x01, 0x00])],
    ['text that is no UTF-8', Buffer.from([0x81, 0x01, 0xff])],
    [
      'a frame longer than memory',
      Buffer.from([0x82, 0x7f, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
    ],
    [
      'a frame of 17 MiB',
      Buffer.concat([Buffer.from([0x82, 0x7f, 0, 0, 0, 0, 1, 0x10, 0, 0]), Buffer.alloc(100)]),
    ],
  ])('ends its own session by %s, at once and on a running stream', async (_what, bytes) => {
    const accept = (key: string): string =>
      createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    const port = await target((socket) =>
      socket.once('data', (head) => {
        const key = /sec-websocket-key: (\S+)/i.exec(head.toString())?.[1] ?? '';
        // In one packet with the handshake: the podlet has no listeners yet.
        socket.write(
          Buffer.concat([
            Buffer.from(
              `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept(key)}\r\n\r\n`,
            ),
            bytes,
          ]),
        );
      }),
    );
    sessions.start({
      id: 'early',
      url: `ws://127.0.0.1:${port}/`,
      container: 'app',
      kind: 'exec',
      argv: ['x'],
    });
    await until(() => sessions.count === 0, 'the first session ends');
    const { raw } = await open();
    const stream = await supervise();
    const ended = new Promise((resolve) => stream.once('close', resolve));
    raw.write(bytes);
    await ended;
    expect(faults).toEqual([]);
  });

  it("reaches supervise by the client's channels only, in frames that supervise takes", async () => {
    const { socket } = await open();
    const stream = await supervise();
    const frames: [number, number][] = [];
    stream.on(
      'data',
      frameReader((channel, payload) => frames.push([channel, payload.length])),
    );
    for (const channel of [1, 2, 3, 5, 77, 254]) socket.send(message(channel, 'x'));
    socket.send(Buffer.alloc(0));
    socket.send('');
    socket.send(message(CHANNEL.resize, Buffer.alloc(2 * MIB)));
    socket.send(message(CHANNEL.resize, '{}'));
    socket.send(message(CHANNEL.stdin, Buffer.alloc(2.5 * MIB)));
    socket.send(message(CHANNEL.halfClose, ''));
    await until(() => frames.at(-1)?.[0] === CHANNEL.halfClose, 'the end of input comes');
    expect(frames).toEqual([
      [CHANNEL.resize, 2],
      [CHANNEL.stdin, MIB],
      [CHANNEL.stdin, MIB],
      [CHANNEL.stdin, MIB / 2],
      [CHANNEL.halfClose, 0],
    ]);
    socket.terminate();
  });

  it('that goes before the supervisor comes leaves no stream behind', async () => {
    const { socket } = await open();
    socket.terminate();
    await until(() => sessions.count === 0, 'the session ends');
    const stream = await supervise();
    stream.resume();
    await new Promise((resolve) => stream.once('close', resolve));
  });

  it('that floods while no supervisor comes is held back within 16 MiB, kernel and all', async () => {
    sessions = new Sessions({
      sockets,
      token: 't',
      ca: '',
      fault: (text) => faults.push(text),
      openPatienceMs: 4_000,
    });
    const { socket, raw, got } = await open();
    for (let sent = 0; sent < 64; sent += 1) socket.send(message(CHANNEL.stdin, Buffer.alloc(MIB)));
    const received = (): number => raw.bytesWritten - raw.writableLength;
    await until(() => received() > 0, 'some of it is on the way');
    expect(await settled(received)).toBeLessThan(16 * MIB);
    await closeOf(socket);
    // The API learns that there is no such container, and waiting data is dropped with the session.
    expect(got).toEqual([]);
  });

  it('that opens the same id again changes nothing for the first', async () => {
    const { socket, got } = await open();
    let more = 0;
    api.on('connection', () => {
      more += 1;
    });
    for (let count = 0; count < 10; count += 1)
      sessions.start({ id: 's', url, container: 'app', kind: 'exec', argv: ['y'] });
    expect(sessions.count).toBe(1);
    const stream = await supervise();
    stream.write(encodeFrame(CHANNEL.stdout, Buffer.from('first')));
    stream.write(status({ code: 0 }));
    await closeOf(socket);
    expect(got[0]?.toString()).toBe('\u0001first');
    expect(more).toBe(0);
  });

  it('that vanishes while a target reads nothing is noticed', async () => {
    let reached: Socket | undefined;
    const port = await target((socket) => {
      reached = socket.pause();
    });
    const { socket, raw } = await open({ kind: 'portForward', port });
    for (let count = 0; count < 64; count += 1) socket.send(Buffer.alloc(MIB));
    await until(() => reached !== undefined && raw.writableLength > 0, 'nothing moves any more');
    raw.destroy();
    await until(() => sessions.count === 0, 'the session ends');
  });
});

describe('a port', () => {
  it.each([70_000, 65_536, -5, 0, 0.5, Number.NaN, 2 ** 53, '80', 'é'.repeat(200), null, {}])(
    '%j is none: refused as Kubernetes refuses it',
    async (port) => {
      const { socket } = await open({ kind: 'portForward', port: port as number });
      const { code, reason } = await closeOf(socket);
      expect(code).toBe(1011);
      expect(reason).toMatch(/^failed to connect to localhost:.*/);
      expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123);
      expect(faults).toEqual([]);
    },
  );

  it('where nobody listens is said to be refused', async () => {
    const { socket } = await open({ kind: 'portForward', port: 1 });
    expect(await closeOf(socket)).toEqual({
      code: 1011,
      reason:
        'failed to connect to localhost:1: dial tcp4 127.0.0.1:1: connect: connection refused',
    });
  });

  it('whose server floods while nobody reads is held back within 16 MiB, kernel and all', async () => {
    let written = 0;
    const port = await target((socket) => {
      const block = Buffer.alloc(256 * 1024);
      const more = (): void => {
        while (written < 512 * MIB && socket.write(block)) written += block.length;
      };
      socket.on('drain', more);
      more();
    });
    const { socket, raw } = await open({ kind: 'portForward', port });
    raw.pause();
    const before = process.memoryUsage();
    await until(() => written > 0, 'it floods');
    expect(await settled(() => written)).toBeLessThan(16 * MIB);
    expect(process.memoryUsage().arrayBuffers - before.arrayBuffers).toBeLessThan(32 * MIB);
    socket.terminate();
  });

  it('whose server resets, half-closes or ends at once ends its session', async () => {
    const ports = [
      await target((socket) => socket.resetAndDestroy()),
      await target((socket) => socket.end('bye')),
      await target((socket) => void socket.destroy()),
    ];
    for (const [at, port] of ports.entries()) {
      const { socket } = await open({ id: `p${at}`, kind: 'portForward', port });
      socket.send(Buffer.from('x'));
      socket.send(Buffer.alloc(0));
      socket.send(Buffer.from('after the end'));
      expect([1000, 1011]).toContain((await closeOf(socket)).code);
    }
    expect(faults).toEqual([]);
  });
});

describe('a stream of a container', () => {
  it.each([
    ['a channel of nobody', encodeFrame(77, Buffer.from('x'))],
    ['a channel of the client', encodeFrame(CHANNEL.stdin, Buffer.from('x'))],
    ['a frame of 4 GiB', Buffer.from([1, 0xff, 0xff, 0xff, 0xff])],
    ['a status that is no JSON', status('{')],
    ['noise', Buffer.alloc(1_000, 0xee)],
  ])('that says %s ends as if it were killed', async (_what, bytes) => {
    const { socket, got } = await open();
    const stream = await supervise();
    stream.write(bytes);
    await closeOf(socket);
    expect(statuses(got)).toMatchObject([{ status: 'Failure', message: KILLED }]);
    expect(got).toHaveLength(1);
  });

  it.each([
    [null, 126],
    [{}, 126],
    [{ code: 1e300 }, 255],
    [{ code: -7 }, 0],
    [{ code: '3' }, 126],
    [[], 126],
  ])('whose status is %j has a code of a process', async (value, code) => {
    const { socket, got } = await open();
    (await supervise()).write(status(value));
    await closeOf(socket);
    expect(statuses(got)).toMatchObject([
      code === 0
        ? { status: 'Success' }
        : { details: { causes: [{ reason: 'ExitCode', message: `${code}` }] } },
    ]);
  });

  it("has one status: what it says afterwards is nobody's", async () => {
    const { socket, got } = await open();
    (await supervise()).write(
      Buffer.concat([
        status({ code: 3 }),
        encodeFrame(CHANNEL.stdout, Buffer.from('late')),
        status({ code: 0 }),
        encodeFrame(77, Buffer.from('x')),
      ]),
    );
    await closeOf(socket);
    expect(statuses(got)).toMatchObject([{ details: { causes: [{ message: '3' }] } }]);
    expect(got).toHaveLength(1);
  });

  it('has one status where a slow client gets it long after the stream is gone', async () => {
    const { socket, raw, got } = await open();
    raw.pause();
    const stream = await supervise();
    for (let count = 0; count < 40; count += 1)
      stream.write(encodeFrame(CHANNEL.stdout, Buffer.alloc(200 * 1024)));
    stream.end(status({ code: 4 }));
    await new Promise((resolve) => setTimeout(resolve, 100));
    raw.resume();
    await closeOf(socket);
    expect(
      got.filter((one) => one[0] === CHANNEL.stdout).reduce((sum, one) => sum + one.length - 1, 0),
    ).toBe(40 * 200 * 1024);
    expect(statuses(got)).toMatchObject([{ details: { causes: [{ message: '4' }] } }]);
  });

  it("of somebody else's id is closed", async () => {
    const { socket } = await open();
    const stranger = await supervise('other');
    stranger.resume();
    await new Promise((resolve) => stranger.once('close', resolve));
    socket.terminate();
  });

  it('costs one copy of each byte, however small the pieces that it comes in', () => {
    const frame = encodeFrame(CHANNEL.stdout, Buffer.alloc(MIB, 7));
    const copies: number[] = [];
    const copy = Buffer.prototype.copy;
    let taken = 0;
    Buffer.prototype.copy = function (this: Buffer, ...words: Parameters<typeof copy>) {
      const copied = copy.apply(this, words);
      copies.push(copied);
      return copied;
    };
    const { concat } = Buffer;
    Buffer.concat = (list, length) => {
      const joined = concat(list, length);
      copies.push(joined.length);
      return joined;
    };
    try {
      const read = frameReader((channel, payload) => {
        taken += channel * payload.length;
      });
      for (let at = 0; at < frame.length; at += 1024) read(frame.subarray(at, at + 1024));
    } finally {
      Buffer.prototype.copy = copy;
      Buffer.concat = concat;
    }
    expect(taken).toBe(MIB);
    expect(copies.reduce((sum, size) => sum + size, 0)).toBe(frame.length);
  });
});

it('no more than 64 are open at once, and room comes back', async () => {
  const arrived: WebSocket[] = [];
  api.on('connection', (socket) => arrived.push(socket));
  for (let count = 0; count < 100; count += 1)
    sessions.start({ id: `${count}`, url, container: 'app', kind: 'exec', argv: ['x'] });
  expect(sessions.count).toBe(64);
  await until(() => arrived.length === 64, 'all have come');
  for (const socket of arrived) socket.terminate();
});
