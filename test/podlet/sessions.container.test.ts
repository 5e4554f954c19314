// exec, attach and port-forward through the podlet, in real containers: frames, terminals, exit codes, half close.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { CHANNEL } from '../../podlet/messages.ts';
import type { SessionRequest } from '../../src/protocol/messages.ts';
import { podletImage, TestPod } from './pod.ts';
import { startOrder } from './sync-server.ts';

let pod: TestPod;
let count = 0;

beforeAll(async () => {
  await podletImage();
  pod = await TestPod.open({ containers: ['app', 'shell'] });
  const serve =
    'mkdir -p /tmp/www; echo served >/tmp/www/index.html; httpd -p 127.0.0.1:8080 -h /tmp/www; exec sleep 1000';
  pod.server.want(({ containers }) => {
    containers.app = {
      run: 1,
      start: startOrder(['sh', '-c', serve], {
        env: [
          ['PATH', '/bin'],
          ['WHO', 'app'],
        ],
        user: { ...startOrder([]).user, user: '33' },
        cwd: '/tmp',
      }),
    };
    containers.shell = {
      run: 1,
      start: startOrder(['sh'], { tty: true, stdin: true, stdinOnce: true }),
    };
  });
  await pod.server.until(
    ({ containers }) => containers.app?.run !== undefined && containers.shell?.run !== undefined,
  );
});
afterAll(() => pod.close());

/** One session from the API's side: the data per channel, and the status. */
class Session {
  readonly output: { [channel: number]: string } = {};
  readonly status: Promise<unknown>;
  bytes = 0;
  private constructor(readonly socket: WebSocket) {
    this.status = new Promise((resolve) => {
      socket.on('message', (data: Buffer) => {
        const channel = data[0] ?? 0;
        this.bytes += data.length - 1;
        if (channel === CHANNEL.status) resolve(JSON.parse(data.subarray(1).toString()));
        else if (this.bytes < 1_000_000)
          this.output[channel] = (this.output[channel] ?? '') + data.subarray(1).toString();
      });
      socket.on('close', () => resolve('closed'));
    });
  }

  static async open(request: Partial<SessionRequest>, of = pod): Promise<Session> {
    return new Session(await dial(request, of));
  }

  send(channel: number, text: string | Buffer): void {
    this.socket.send(Buffer.concat([Buffer.from([channel]), Buffer.from(text)]));
  }
}

async function dial(request: Partial<SessionRequest>, { server } = pod): Promise<WebSocket> {
  count += 1;
  const url = server.url.replace('http', 'ws');
  const dialled = server.nextSocket();
  server.want(({ sessions }) => {
    sessions.splice(0, sessions.length, {
      id: `s${count}`,
      url: `${url}/sessions/s${count}`,
      container: 'app',
      kind: 'exec',
      ...request,
    });
  });
  return dialled;
}

const exitStatus = (code: number): object => ({
  metadata: {},
  status: 'Failure',
  reason: 'NonZeroExitCode',
  message: `command terminated with non-zero exit code: command terminated with exit code ${code}`,
  details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
});

describe('exec', () => {
  it("runs as the container's user in its directory with its environment, streams apart, code right", async () => {
    const session = await Session.open({
      argv: ['sh', '-c', 'echo "$(id -u) $PWD $WHO"; echo bad >&2; exit 3'],
    });
    expect(await session.status).toEqual(exitStatus(3));
    expect(session.output).toEqual({
      [CHANNEL.stdout]: '33 /tmp app\n',
      [CHANNEL.stderr]: 'bad\n',
    });
  });

  it('ends stdin at the half close', async () => {
    const session = await Session.open({
      argv: ['sh', '-c', 'wc -c; cat /proc/self/status >/dev/null'],
      stdin: true,
    });
    session.send(CHANNEL.stdin, 'x'.repeat(100_000));
    session.send(CHANNEL.stdin, 'y');
    session.send(CHANNEL.halfClose, Buffer.from([0]));
    expect(await session.status).toEqual({ metadata: {}, status: 'Success' });
    expect(session.output[CHANNEL.stdout]?.trim()).toBe('100001');
  });

  it('loses nothing of a long output', async () => {
    const session = await Session.open({ argv: ['sh', '-c', 'head -c 20000000 /dev/zero'] });
    expect(await session.status).toEqual({ metadata: {}, status: 'Success' });
    expect(session.bytes).toBeGreaterThanOrEqual(20_000_000);
  });

  it('gives a terminal with size, resize and ^C', async () => {
    const session = await Session.open({ argv: ['sh'], tty: true, stdin: true });
    session.send(CHANNEL.resize, JSON.stringify({ Width: 99, Height: 33 }));
    session.send(CHANNEL.stdin, 'stty size; tty; echo $TERM\n');
    await expect
      .poll(() => session.output[CHANNEL.stdout] ?? '')
      .toMatch(/33 99\r\n\/dev\/pts\/\d+\r\nxterm/);
    session.send(CHANNEL.stdin, 'sleep 1000\n');
    await new Promise((resolve) => setTimeout(resolve, 200));
    session.send(CHANNEL.stdin, '\x03');
    session.send(CHANNEL.stdin, 'exit 6\n');
    expect(await session.status).toEqual(exitStatus(6));
  });

  it('says why a command cannot start', async () => {
    const session = await Session.open({ argv: ['nope'] });
    expect(await session.status).toMatchObject({
      status: 'Failure',
      message: expect.stringContaining('exec: "nope": executable file not found in $PATH'),
    });
  });

  it('kills the command when the client goes away', async () => {
    const session = await Session.open({ argv: ['sleep', '4321'] });
    await new Promise((resolve) => setTimeout(resolve, 200));
    session.socket.terminate();
    await expect
      .poll(async () => {
        const look = await Session.open({ argv: ['sh', '-c', 'ps | grep -c "[s]leep 4321"'] });
        await look.status;
        return look.output[CHANNEL.stdout];
      })
      .toBe('0\n');
  });
});

