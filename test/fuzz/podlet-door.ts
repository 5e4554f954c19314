// The real podlet in its image, between supervisors that lie and an API that lies: it must stay the same process and go on reporting.
import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type ServerResponse,
} from 'node:http';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createContainer,
  inspectContainer,
  killContainer,
  memoryUsage,
  removeContainer,
  startContainer,
} from '../../local/docker/containers.ts';
import { logLines, openLogs } from '../../local/docker/logs.ts';
import { bridgeGateway } from '../../local/docker/system.ts';
import { present } from '../../src/present.ts';
import type { Desired, Report } from '../../src/protocol/messages.ts';
import { docker } from '../podlet/lab.ts';
import { podletImage } from '../podlet/pod.ts';
import { nothing, startOrder } from '../podlet/sync-server.ts';
import type { Chance } from '../simulation/random.ts';
import type { Door, Played } from './door.ts';
import {
  flipped,
  hostileValue,
  INTEGERS,
  noise,
  own,
  PROTOTYPE_NAMES,
  spoilt,
  TEXTS,
  type Value,
} from './values.ts';

const CONTAINERS = ['a', 'b'];
const PATIENCE_MS = 30_000;
const MEMORY_BYTES = 768 << 20;
/** Nothing but loopback inside the podlet's own network, or no address at all. */
const HOSTS = [
  '127.0.0.1',
  'localhost',
  '::1',
  '[::1',
  'a b',
  'x:y@z',
  '%zz',
  '\u0000',
  '',
  '/',
  '127.0.0.1:1',
];
const PORTS = [7001, 7002, 1, 65_535, 65_536, 70_000, -5, 0, 1.5];
const SECONDS = [0, 0.01, 1, ...INTEGERS];

function someHandler(chance: Chance): Value {
  const [host, port] = [chance.pick(HOSTS), chance.pick(PORTS)];
  return chance.pick<Value>([
    { exec: { command: [chance.pick(TEXTS)] } },
    {
      httpGet: {
        host,
        port,
        path: chance.pick(['/', '', '//', '/%zz', '/\u0000', 'x', ...TEXTS]),
        scheme: chance.pick(['HTTP', 'HTTPS', 'x']),
        headers: [
          { name: chance.pick(['A', 'Host', '', 'a b', 'é', '\n']), value: chance.pick(TEXTS) },
        ],
      },
    },
    { tcpSocket: { host, port } },
    { grpc: { port, service: chance.pick(TEXTS) } },
    { sleep: { seconds: chance.pick(SECONDS) } },
  ]);
}

const someProbe = (chance: Chance): Value => ({
  handler: someHandler(chance),
  initialDelaySeconds: chance.pick([0, 0, 1, -1]),
  periodSeconds: chance.pick([1, 0, -1, 1e9]),
  timeoutSeconds: chance.pick([1, 0, -1, 1e12]),
  successThreshold: chance.pick([1, 0, 5]),
  failureThreshold: chance.pick([1, 3, 0, -1]),
  killSuffix: '',
});

function someVolume(chance: Chance): Value {
  const path = chance.pick([
    'f',
    'd/f',
    '../../../tmp/x',
    '/abs',
    '..',
    '.',
    '',
    'a/../b',
    'x'.repeat(300),
    '\u0000',
    ...PROTOTYPE_NAMES,
  ]);
  return {
    version: String(chance.below(1_000)),
    ...(chance.happens(0.4)
      ? { emptyDir: true }
      : {
          files: [
            {
              path,
              mode: chance.pick([420, -1, 0o7777, 1e9]),
              base64: chance.pick(['', 'AAAA', '!!']),
              ...present({ uid: chance.happens(0.3) ? chance.pick(INTEGERS) : undefined }),
            },
          ],
        }),
    ...present({ fsGroup: chance.happens(0.3) ? chance.pick(INTEGERS) : undefined }),
    ...(chance.happens(0.2)
      ? { sizeLimit: { bytes: chance.pick(INTEGERS), text: '1' }, keep: [chance.pick(TEXTS)] }
      : {}),
  };
}

