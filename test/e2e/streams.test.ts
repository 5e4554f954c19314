// exec, attach, cp and port-forward with stock kubectl and with the JavaScript client, on one pod.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { Exec, KubeConfig, PortForward, type V1Status } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, podOf } from './droppod.ts';
import { kubectlPath } from './kubectl.ts';
import { sharedDroppod } from './shared-droppod.ts';

const dp = sharedDroppod();
const scratch = mkdtempSync(join(tmpdir(), 'droppod-streams-'));
const BIG_BYTES = 100 * 1024 * 1024;
const env = (): NodeJS.ProcessEnv => ({ ...process.env, KUBECONFIG: dp.kubeconfig });
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

async function running(name: string, containers: object[]): Promise<void> {
  expect(
    (
      await dp.kIn(
        podOf(name, { terminationGracePeriodSeconds: 1, containers }),
        'create',
        '-f',
        '-',
      )
    ).stderr,
  ).toBe('');
  expect(
    (await dp.k('wait', '--for=condition=Ready', `pod/${name}`, '--timeout=180s')).stderr,
  ).toBe('');
}

const busybox = (name: string, script: string, more: object = {}): object => ({
  name,
  image: 'busybox',
  command: ['sh', '-c', script],
  ...more,
});

beforeAll(async () => {
  await Promise.all([
    running('shell', [
      busybox('main', 'trap "exit 0" TERM; while :; do sleep 0.2; done'),
      busybox(
        'web',
        'mkdir -p /www; echo "You have hit $HOSTNAME" > /www/index.html; exec httpd -f -p 8080 -h /www',
      ),
    ]),
    running('echoes', [
      busybox('main', 'while read line; do echo "got $line"; done', {
        stdin: true,
        stdinOnce: true,
      }),
    ]),
    running('leaving', [busybox('main', 'sleep 3600')]),
    running('staying', [busybox('main', 'sleep 3600')]),
  ]);
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe.concurrent('exec', () => {
  it('R1: stdout, stderr and the exit code come back', async () => {
    expect(
      await dp.k('exec', 'shell', '-c', 'main', '--', 'sh', '-c', 'echo out; echo err >&2; exit 7'),
    ).toEqual({ stdout: 'out\n', stderr: 'err\ncommand terminated with exit code 7\n', code: 7 });
    expect(await dp.k('exec', 'shell', '-c', 'main', '--', 'true')).toEqual({
      stdout: '',
      stderr: '',
      code: 0,
    });
  });

  it('R1: the first container is taken, and said, where none is named', async () => {
    const { stdout, stderr } = await dp.k('exec', 'shell', '--', 'hostname');
    expect(stdout).toBe('shell\n');
    expect(stderr).toContain('Defaulted container "main" out of: main, web');
  });

  it('R1: stdin goes in, its end too', async () => {
    expect(
      (
        await dp.kIn('one\ntwo\n', 'exec', '-i', 'shell', '-c', 'main', '--', 'wc', '-l')
      ).stdout.trim(),
    ).toBe('2');
  });

  it('R1: -t gives a terminal of the client’s size', async () => {
    const command = `stty rows 31 cols 97; ${kubectlPath()} exec -it shell -c main -- sh -c 'tty; for i in $(seq 50); do size=$(stty size 2>/dev/null); case $size in ""|"0 0") sleep 0.2;; *) echo $size; break;; esac; done; exit 3'`;
    // The size is a separate message, right after the start.
    const { stdout, code } = await inTerminal(command);
    expect(stdout).toMatch(/\/dev\/(pts\/\d+|console)\r\n/);
    expect(stdout).toContain('31 97');
    expect(code).toBe(3);
  });

  it.each([
    [
      'a command that is not there',
      ['exec', 'shell', '-c', 'main', '--', 'no-such-command'],
      /executable file not found|no such file/,
    ],
    [
      'a container that is not there',
      ['exec', 'shell', '-c', 'none', '--', 'true'],
      /container none is not valid for pod shell/,
    ],
    ['a pod that is not there', ['exec', 'nobody', '--', 'true'], /pods "nobody" not found/],
  ])('R1: %s is refused', async (_, words, message) => {
    const { stderr, code } = await dp.k(...words);
    expect(stderr).toMatch(message);
    expect(code).not.toBe(0);
  });

  it('R1: twenty at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        dp.k('exec', 'shell', '-c', 'main', '--', 'sh', '-c', `echo ${index}; exit ${index % 3}`),
      ),
    );
    expect(answers.map(({ stdout, code }) => [stdout.trim(), code])).toEqual(
      answers.map((_, index) => [String(index), index % 3]),
    );
  });

  it('R1: exec into a pod that is deleted meanwhile ends', async () => {
    const begun = dp.k('exec', 'leaving', '--', 'sh', '-c', 'echo in; sleep 600');
    const [{ stdout, code }] = await Promise.all([
      begun,
      (async () => {
        await eventually(
          async () => (await dp.k('exec', 'leaving', '--', 'ps')).stdout,
          /sleep 600/,
        );
        await dp.k('delete', 'pod', 'leaving');
      })(),
    ]);
    expect(stdout).toBe('in\n');
    expect(code).not.toBe(0);
  });
});