describe('attach', () => {
  it('R1: speaks with the main process on its terminal; the end of the container is no failure of the stream', async () => {
    const session = await Session.open({
      container: 'shell',
      kind: 'attach',
      tty: true,
      stdin: true,
    });
    session.send(CHANNEL.stdin, 'echo attached $((40+2))\n');
    await expect.poll(() => session.output[CHANNEL.stdout] ?? '').toContain('attached 42');
    session.send(CHANNEL.stdin, 'exit 5\n');
    expect(await session.status).toEqual({ metadata: {}, status: 'Success' });
    const report = await pod.server.until(
      ({ containers }) => containers.shell?.run?.exitCode !== undefined,
    );
    expect(report.containers.shell?.run?.exitCode).toBe(5);
  });
});

describe("the end of a client's input", () => {
  let own: TestPod;
  const lines = ['sh', '-c', 'while read l; do echo "got $l"; done; echo over; exec sleep 1000'];
  beforeAll(async () => {
    own = await TestPod.open({ containers: ['lines', 'once', 'terminal'] });
    own.server.want(({ containers }) => {
      containers.lines = { run: 1, start: startOrder(lines, { stdin: true }) };
      containers.once = {
        run: 1,
        start: startOrder(['sh', '-c', 'cat; sleep 1; echo counted'], {
          stdin: true,
          stdinOnce: true,
        }),
      };
      containers.terminal = {
        run: 1,
        start: startOrder(lines, { tty: true, stdin: true, stdinOnce: true }),
      };
    });
    await own.server.until(({ containers }) =>
      ['lines', 'once', 'terminal'].every((name) => containers[name]?.run !== undefined),
    );
  });
  afterAll(() => own.close());

  const attach = (container: string, more: Partial<SessionRequest> = {}): Promise<Session> =>
    Session.open({ container, kind: 'attach', stdin: true, ...more }, own);
  const end = (session: Session): void => session.send(CHANNEL.halfClose, Buffer.from([0]));
  const said = (session: Session): string => session.output[CHANNEL.stdout] ?? '';

  it('R1: lets the client go and leaves the process its input', async () => {
    for (const word of ['one', 'two']) {
      const session = await attach('lines');
      session.send(CHANNEL.stdin, `${word}\n`);
      await expect.poll(() => said(session)).toContain(`got ${word}\n`);
      end(session);
      expect(await session.status).toEqual({ metadata: {}, status: 'Success' });
      expect(said(session)).not.toContain('over');
    }
  });

  it('R1: is the end of input of a process that takes it once, which is watched to its end', async () => {
    const session = await attach('once');
    session.send(CHANNEL.stdin, 'all\n');
    end(session);
    expect(await session.status).toEqual({ metadata: {}, status: 'Success' });
    expect(said(session)).toBe('all\ncounted\n');
  });

  it('R1: lets the client of a terminal go, whose process goes on', async () => {
    const session = await attach('terminal', { tty: true });
    session.send(CHANNEL.stdin, 'one\n');
    await expect.poll(() => said(session)).toContain('got one');
    end(session);
    expect(await session.status).toEqual({ metadata: {}, status: 'Success' });
    const again = await attach('terminal', { tty: true });
    again.send(CHANNEL.stdin, 'two\n');
    await expect.poll(() => said(again)).toContain('got two');
    expect(said(session) + said(again)).not.toContain('over');
    again.socket.terminate();
  });

  it('R1: means nothing where the client sends none', async () => {
    const session = await attach('lines', { stdin: false });
    session.send(CHANNEL.stdin, 'unasked\n');
    end(session);
    const writer = await attach('lines');
    writer.send(CHANNEL.stdin, 'asked\n');
    await expect.poll(() => said(session)).toBe('got asked\n');
    session.socket.terminate();
    writer.socket.terminate();
  });
});

describe('port-forward', () => {
  it("reaches a server on the pod's loopback and ends with it", async () => {
    const socket = await dial({ kind: 'portForward', port: 8080 });
    let text = '';
    const closed = new Promise<number>((resolve) => socket.on('close', resolve));
    socket.on('message', (data: Buffer) => {
      text += data.toString();
    });
    socket.send(Buffer.from('GET / HTTP/1.0\r\n\r\n'));
    expect(await closed).toBe(1000);
    expect(text).toContain('served\n');
  });

  it('says when nobody listens', async () => {
    const socket = await dial({ kind: 'portForward', port: 81 });
    const reason = await new Promise<string>((resolve) =>
      socket.on('close', (code: number, why: Buffer) => resolve(`${code} ${why.toString()}`)),
    );
    expect(reason).toBe(
      '1011 failed to connect to localhost:81: dial tcp4 127.0.0.1:81: connect: connection refused',
    );
  });
});