/** An answer of the right form, its contents invented; never one that ends the pod. */
function someDesired(chance: Chance, url: string): Value {
  const start = (): Value =>
    ({
      ...startOrder(['x']),
      stop: {
        signal: chance.pick(['SIGTERM', 'x', '']),
        graceSeconds: chance.pick(SECONDS),
        ...present({ preStop: chance.happens(0.3) ? someHandler(chance) : undefined }),
      },
      ...present({
        postStart: chance.happens(0.3) ? someHandler(chance) : undefined,
        startup: chance.happens(0.3) ? someProbe(chance) : undefined,
      }),
      ...(chance.happens(0.5) ? { liveness: someProbe(chance), readiness: someProbe(chance) } : {}),
      ...present({
        fileVariables: chance.happens(0.2)
          ? [
              {
                placeholder: chance.pick(TEXTS),
                name: 'A',
                volume: chance.pick(['v', ...PROTOTYPE_NAMES]),
                path: chance.pick(TEXTS),
                key: chance.pick(TEXTS),
                optional: chance.happens(0.5),
              },
            ]
          : undefined,
      }),
    }) as unknown as Value;
  const containers = [
    ...CONTAINERS,
    ...(chance.happens(0.1) ? [chance.pick(PROTOTYPE_NAMES)] : []),
  ].reduce<object>(
    (all, name) =>
      Object.assign(
        all,
        own(name, {
          run: chance.pick([0, 1, 2, 3, 1_000]),
          ...present({
            start: chance.happens(0.7) ? start() : undefined,
            stop: chance.happens(0.2)
              ? { graceSeconds: chance.pick(SECONDS), message: 'm' }
              : undefined,
            sidecar: chance.happens(0.1) ? chance.pick([0, -1, 5]) : undefined,
          }),
        }),
      ),
    {},
  );
  const session = (): Value => ({
    id: `i${chance.below(1_000_000)}`,
    url: chance.pick([
      `${url.replace('http', 'ws')}/sessions/x`,
      'ws://127.0.0.1:1/x',
      'x',
      '',
      'wss://[',
      'http://127.0.0.1:1',
    ]),
    container: chance.pick([...CONTAINERS, 'x', ...PROTOTYPE_NAMES]),
    kind: chance.pick(['exec', 'attach', 'portForward', 'x']),
    argv: ['x'],
    port: chance.pick(PORTS),
  });
  return {
    ...(nothing() as unknown as { [key: string]: Value }),
    containers: containers as Value,
    volumes: own(chance.pick(['v', 'v', ...PROTOTYPE_NAMES, '..']), someVolume(chance)),
    sessions: chance.happens(0.4) ? [session()] : [],
    acknowledged: chance.pick<Value>([[], ['x'], [null], PROTOTYPE_NAMES]),
    syncAgainMs: chance.pick([0, 10, 100]),
    ...present({
      hosts: chance.happens(0.2)
        ? { hostname: chance.pick(TEXTS), hosts: chance.pick(TEXTS) }
        : undefined,
    }),
  };
}

const ENDS_THE_POD = /"(leave|terminate)":(?!null|undefined)/;

function someAnswer(chance: Chance, url: string): { status: number; body: Buffer } {
  const desired = someDesired(chance, url);
  const text = JSON.stringify(chance.happens(0.5) ? desired : spoilt(desired, chance));
  const whole = Buffer.from(ENDS_THE_POD.test(text) ? '{}' : text);
  // No code ends the podlet unless the body is a refusal of droppod's own form.
  const status = chance.happens(0.9)
    ? 200
    : chance.pick([204, 301, 400, 401, 403, 404, 410, 413, 429, 500, 502, 503]);
  return {
    status,
    body: chance.happens(0.06)
      ? noise(chance)
      : chance.happens(0.06)
        ? flipped(whole, chance)
        : whole,
  };
}

