// The doors of local mode in this process, on loopback, with fakes behind them: an API with one running pod, and a podlet that
// connects and echoes. And clients that send raw bytes.
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { WebSocket } from 'ws';
import { createDoors } from '../../../local/compose/doors.ts';
import { httpServer, httpsServer, listen, type Door } from '../../../local/server.ts';
import { SessionHub } from '../../../local/streams/session-hub.ts';
import { makeCertificates } from '../../../local/tls/certificates.ts';
import { awsFront } from '../../../local/aws/front.ts';
import { systemClock } from '../../../src/system-clock.ts';
import { handle } from '../../../src/api/handler.ts';
import { bootstrapObjects } from '../../../src/api/bootstrap.ts';
import { bootstrapToken, secretHash } from '../../../src/auth/podlet-credential.ts';
import { recordKey, toJson, toRecord } from '../../../src/steps/pod/record-for.ts';
import type { Ports } from '../../../src/ports/ports.ts';
import { fakePorts } from '../../fakes/ports.ts';
import { MemoryStore } from '../../fakes/memory-store.ts';
import { place, pod, requestOf } from '../../api/client.ts';

export const TOKEN = 'secret';
export const PODS = '/api/v1/namespaces/default/pods';

const STATUS = 3;
const SUCCESS = JSON.stringify({ metadata: {}, status: 'Success' });

/** A podlet's end of a session: stdin comes back as stdout, the line "exit N" ends the command; a forwarded port echoes. */
function dial(url: string, kind: string, authorization: string): void {
  const ws = new WebSocket(url, { rejectUnauthorized: false, headers: { authorization } });
  ws.on('error', () => undefined);
  ws.on('message', (data: Buffer) => {
    if (kind === 'portForward') return ws.send(data);
    if (data[0] === 255)
      return ws.send(Buffer.concat([Buffer.from([STATUS]), Buffer.from(SUCCESS)]), () =>
        ws.close(1000),
      );
    const [, code] = /^exit (\d+)/.exec(data.toString('utf8', 1)) ?? [];
    if (code === undefined) return ws.send(Buffer.concat([Buffer.from([1]), data.subarray(1)]));
    const status = {
      metadata: {},
      status: 'Failure',
      reason: 'NonZeroExitCode',
      message: `command terminated with exit code ${code}`,
      details: { causes: [{ reason: 'ExitCode', message: code }] },
    };
    ws.send(Buffer.concat([Buffer.from([STATUS]), Buffer.from(JSON.stringify(status))]), () =>
      ws.close(1000),
    );
  });
}

/** The pod's podlet has already reported; returns its credential. */
async function reported({ store, settings }: Ports): Promise<string> {
  const object = (await store.get({ resource: 'pods', namespace: 'default', name: 'one' }))!;
  const uid = object.metadata.uid!;
  const stored = (await store.getRecord(recordKey(uid)))!;
  const secret = 'a'.repeat(20);
  const podlet = { attempt: 1, secretHash: secretHash(secret), bootId: 'boot', sequence: 1 };
  await store.commit({
    records: [
      {
        key: stored.key,
        value: toJson({ ...toRecord(stored.value), podlet }),
        expected: stored.revision,
      },
    ],
  });
  return `Bearer ${bootstrapToken(settings.podletKey, uid, 1)}.${secret}`;
}

export interface OpenDoors {
  ports: Ports;
  api: number;
  aws: number;
  metadata: number;
  /** Everything that the doors have logged. */
  lines: string[];
  /** How many sessions podlets have connected for. */
  dialled: () => number;
  close(): Promise<void>;
}

