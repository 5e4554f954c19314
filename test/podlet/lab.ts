// Real containers under supervise for the podlet's tests: the test itself plays the podlet at the other end of the socket.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ensureBusyboxImage } from '../../local/docker/busybox-image.ts';
import type { HostConfig, Mount } from '../../local/docker/containers.ts';
import {
  createContainer,
  inspectContainer,
  killContainer,
  removeContainer,
  startContainer,
  stopContainer,
} from '../../local/docker/containers.ts';
import { connectDocker, dockerSocketPath } from '../../local/docker/engine-api.ts';
import { logLines, openLogs } from '../../local/docker/logs.ts';
import { buildSupervise, findGo, hostArchitecture } from '../../podlet/image/build.ts';
import { ContainerSockets } from '../../podlet/containers.ts';
import { listen } from './listen.ts';
import type { FromSupervise, StartMessage, ToSupervise } from '../../podlet/messages.ts';

export const docker = connectDocker(dockerSocketPath(process.env.DOCKER_HOST));
const LABELS = { 'droppod/test': 'podlet' };
const PATIENCE_MS = 60_000;

/** The workload that tries to gain rights (podlet/supervise/testdata/hostile), as a static program. */
export async function buildHostile(): Promise<string> {
  const program = join(mkdtempSync(join(tmpdir(), 'droppod-hostile-')), 'hostile');
  const cwd = fileURLToPath(new URL('../../podlet/supervise', import.meta.url));
  await promisify(execFile)(await findGo(), ['build', '-o', program, './testdata/hostile'], {
    cwd,
    env: { ...process.env, CGO_ENABLED: '0' },
  });
  return program;
}

/** Everything that a container has written so far. */
export async function containerLog(id: string): Promise<string> {
  let text = '';
  const raw = { bytes: await openLogs(docker, id, { follow: false }), terminal: false };
  for await (const line of logLines(raw)) text += Buffer.from(line.bytes).toString('utf8');
  return text;
}

type Kind = FromSupervise['type'];
type Of<K extends Kind> = Extract<FromSupervise, { type: K }>;

/** A plain start order. */
export function order(run: number, argv: string[], more: Partial<StartMessage> = {}): StartMessage {
  return {
    type: 'start',
    run,
    runsOnce: false,
    argv,
    env: ['PATH=/bin'],
    cwd: '/',
    user: {
      user: '0',
      group: '',
      supplementalGroups: [],
      groupsPolicy: 'Merge',
      noNewPrivileges: false,
      runAsNonRoot: false,
      capabilities: { add: [], drop: [] },
    },
    terminationMessagePath: '/dev/termination-log',
    terminationMessageBytes: 4096,
    stop: { signal: 'SIGTERM', graceSeconds: 30, preStop: [], preStopSleepSeconds: 0 },
    logNonce: 'nonce',
    files: [],
    links: [],
    copies: [],
    memory: [],
    devicesMounted: false,
    tty: false,
    stdin: false,
    stdinOnce: false,
    ...more,
  };
}

/** One container with supervise as its entry point and its messages in order. */
export class Supervised {
  readonly messages: FromSupervise[] = [];
  sockets = new ContainerSockets(listen);
  private readonly waiting: (() => void)[] = [];
  private constructor(
    readonly id: string,
    readonly directory: string,
  ) {}

  static async open(
    host: Partial<HostConfig> = {},
    image = 'busybox:latest',
    { writable = false } = {},
  ): Promise<Supervised> {
    await ensureBusyboxImage(docker);
    const directory = mkdtempSync(join(tmpdir(), 'droppod-podlet-'));
    const mounts: Mount[] = [
      {
        Type: 'bind',
        Source: await buildSupervise(hostArchitecture()),
        Target: '/.droppod/bin/supervise',
        ReadOnly: true,
      },
      {
        Type: 'bind',
        Source: join(directory, 'app'),
        Target: '/.droppod/ctl',
        ReadOnly: !writable,
      },
    ];
    const sockets = new ContainerSockets(listen);
    sockets.open(directory, 'app');
    const { Mounts = [], ...rest } = host;
    const id = await createContainer(
      docker,
      `droppod-test-${process.pid}-${Math.random().toString(36).slice(2, 8)}`,
      {
        Image: image,
        Entrypoint: ['/.droppod/bin/supervise'],
        Cmd: [],
        User: '0:0',
        Labels: LABELS,
        HostConfig: {
          LogConfig: { Type: 'json-file', Config: {} },
          ...rest,
          Mounts: [...mounts, ...Mounts],
        },
      },
    );
    const one = new Supervised(id, directory);
    one.adopt(sockets);
    await startContainer(docker, id);
    await one.next('hello');
    return one;
  }

  private adopt(sockets: ContainerSockets): void {
    this.sockets = sockets;
    sockets.listen(
      (_name, message) => {
        this.messages.push(message);
        for (const look of this.waiting.splice(0)) look();
      },
      () => undefined,
    );
  }

  /** The podlet dies, and a new one listens at the same place. */
  reopen(): void {
    this.sockets.close();
    const sockets = new ContainerSockets(listen);
    sockets.open(this.directory, 'app');
    this.adopt(sockets);
  }

  send(message: ToSupervise): void {
    this.sockets.send('app', message);
  }

  /** The next message of a kind that was not taken yet; others stay. */
  async next<K extends Kind>(kind: K): Promise<Of<K>> {
    const until = Date.now() + PATIENCE_MS;
    for (;;) {
      const at = this.messages.findIndex((message) => message.type === kind);
      const found = this.messages[at];
      if (found !== undefined && isKind(found, kind)) {
        this.messages.splice(at, 1);
        return found;
      }
      if (Date.now() > until) throw new Error(`no ${kind}; got ${JSON.stringify(this.messages)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 500);
        this.waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** Starts `argv` as the given run and returns its exit. */
  async run(run: number, argv: string[], more: Partial<StartMessage> = {}): Promise<Of<'exited'>> {
    this.send(order(run, argv, more));
    return this.next('exited');
  }

  async exec(argv: string[], timeoutMs = 0): Promise<Of<'done'> & { text: string }> {
    this.send({ type: 'exec', id: `e${Math.random()}`, argv, timeoutMs });
    const done = await this.next('done');
    return { ...done, text: Buffer.from(done.output, 'base64').toString('utf8') };
  }

  log = (): Promise<string> => containerLog(this.id);

  /** The engine's stop; returns the container's exit code. */
  async stop(graceSeconds: number): Promise<number> {
    await stopContainer(docker, this.id, graceSeconds);
    return (await inspectContainer(docker, this.id))?.State.ExitCode ?? -1;
  }

  async exitCode(): Promise<number | undefined> {
    for (let tries = 0; tries < 1_200; tries += 1) {
      const facts = await inspectContainer(docker, this.id);
      if (facts?.State.Running === false) return facts.State.ExitCode;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return undefined;
  }

  async close(): Promise<void> {
    await killContainer(docker, this.id);
    await removeContainer(docker, this.id);
    this.sockets.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

const isKind = <K extends Kind>(message: FromSupervise, kind: K): message is Of<K> =>
  message.type === kind;