/** A line of a supervisor that lies. */
function someLine(chance: Chance): Buffer {
  const time = (): string =>
    chance.pick(['2026-01-01T00:00:00.000000Z', 'x', '', '+275760-09-13T00:00:00Z']);
  const run = chance.pick([0, 1, 2, 3, ...INTEGERS]);
  const exit = {
    run,
    code: chance.pick([0, 1, 137, ...INTEGERS]),
    oom: chance.happens(0.2),
    at: time(),
    ...(chance.happens(0.3)
      ? { message: chance.pick([...TEXTS, 'x'.repeat(100_000)]), startedAt: time() }
      : {}),
  };
  const message = chance.pick<Value>([
    {
      type: 'hello',
      run,
      pid: chance.pick([0, 1, -1]),
      startedAt: time(),
      ...present({
        exit: chance.happens(0.3) ? exit : undefined,
        term: chance.happens(0.2) ? chance.pick(TEXTS) : undefined,
        user: chance.happens(0.2) ? hostileValue(chance) : undefined,
      }),
    },
    { type: 'started', run, pid: 5, at: time() },
    { type: 'exited', ...exit },
    {
      type: 'done',
      id: chance.pick(['1', 'x', ...PROTOTYPE_NAMES]),
      code: chance.pick(INTEGERS),
      timedOut: chance.happens(0.5),
      output: chance.pick(['', '!!', 'AAAA']),
    },
    { type: 'term', signal: '15' },
    { type: 'stream', id: 'x' },
    { type: 'pong' },
    { type: chance.pick(PROTOTYPE_NAMES) },
  ]);
  const bytes = Buffer.from(
    `${JSON.stringify(chance.happens(0.5) ? message : spoilt(message, chance))}\n`,
  );
  const drawn = chance.below(25);
  return drawn === 0
    ? noise(chance)
    : drawn === 1
      ? flipped(bytes, chance)
      : drawn === 2
        ? Buffer.from(`${'['.repeat(30_000)}\n`)
        : bytes;
}

