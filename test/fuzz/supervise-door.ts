// The real supervise binary as a container's PID 1, with a podlet that lost its mind: orders and frames of sessions as bytes.
// It must stay, answer a ping, and start what it is ordered to; what runs in its container may suffer.
import { createServer, type Server, type Socket } from 'node:net';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
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
import { ensureBusyboxImage } from '../../local/docker/busybox-image.ts';
import { buildSupervise, hostArchitecture } from '../../podlet/image/build.ts';
import { docker, order } from '../podlet/lab.ts';
import type { Chance } from '../simulation/random.ts';
import type { Door, Played } from './door.ts';
import { flipped, INTEGERS, noise, spoilt, TEXTS, type Value } from './values.ts';

const PATIENCE_MS = 20_000;
const MEMORY_BYTES = 512 << 20;
/** A run that is above every one that was ordered before. */
let run = 0;

const ARGV = [
  ['true'],
  ['sleep', '0.05'],
  ['sh', '-c', 'exit 3'],
  ['sh', '-c', 'kill -9 $$'],
  ['cat'],
  [],
  [''],
  ['/'],
  ['nope'],
  ['sh', '-c', 'sleep 100 & sleep 100 & exit 0'],
  ['yes'],
  ['sh', '-c', 'trap "" TERM; sleep 0.2'],
];

function startOrder(chance: Chance): Value {
  return order((run += 1), chance.pick(ARGV), {
    tty: chance.happens(0.2),
    stdin: chance.happens(0.3),
    stdinOnce: chance.happens(0.3),
    ...(chance.happens(0.2)
      ? { links: [{ link: chance.pick(TEXTS), target: chance.pick(TEXTS) }] }
      : {}),
    ...(chance.happens(0.2)
      ? {
          terminationMessagePath: chance.pick([
            '/etc/passwd',
            '/dev/null',
            '/proc/1/mem',
            '/tmp',
            ...TEXTS,
          ]),
        }
      : {}),
    ...(chance.happens(0.2)
      ? {
          user: {
            user: chance.pick(TEXTS),
            group: chance.pick(TEXTS),
            supplementalGroups: [],
            groupsPolicy: 'Merge',
            noNewPrivileges: true,
            runAsNonRoot: chance.happens(0.5),
            capabilities: { add: [chance.pick(TEXTS)], drop: ['ALL'] },
          },
        }
      : {}),
  }) as unknown as Value;
}

function someOrder(chance: Chance): Value {
  const id = `s${chance.below(1_000_000)}`;
  switch (chance.below(8)) {
    case 0:
    case 1:
      return startOrder(chance);
    case 2:
      return {
        type: 'exec',
        id,
        argv: chance.pick(ARGV),
        timeoutMs: chance.pick([0, 1, 50, ...INTEGERS]),
      };
    case 3:
    case 4:
      return {
        type: 'session',
        id,
        attach: chance.happens(0.3),
        argv: chance.pick(ARGV),
        tty: chance.happens(0.3),
        stdin: chance.happens(0.5),
      };
    case 5:
      return {
        type: 'kill',
        signal: chance.pick([
          'TERM',
          'SIGKILL',
          'HUP',
          'SIGRTMIN+3',
          '9',
          '-1',
          '0',
          '999',
          ...TEXTS,
        ]),
      };
    case 6:
      return { type: 'ack', forward: chance.happens(0.5) };
    default:
      return { type: chance.pick(['ping', 'x', '', ...TEXTS.slice(0, 6)]) };
  }
}