/** Opens all doors with a running pod `one` of container `c`. */
export async function openDoors(limits: Door['limits'] = {}): Promise<OpenDoors> {
  const lines: string[] = [];
  let dialled = 0;
  let apiPort = 0;
  const ports: Ports = {
    ...fakePorts({ settings: { adminToken: TOKEN, caPem: 'PEM' } }),
    clock: systemClock,
    store: new MemoryStore({ clock: systemClock, objects: [] }),
  };
  await bootstrapObjects(ports);
  await handle(ports, requestOf('POST', PODS, { body: pod('one') }));
  await place({ ports } as Parameters<typeof place>[0], 'default', 'one');
  const authorization = await reported(ports);
  let count = 0;
  const hub: SessionHub = new SessionHub({
    baseUrl: () => `wss://127.0.0.1:${apiPort}/sessions`,
    id: () => `session-${++count}`,
    sleep: systemClock.sleep,
    wake: (owner) => {
      for (const session of hub.pending(owner)) {
        dialled += 1;
        dial(session.url, session.kind, authorization);
      }
    },
  });
  const aws = awsFront({
    endpoint: () => Promise.resolve(undefined),
    rest: () => Promise.resolve(undefined),
    key: { accessKeyId: 'KEY', secretAccessKey: 'SECRET' },
    clock: systemClock,
  });
  const behind = {
    ports,
    hub,
    aws,
    engine: { metadata: () => Promise.resolve({ status: 404, body: '{"error":"unknown task"}' }) },
  };
  const doors = createDoors(() => behind, { clock: systemClock, log: (line) => lines.push(line) });
  const { certificate, key } = await makeCertificates(['127.0.0.1'], new Date());
  const open = [
    await listen(
      () => httpsServer({ cert: certificate, key }, { ...doors.api, limits }),
      ['127.0.0.1'],
      0,
    ),
    await listen(() => httpServer({ ...doors.aws, limits }), ['127.0.0.1'], 0),
    await listen(() => httpServer({ ...doors.metadata, limits }), ['127.0.0.1'], 0),
  ];
  apiPort = open[0]!.port;
  return {
    ports,
    lines,
    api: apiPort,
    aws: open[1]!.port,
    metadata: open[2]!.port,
    dialled: () => dialled,
    close: async () => {
      await Promise.all(open.map((one) => one.close()));
    },
  };
}

/** A connection of raw bytes; `tls` for the API's door. */
export function connect(port: number, tls: boolean): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket: Socket = tls
      ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
      : connectPlain({ port, host: '127.0.0.1' });
    socket.once(tls ? 'secureConnect' : 'connect', () => resolve(socket));
    socket.once('error', reject);
    socket.on('error', () => undefined);
  });
}

/** What comes back until the peer closes, `until` matches, or the time is over (then `open` is true). */
export function listenTo(
  socket: Socket,
  until?: RegExp,
  ms = 20_000,
): Promise<{ text: string; open: boolean }> {
  return new Promise((resolve) => {
    let text = '';
    const finish = (open: boolean): void => {
      clearTimeout(timer);
      resolve({ text, open });
    };
    const timer = setTimeout(() => finish(true), ms);
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (until?.test(text)) finish(true);
    });
    socket.once('close', () => finish(false));
  });
}

/** Sends the bytes on a connection of its own; returns what came back until it closed (or `until` matched). */
export async function exchange(
  port: number,
  tls: boolean,
  bytes: string | Buffer,
  until?: RegExp,
  ms?: number,
): Promise<{ text: string; open: boolean }> {
  const socket = await connect(port, tls);
  const answered = listenTo(socket, until, ms);
  socket.write(bytes);
  const answer = await answered;
  socket.destroy();
  return answer;
}

/** Whether the API still serves others. */
export async function ready({ api }: OpenDoors): Promise<boolean> {
  const { text } = await exchange(
    api,
    true,
    'GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  );
  return /^HTTP\/1\.1 200 OK/.test(text);
}

export const upgradeHead = (path: string, protocol = '', token = TOKEN): string =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${protocol === '' ? '' : `Sec-WebSocket-Protocol: ${protocol}\r\n`}\r\n`;

export const spdyHead = (path: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\nContent-Length: 0\r\n\r\n`;