export class PodletDoor implements Door {
  readonly name = 'podlet';
  readonly width = 1;
  private readonly directory = mkdtempSync(join(tmpdir(), 'droppod-fuzz-'));
  private readonly reports: Report[] = [];
  private readonly http: HttpServer = createHttpServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => this.answer(Buffer.concat(chunks), response));
  });
  private url = '';
  private id = '';
  private bootId = '';
  /** The API's next answer; without one: nothing new. */
  private next: { status: number; body: Buffer } | undefined;
  private supervisors = new Map<string, Socket>();

  async open(): Promise<void> {
    const host = await bridgeGateway(docker);
    await new Promise<void>((resolve) => this.http.listen(0, host, resolve));
    // A session gets an upgrade that never completes.
    this.http.on('upgrade', (_request, socket) => socket.destroy());
    const address = this.http.address();
    this.url = `http://${host}:${typeof address === 'object' && address !== null ? address.port : 0}`;
    await this.start(await podletImage());
  }

  private async start(image: string): Promise<void> {
    const env = {
      DROPPOD_SYNC_URL: `${this.url}/sync`,
      DROPPOD_TOKEN: 'bootstrap',
      DROPPOD_UID: 'uid-1',
      DROPPOD_ATTEMPT: '1',
      DROPPOD_TASK_ARN: 'arn:task',
      DROPPOD_CONTAINERS: CONTAINERS.join(','),
    };
    for (const name of CONTAINERS) mkdirSync(join(this.directory, name), { recursive: true });
    this.id = await createContainer(
      docker,
      `droppod-fuzz-${process.pid}-${Math.random().toString(36).slice(2, 8)}`,
      {
        Image: image,
        Labels: { 'droppod/test': 'fuzz' },
        User: '0:0',
        Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
        HostConfig: {
          Memory: MEMORY_BYTES,
          LogConfig: { Type: 'json-file', Config: {} },
          Tmpfs: { '/.droppod/v': '' },
          Mounts: CONTAINERS.map((name) => ({
            Type: 'bind' as const,
            Source: join(this.directory, name),
            Target: `/.droppod/c/${name}`,
            ReadOnly: false,
          })),
        },
      },
    );
    await startContainer(docker, this.id);
    this.bootId = (await this.report()).bootId;
    for (const name of CONTAINERS)
      await this.supervise(name, Buffer.from('{"type":"hello","run":0,"pid":0}\n'));
  }

  private answer(body: Buffer, response: ServerResponse): void {
    try {
      this.reports.push(JSON.parse(body.toString()) as Report);
    } catch {
      // Whatever is no report is missed by the wait for the next one.
    }
    this.reports.splice(0, this.reports.length - 50);
    const { status, body: bytes } = this.next ?? {
      status: 200,
      body: Buffer.from(JSON.stringify({ ...nothing(), syncAgainMs: 50 } satisfies Desired)),
    };
    this.next = undefined;
    response.writeHead(status, { 'content-type': 'application/json' }).end(bytes);
  }

  /** The next report that comes. */
  private async report(): Promise<Report> {
    this.reports.length = 0;
    for (
      const until = Date.now() + PATIENCE_MS;
      Date.now() < until;
      await new Promise((resolve) => setTimeout(resolve, 5))
    ) {
      const last = this.reports.at(-1);
      if (last) return last;
    }
    throw new Error('no report comes any more');
  }

  /** Sends bytes as the supervisor of a container; connects again where the podlet hung up. */
  private async supervise(name: string, bytes: Buffer): Promise<void> {
    let socket = this.supervisors.get(name);
    if (socket === undefined || socket.destroyed || !socket.writable) {
      socket = connect(join(this.directory, name, 'sock'));
      this.supervisors.set(name, socket);
      socket.on('error', () => undefined);
      socket.resume();
      await new Promise<void>((resolve) => {
        socket?.once('connect', resolve);
        socket?.once('error', () => resolve());
      });
      socket.write('{"type":"hello","run":0,"pid":0}\n');
    }
    socket.write(bytes);
  }

  async play(chance: Chance): Promise<Played> {
    if (chance.happens(0.5)) {
      const answer = someAnswer(chance, this.url);
      this.next = answer;
      // A report must come to take the answer, and another to show that it was survived.
      for (let tries = 0; this.next !== undefined && tries < 100; tries++)
        await new Promise((resolve) => setTimeout(resolve, 10));
      return {
        sent: `answer ${answer.status} ${answer.body.subarray(0, 900).toString()}`,
        got: 'answered',
        problems: [],
      };
    }
    const name = chance.pick(CONTAINERS);
    const lines = Array.from({ length: chance.pick([1, 1, 2, 5]) }, () => someLine(chance));
    for (const line of lines) await this.supervise(name, line);
    return {
      sent: `${name} says ${lines.map((line) => line.subarray(0, 300).toString()).join('')}`,
      got: 'said',
      problems: [],
    };
  }

  /** Its container is looked at after each batch. */
  isDown = (): boolean => false;

  async check(): Promise<string[]> {
    this.next = undefined;
    const problem = await this.whatIsWrong();
    if (problem === undefined) return [];
    await this.stop();
    await this.start(await podletImage());
    return [problem];
  }

  private async whatIsWrong(): Promise<string | undefined> {
    const facts = await inspectContainer(docker, this.id);
    if (facts?.State.Running !== true)
      return `the podlet's container ended with ${facts?.State.ExitCode ?? -1}: ${await this.lastLines()}`;
    const report = await this.report().catch((error: unknown) => String(error));
    if (typeof report === 'string') return `${report}: ${await this.lastLines()}`;
    return report.bootId === this.bootId
      ? undefined
      : `the podlet crashed and was started again: ${await this.lastLines()}`;
  }

  private async lastLines(): Promise<string> {
    const lines: string[] = [];
    const raw = { bytes: await openLogs(docker, this.id, { follow: false }), terminal: false };
    for await (const line of logLines(raw)) lines.push(Buffer.from(line.bytes).toString('utf8'));
    return lines.slice(-15).join('').slice(-1_500);
  }

  private async stop(): Promise<void> {
    for (const socket of this.supervisors.values()) socket.destroy();
    this.supervisors = new Map();
    await killContainer(docker, this.id);
    await removeContainer(docker, this.id);
  }

  async memoryMiB(): Promise<number> {
    return ((await memoryUsage(docker, this.id)) ?? 0) / (1 << 20);
  }

  async close(): Promise<void> {
    if (this.id !== '') await this.stop();
    this.http.closeAllConnections();
    this.http.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
