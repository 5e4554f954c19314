// The command line as a new user sees it: what it prints, what it refuses, and how it ends.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { ENGINE_LABEL } from '../../local/agent/labels.ts';
import { droppod, example, podOf, testDroppod } from './droppod.ts';
import { kubectl } from './kubectl.ts';

const COMMAND = fileURLToPath(new URL('../../droppod', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'droppod-command-'));
const nowhere = join(scratch, 'never-started');
const file = (name: string, content: string): string => {
  const path = join(scratch, name);
  writeFileSync(path, content);
  return path;
};
const dp = testDroppod();
const run = (...files: string[]): ReturnType<typeof droppod> =>
  droppod(['run', ...files, '--data', dp.data]);

afterAll(async () => {
  rmSync(scratch, { recursive: true, force: true });
  if (existsSync(dp.data)) await dp.purge();
});

/** A port in use until `free` is called. */
async function takenPort(): Promise<{ port: number; free: () => void }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    free: () => {
      server.close();
    },
  };
}

describe.concurrent('refusals are one line on stderr', () => {
  it.each([
    ['an unknown command', ['fly'], 2, "unknown command 'fly'"],
    ['a misspelt command', ['upp'], 2, "unknown command 'upp' (Did you mean up?)"],
    ['an unknown option', ['up', '--fast'], 2, "unknown option '--fast'"],
    [
      'a port that is no number',
      ['up', '--port', 'abc'],
      2,
      '--port abc: a port number from 0 to 65534 is needed',
    ],
    [
      'a port out of range',
      ['up', '--detach', '--port', '70000'],
      2,
      '--port 70000: a port number from 0 to 65534 is needed',
    ],
    ['run without a file', ['run'], 2, "missing required argument 'file'"],
    [
      'a file that is not there',
      ['run', '/no/such.yaml', '--data', nowhere],
      1,
      '/no/such.yaml: no such file',
    ],
    [
      'down of what is not up',
      ['down', '--data', nowhere],
      1,
      `droppod is not up (nothing serves ${nowhere})`,
    ],
  ])('%s', async (_, words, code, message) => {
    expect(await droppod(words)).toEqual({ stdout: '', stderr: `droppod: ${message}\n`, code });
    expect(existsSync(nowhere)).toBe(false);
  });

  it.each([[[]], [['--detach']]])('a port that another program holds (up %j)', async (words) => {
    const { port, free } = await takenPort();
    const data = join(scratch, `taken-${words.length}`);
    const { stdout, stderr, code } = await droppod([
      'up',
      ...words,
      '--port',
      String(port),
      '--data',
      data,
    ]);
    free();
    expect(stderr.replace(/ \(log: .*\)\n$/, '\n')).toBe(
      `droppod: port ${port} is taken by another program: choose another with --port N\n`,
    );
    expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
  });

  it('down --purge of what never was is no error', async () => {
    expect(await droppod(['down', '--purge', '--data', join(scratch, 'void')])).toMatchObject({
      stderr: '',
      code: 0,
    });
  });
});

describe('up in the foreground', () => {
  it('R1: shows the first pod live, says how to go on, serves until Ctrl-C; its pods stay for the next up', async () => {
    const { port, free } = await takenPort();
    free();
    const data = join(scratch, 'foreground');
    const child = spawn(COMMAND, ['up', '--data', data, '--port', String(port)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    let faults = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      faults += chunk.toString();
    });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    try {
      await expect.poll(() => text).toContain('kubectl get pods');
      const lines = text.split('\n');
      expect(lines[0]).toMatch(
        new RegExp(`^droppod serves .* at https://127\\.0\\.0\\.1:${port} `),
      );
      const way = lines
        .filter((line) => /^\d\d:\d\d:\d\d\.\d /.test(line))
        .map((line) => line.split(/\s{2,}/).slice(1));
      expect(way.slice(-2)).toEqual([
        ['Running', 'Completed', 'hello', 'Completed (exit code 0)'],
        ['Succeeded', 'Completed'],
      ]);
      expect(way).toContainEqual(['Running', 'Running', 'hello', 'Running']);
      expect(text).toContain('Hello from hello');
      expect(text).toContain(`kubeconfig: ${join(data, 'kubeconfig')}`);
      expect(readFileSync(join(data, 'env'), 'utf8')).toMatch(
        new RegExp(
          `^export KUBECONFIG=${join(data, 'kubeconfig')}\nexport AWS_ENDPOINT_URL=http://127\\.0\\.0\\.1:\\d+\n`,
        ),
      );
      expect(statSync(join(data, 'kubeconfig')).mode & 0o077).toBe(0);
      expect(
        (await kubectl(join(data, 'kubeconfig'), 'get', 'pod', 'hello', '--no-headers')).stdout,
      ).toMatch(/^hello +0\/1 +Completed/);
      const second = await droppod(['up', '--data', data]);
      expect(second).toMatchObject({ code: 0, stderr: '' });
      expect(second.stdout).toMatch(
        new RegExp(
          `^droppod is already up \\(process ${child.pid ?? 0}\\) at https://127\\.0\\.0\\.1:${port}\n`,
        ),
      );
      child.kill('SIGINT');
      expect(await ended).toBe(0);
      expect(text.trim().split('\n').at(-1)).toMatch(/^droppod stopped; /);
      expect(
        faults
          .split('\n')
          .filter((line) => line !== '' && !line.includes('building the podlet image')),
      ).toEqual([]);
      expect(existsSync(join(data, 'pid'))).toBe(false);
    } finally {
      child.kill('SIGKILL');
      await droppod(['down', '--purge', '--data', data]);
    }
  });
});