/** An order as a line; `quit` is left out, which ends supervise rightly. */
function someLine(chance: Chance): Buffer {
  const made = chance.happens(0.4) ? someOrder(chance) : spoilt(someOrder(chance), chance);
  const text = JSON.stringify(made);
  const bytes = Buffer.from(`${/"quit"/.test(text) ? '{}' : text}\n`);
  const drawn = chance.below(20);
  if (drawn === 0) return Buffer.concat([noise(chance), Buffer.from('\n')]);
  if (drawn === 1)
    return Buffer.from(
      `{"type":"exec","argv":["${'x'.repeat(chance.pick([100_000, 9 << 20]))}"]}\n`,
    );
  if (drawn === 2) return Buffer.from(`${'['.repeat(100_000)}\n`);
  return drawn === 3 ? Buffer.concat([flipped(bytes, chance), Buffer.from('\n')]) : bytes;
}

function someFrame(chance: Chance): Buffer {
  const payload = chance.pick([
    Buffer.alloc(0),
    Buffer.from('hello\n'),
    noise(chance),
    Buffer.from('{"Width":80,"Height":24}'),
    Buffer.from('{"Width":1e99,"Height":-5}'),
    Buffer.alloc(200_000, 97),
  ]);
  const head = Buffer.alloc(5);
  head[0] = chance.pick([0, 0, 0, 1, 2, 3, 4, 4, 255, 99]);
  head.writeUInt32BE(
    chance.happens(0.85) ? payload.length : chance.pick([0, 1 << 20, (1 << 20) + 1, 0xffffffff]),
    1,
  );
  return Buffer.concat([head, payload]);
}

export class SuperviseDoor implements Door {
  readonly name = 'supervise';
  readonly width = 1;
  private readonly directory = mkdtempSync(join(tmpdir(), 'droppod-fuzz-'));
  private server: Server | undefined;
  private id = '';
  private control: Socket | undefined;
  private received = '';
  private sessions: Socket[] = [];
  private frames: () => Buffer[] = () => [];
  private onReceived = (): void => undefined;

  async open(): Promise<void> {
    await ensureBusyboxImage(docker);
    mkdirSync(join(this.directory, 'ctl'));
    const server = createServer((socket) => this.accept(socket));
    this.server = server;
    await new Promise<void>((resolve) =>
      server.listen(join(this.directory, 'ctl', 'sock'), resolve),
    );
    await this.start();
  }

  private async start(): Promise<void> {
    this.id = await createContainer(
      docker,
      `droppod-fuzz-${process.pid}-${Math.random().toString(36).slice(2, 8)}`,
      {
        Image: 'busybox:latest',
        Entrypoint: ['/.droppod/bin/supervise'],
        Cmd: [],
        User: '0:0',
        Labels: { 'droppod/test': 'fuzz' },
        HostConfig: {
          NetworkMode: 'none',
          Memory: MEMORY_BYTES,
          LogConfig: { Type: 'none', Config: {} },
          Mounts: [
            {
              Type: 'bind',
              Source: await buildSupervise(hostArchitecture()),
              Target: '/.droppod/bin/supervise',
              ReadOnly: true,
            },
            {
              Type: 'bind',
              Source: join(this.directory, 'ctl'),
              Target: '/.droppod/ctl',
              ReadOnly: false,
            },
          ],
        },
      },
    );
    await startContainer(docker, this.id);
    if (!(await this.receives('"hello"'))) throw new Error('supervise does not dial');
  }

  /** The first line says what a connection is. */
  private accept(socket: Socket): void {
    socket.on('error', () => socket.destroy());
    socket.once('data', (first: Buffer) => {
      if (first.includes('"stream"')) return this.session(socket);
      this.control = socket;
      this.receive(first);
      socket.on('data', (chunk: Buffer) => this.receive(chunk));
      socket.on('close', () => {
        if (this.control === socket) this.control = undefined;
      });
    });
  }

  private receive(chunk: Buffer): void {
    this.received = (this.received + chunk.toString()).slice(-200_000);
    this.onReceived();
  }

  private session(socket: Socket): void {
    this.sessions.push(socket);
    socket.resume();
    for (const frame of this.frames()) socket.write(frame);
    setTimeout(() => socket.destroy(), 300).unref();
  }