describe.concurrent('cp', () => {
  it('R1: 100 MB go in and come back unchanged', async () => {
    const [sent, back] = [join(scratch, 'sent'), join(scratch, 'back')];
    const bytes = randomBytes(BIG_BYTES);
    writeFileSync(sent, bytes);
    expect(await dp.k('cp', sent, 'shell:/tmp/big', '-c', 'main')).toMatchObject({ code: 0 });
    expect(
      (await dp.k('exec', 'shell', '-c', 'main', '--', 'sha256sum', '/tmp/big')).stdout.split(
        ' ',
      )[0],
    ).toBe(sha256(bytes));
    expect(await dp.k('cp', 'shell:/tmp/big', back, '-c', 'main')).toMatchObject({ code: 0 });
    expect(sha256(readFileSync(back))).toBe(sha256(bytes));
  });
});

describe.concurrent('attach', () => {
  it('R1: attach -i speaks to the main process', async () => {
    const child = spawn(kubectlPath(), ['attach', '-i', 'echoes'], {
      env: env(),
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const text = collect(child);
    child.stdin?.write('hello\n');
    await eventually(text, /got hello/);
    child.stdin?.end();
    child.kill();
  });

  it('R1: debug -it gives a terminal in a container that joins the pod and ends with success', async () => {
    const command = `${kubectlPath()} debug -it staying --profile=general --image=busybox --image-pull-policy=IfNotPresent --target=main -c debugger -- sh`;
    const { stdout, code } = await inTerminal(command, 'tty; ps; hostname; exit\n');
    expect(stdout).toMatch(/\/dev\/(pts\/\d+|console)\s[^]*sleep 3600[^]*staying\s/);
    expect(stdout).not.toContain("couldn't attach");
    expect(code).toBe(0);
  });

  it.each([
    ['WebSocket', 'true'],
    ['SPDY', 'false'],
  ])(
    'R1: over %s the end of the container ends attach with success, the exit code is the pod’s',
    async (_, webSockets) => {
      const name = `ends-${webSockets}`;
      const script = `read line; echo "got $line"; exit 5`;
      const child = spawn(
        kubectlPath(),
        [
          'run',
          name,
          '--image=busybox',
          '--image-pull-policy=IfNotPresent',
          '--restart=Never',
          '-i',
          '--',
          'sh',
          '-c',
          script,
        ],
        {
          env: { ...env(), KUBECTL_REMOTE_COMMAND_WEBSOCKETS: webSockets },
          stdio: ['pipe', 'pipe', 'pipe'],
        },
      );
      const [text, errors] = [collect(child), collectFrom(child.stderr)];
      // `exit` comes before the last output is read.
      const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
      child.stdin?.end('hello\n');
      expect(await ended).toBe(5);
      expect(text()).toBe('got hello\n');
      expect(errors()).not.toContain("couldn't attach");
      expect(errors()).toContain(`pod default/${name} terminated (Error)`);
    },
  );
});

/** A command whose input and output are a terminal. */
function inTerminal(command: string, typed = ''): Promise<{ stdout: string; code: number }> {
  return new Promise((resolve) => {
    const child = spawn('script', ['-qec', command, '/dev/null'], {
      env: env(),
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const text = collect(child);
    if (typed) child.stdin.write(typed);
    child.once('close', (code) => resolve({ stdout: text(), code: code ?? -1 }));
  });
}

/** What a process has printed so far. */
const collect = (child: ChildProcess): (() => string) => collectFrom(child.stdout);

function collectFrom(stream: ChildProcess['stdout']): () => string {
  let text = '';
  stream?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return () => text;
}

/** A forward on a free local port; `text` is what kubectl has said. */
async function forward(
  remote: number,
): Promise<{ port: number; text: () => string; errors: () => string; stop: () => void }> {
  const child = spawn(kubectlPath(), ['port-forward', 'shell', `:${remote}`], {
    env: env(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = collect(child);
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  await eventually(text, /Forwarding from 127\.0\.0\.1:\d+ -> /);
  return {
    port: Number(/127\.0\.0\.1:(\d+)/.exec(text())?.[1]),
    text,
    errors: () => errors,
    stop: () => {
      child.kill();
    },
  };
}

const curl = (port: number): Promise<string> =>
  new Promise((resolve) => {
    execFile(
      'curl',
      ['-sS', '--max-time', '120', `http://127.0.0.1:${port}/`],
      (error, stdout, stderr) => resolve(error ? `failed: ${stderr}` : stdout),
    );
  });

describe.concurrent('port-forward', () => {
  it('A17: a forwarded port answers, many requests at once', async () => {
    const { port, text, stop } = await forward(8080);
    const answers = await Promise.all(Array.from({ length: 10 }, () => curl(port)));
    stop();
    expect(new Set(answers)).toEqual(new Set(['You have hit shell\n']));
    expect(text()).toContain(`Handling connection for ${port}`);
  });

  it('A17: a port that nobody listens on is reported, the forward’s other connections go on', async () => {
    const { port, errors, stop } = await forward(9);
    expect(await curl(port)).toMatch(/^failed/);
    await eventually(errors, /an error occurred forwarding \d+ -> 9: .*(refused|failed)/);
    stop();
  });
});

describe.concurrent('the JavaScript client', () => {
  const config = (): KubeConfig => {
    const loaded = new KubeConfig();
    loaded.loadFromFile(dp.kubeconfig);
    return loaded;
  };

  it('R1: Exec gives output and the Status of the exit', async () => {
    let out = '';
    const stdout = new Writable({
      write: (chunk: Buffer, _, done) => {
        out += chunk.toString();
        done();
      },
    });
    const stdin = new PassThrough();
    const status = new Promise<V1Status>((resolve, reject) => {
      new Exec(config())
        .exec(
          'default',
          'shell',
          'main',
          ['sh', '-c', 'read x; echo got $x; exit 4'],
          stdout,
          null,
          stdin,
          false,
          resolve,
        )
        .catch(reject);
    });
    stdin.write('it\n');
    expect(await status).toMatchObject({
      status: 'Failure',
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '4' }] },
    });
    expect(out).toBe('got it\n');
  });

  it('A17: PortForward reaches the pod', async () => {
    const forwarder = new PortForward(config());
    const server = createServer((socket) => {
      forwarder
        .portForward('default', 'shell', [8080], socket, null, socket)
        .catch(() => socket.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    expect(await curl((server.address() as AddressInfo).port)).toBe('You have hit shell\n');
    server.close();
  });
});