describe('run, down and purge', () => {
  it('R1: run starts droppod when none is up, follows the pod and exits with 0', async () => {
    const { stdout, code } = await run(example('succeeds'));
    expect(code).toBe(0);
    expect(stdout).toContain('pod/succeeds applied');
    expect(stdout).toMatch(
      /Completed +main +Completed \(exit code 0\)\n\S+ +Succeeded +Completed\n$/,
    );
    expect(dp.pid()).toBeGreaterThan(1);
  });

  it('C2: run of a pod that fails shows its log and exits with 1', async () => {
    const { stdout, stderr, code } = await run(example('fails'));
    expect({ stderr, code }).toEqual({ stderr: '', code: 1 });
    expect(stdout).toMatch(
      /Error +main +Error \(exit code 3\)\n\S+ +Failed +Error\nlog of main:\n {2}giving up\n$/,
    );
  });

  it('run reads standard input and several files, and fails when one of their pods does', async () => {
    expect((await run(example('namespace'), example('hello'))).code).toBe(0);
    expect(
      (
        await run(
          example('hello'),
          file(
            'bad.yaml',
            podOf('bad', {
              restartPolicy: 'Never',
              containers: [{ name: 'c', image: 'busybox', command: ['false'] }],
            }),
          ),
        )
      ).code,
    ).toBe(1);
  });

  it.each([
    ['text that is no YAML', 'a: [', / at line 1|at line 2/],
    ['a text that is no manifest', 'hello', /not a manifest/],
    ['an empty file', '', /no manifest in it/],
    ['a manifest without a kind', 'a: 1', /kind \(none\) of \(no apiVersion\) is not served/],
    [
      'a kind that is not served',
      'apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: x}',
      /kind Widget of example.com\/v1 is not served/,
    ],
    [
      'a workload that is refused',
      'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}',
      /Deployment.apps "x" is invalid/,
    ],
    [
      'a pod without a name',
      'apiVersion: v1\nkind: Pod\nspec: {containers: []}',
      /metadata.name is missing/,
    ],
    [
      'a pod that is refused',
      podOf('refused', { containers: [] }),
      /spec.containers: Required value/,
    ],
    [
      'a field that no pod has',
      podOf('odd', { containers: [{ name: 'c', image: 'busybox', comand: ['x'] }] }),
      /unknown field|field not declared/,
    ],
    [
      'what Fargate cannot do',
      podOf('host', { hostNetwork: true, containers: [{ name: 'c', image: 'busybox' }] }),
      /hostNetwork/,
    ],
  ])('A1: run refuses %s in one line', async (_, text, message) => {
    const { stdout, stderr, code } = await run(file('refused.yaml', text));
    expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
    expect(stderr).toMatch(/^droppod: .+\n$/);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(message);
  });

  it('down stops it, pods go on; a second down says that it is not up; down --purge leaves nothing', async () => {
    expect(
      (
        await dp.kIn(
          podOf('stays', {
            containers: [{ name: 'main', image: 'busybox', command: ['sleep', '3600'] }],
          }),
          'create',
          '-f',
          '-',
        )
      ).code,
    ).toBe(0);
    // The id is known slightly after the container runs.
    const { status } = await dp.until(
      'stays',
      ({ status: { containerStatuses } }) => containerStatuses?.[0]?.containerID !== undefined,
    );
    const id = status.containerStatuses?.[0]?.containerID;
    expect(await droppod(['down', '--data', dp.data])).toEqual({
      stdout: 'droppod stopped\n',
      stderr: '',
      code: 0,
    });
    expect((await droppod(['down', '--data', dp.data])).code).toBe(1);
    expect((await dp.up()).code).toBe(0);
    expect(
      (await dp.until('stays', ({ status: { phase } }) => phase === 'Running')).status
        .containerStatuses?.[0],
    ).toMatchObject({ containerID: id, restartCount: 0 });
    const { id: engine } = JSON.parse(readFileSync(join(dp.data, 'installation.json'), 'utf8')) as {
      id: string;
    };
    expect(await containersOf(engine)).toBeGreaterThan(0);
    expect((await droppod(['down', '--purge', '--data', dp.data])).stdout).toMatch(
      /^droppod stopped\nremoved \d+ containers and /,
    );
    expect(await containersOf(engine)).toBe(0);
    expect(existsSync(dp.data)).toBe(false);
  });
});

/** How many containers and volumes the engine holds for an installation. */
async function containersOf(engine: string): Promise<number> {
  const count = (words: string[]): Promise<number> =>
    new Promise((resolve, reject) => {
      const child = spawn('docker', words, { stdio: ['ignore', 'pipe', 'inherit'] });
      let text = '';
      child.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      child.once('close', (code) =>
        code === 0
          ? resolve(text.split('\n').filter(Boolean).length)
          : reject(new Error(`docker ended with ${code ?? 0}`)),
      );
    });
  const label = `label=${ENGINE_LABEL}=${engine}`;
  return (
    (await count(['ps', '-aq', '--filter', label])) +
    (await count(['volume', 'ls', '-q', '--filter', label]))
  );
}