  /** Whether that text comes from supervise in time, over whichever connection. */
  private async receives(text: string, ms = PATIENCE_MS): Promise<boolean> {
    const until = Date.now() + ms;
    while (!this.received.includes(text)) {
      if (Date.now() > until) return false;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 100);
        this.onReceived = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return true;
  }

  private async connected(): Promise<Socket | undefined> {
    for (const until = Date.now() + PATIENCE_MS; this.control === undefined && Date.now() < until;)
      await new Promise((resolve) => setTimeout(resolve, 20));
    return this.control;
  }

  async play(chance: Chance): Promise<Played> {
    const lines = Array.from({ length: chance.pick([1, 1, 2, 5]) }, () => someLine(chance));
    const frames = Array.from({ length: chance.pick([0, 1, 3]) }, () => someFrame(chance));
    this.frames = () => frames;
    const control = await this.connected();
    const sent = lines.map((line) => line.subarray(0, 300).toString()).join('');
    if (!control) return { sent, got: 'no connection', problems: [] };
    this.received = '';
    for (const line of lines) control.write(line);
    await this.receives('\n', 30);
    return { sent, got: /"type":"(\w+)"/.exec(this.received)?.[1] ?? 'silence', problems: [] };
  }

  /** It lives, answers, and still starts and reports a process. */
  /** Its container is looked at after each batch. */
  isDown = (): boolean => false;

  async check(): Promise<string[]> {
    this.frames = () => [];
    const problem = await this.whatIsWrong();
    for (const socket of this.sessions.splice(0)) socket.destroy();
    if (problem === undefined) return [];
    await this.stop();
    await this.start();
    return [problem];
  }

  private async whatIsWrong(): Promise<string | undefined> {
    const facts = await inspectContainer(docker, this.id);
    if (facts?.State.Running !== true)
      return `supervise ended with ${facts?.State.ExitCode ?? -1}${facts?.State.OOMKilled === true ? ', out of memory' : ''}`;
    const say = async (text: string): Promise<void> =>
      void (await this.connected())?.write(`${text}\n`);
    if (!(await this.answersPing(say))) return 'no answer to a ping';
    await say('{"type":"kill","signal":"SIGKILL"}');
    const last = (run = Math.max(run, await this.newestRun()) + 1);
    // Earlier processes may need a moment to end.
    for (let time = 0; time < 20; time++) {
      await say(JSON.stringify(order(last, ['sh', '-c', 'exit 42'])));
      if (await this.receives(`"run":${last},"code":42`, 1_000)) return undefined;
      // The rights of a container's first start hold for all: a spoilt one may have been that.
      if (
        this.received.includes(`"run":${last},"code":128`) &&
        /runAsNonRoot|CAP_|rights/.test(this.received)
      )
        return undefined;
    }
    return `a process cannot be started any more: ${this.received.slice(-500)}`;
  }

  /** Sent again: the line before may have ended the connection that a ping was written to. */
  private async answersPing(say: (text: string) => Promise<void>): Promise<boolean> {
    this.received = '';
    for (const until = Date.now() + PATIENCE_MS; Date.now() < until;) {
      await say('{"type":"ping"}');
      if (await this.receives('"pong"', 1_000)) return true;
    }
    return false;
  }

  /** A spoilt order may have put the number of the run anywhere. */
  private async newestRun(): Promise<number> {
    this.received = '';
    (await this.connected())?.write(`${JSON.stringify({ type: 'start', run: 0 })}\n`);
    await this.receives('"hello"');
    return Number(/"hello","run":(\d+)/.exec(this.received)?.[1] ?? 0);
  }

  private async stop(): Promise<void> {
    await killContainer(docker, this.id);
    await removeContainer(docker, this.id);
  }

  async memoryMiB(): Promise<number> {
    return ((await memoryUsage(docker, this.id)) ?? 0) / (1 << 20);
  }

  async close(): Promise<void> {
    if (this.id !== '') await this.stop();
    this.server?.close();
    this.control?.destroy();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
