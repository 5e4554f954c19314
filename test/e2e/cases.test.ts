// Manifests from public bug reports, each with what a real kubelet makes of it. They lie outside of the repository; without them nothing
// runs and a line says so.
import { existsSync, readFileSync } from 'node:fs';
import { loadAll } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { eventually, podOf, type PodJson } from './droppod.ts';
import { sharedDroppod } from './shared-droppod.ts';

const CASES = new URL('../../../shared/cases/', import.meta.url);

interface Manifest {
  kind: string;
  metadata: { name: string };
  spec?: { containers?: object[]; initContainers?: object[] };
}

/** The objects of a case, with an image that every test has; its busybox knows no `mountpoint`. */
function objectsOf(file: string): Manifest[] {
  const text = readFileSync(new URL(file, CASES), 'utf8')
    .replace('mountpoint -q /data', 'grep -q " /data " /proc/mounts')
    // kubectl's YAML is 1.1.
    .replace('defaultMode: 0755', 'defaultMode: 0o755');
  const objects = loadAll(text) as Manifest[];
  for (const { spec } of objects)
    for (const container of [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])])
      Object.assign(container, { image: 'busybox', imagePullPolicy: 'IfNotPresent' });
  return objects;
}

const READER = {
  terminationGracePeriodSeconds: 1,
  containers: [
    {
      name: 'c',
      image: 'busybox',
      imagePullPolicy: 'IfNotPresent',
      stdin: true,
      command: ['sh', '-c', 'while read l; do echo "got $l"; done; sleep 600'],
    },
  ],
};

const isOver = ({ status }: PodJson): boolean => ['Succeeded', 'Failed'].includes(status.phase);
const isReady = ({ status }: PodJson): boolean =>
  status.containerStatuses?.every(({ ready }) => ready) === true;

it.runIf(!existsSync(CASES))('is skipped: no cases at ../shared/cases', () => {});

describe.runIf(existsSync(CASES))('a case', { concurrent: true }, () => {
  const dp = sharedDroppod();
  const k = async (...words: string[]): Promise<string> => (await dp.k(...words)).stdout;

  /** Creates the file's objects; returns the name of its pod and kubectl's warnings. */
  async function created(file: string): Promise<{ pod: string; warnings: string }> {
    const objects = objectsOf(file);
    const list = { apiVersion: 'v1', kind: 'List', items: objects };
    const { code, stderr } = await dp.kIn(JSON.stringify(list), 'create', '-f', '-');
    expect(`${code} ${stderr.replace(/^Warning: .*\n/gm, '')}`).toBe('0 ');
    const pod = objects.find(({ kind }) => kind === 'Pod')?.metadata.name ?? '';
    return { pod, warnings: stderr };
  }

  /** The output of a pod that runs to its end. */
  async function outputOf(file: string): Promise<string> {
    const { pod } = await created(file);
    const { status } = await dp.until(pod, isOver);
    expect(status.phase).toBe('Succeeded');
    return k('logs', pod);
  }

  it('restart-stale-pid: every run begins with a fresh root', async () => {
    const { pod } = await created('restart-stale-pid.yaml');
    await dp.until(pod, ({ status }) => (status.containerStatuses?.[0]?.restartCount ?? 0) >= 2);
    expect(await k('logs', pod, '--previous')).toBe('serving with 1 listen line(s)\n');
    await k('delete', 'pod', pod, '--now', '--wait=false');
  });

  it('subpath-readonly-root: both directories are the user’s, under a read-only root', async () => {
    const { pod } = await created('subpath-readonly-root.yaml');
    await dp.until(pod, isReady);
    await eventually(() => k('logs', pod), /\n.*\n/);
    expect(await k('logs', pod)).toMatch(/^drwxrwsrwx .* 1001 .* \/opt\/app\/etc$/m);
    await k('delete', 'pod', pod, '--now', '--wait=false');
  });

  it('subpath-script: a program finds its neighbours by its own real path', async () => {
    expect(await outputOf('subpath-script.yaml')).toBe('I am in /usr/local/bin\nthe library\n');
  });

  it('subpath-tools: a part is a directory to the tools of every day', async () => {
    const { pod } = await created('subpath-tools.yaml');
    const said = await eventually(() => k('logs', pod, '-c', 'app'), /rm: /);
    expect(said.trim().split('\n')).toEqual([
      'find: 2',
      'cp: 2 files, directory',
      'tar: 4 entries',
      'du: 4 entries',
      'chown: 1000',
      'link: no',
      'mountpoint: yes',
      'rm: directory still there',
    ]);
    await k('delete', 'pod', pod, '--wait=false');
  });

  it('subpath-update: a single file is the old one until the restart', async () => {
    const { pod } = await created('subpath-update.yaml');
    await dp.until(pod, isReady);
    const patch = JSON.stringify({ data: { 'extra.ini': 'version=2\n' } });
    await k('patch', 'configmap', 'c14-conf', '--type', 'merge', '-p', patch);
    expect(await k('exec', pod, '--', 'cat', '/etc/app/extra.ini')).toBe('version=1\n');
    await k('exec', pod, '--', 'kill', '-TERM', '1');
    await dp.until(pod, ({ status }) => (status.containerStatuses?.[0]?.restartCount ?? 0) >= 1);
    await dp.until(pod, isReady);
    await eventually(() => k('logs', pod), /^version=2\n$/);
    await k('delete', 'pod', pod, '--wait=false');
  });

  it('signals-no-handler: a signal that process 1 does not handle is not delivered', async () => {
    const { pod } = await created('signals-no-handler.yaml');
    await dp.until(pod, isReady);
    const sleeper = (): Promise<string> => k('exec', pod, '--', 'pidof', 'sleep');
    const before = await sleeper();
    expect(before).toMatch(/^\d+\n$/);
    for (const signal of ['-HUP', '-TERM', '-INT'])
      expect((await dp.k('exec', pod, '--', 'kill', signal, '1')).code).toBe(0);
    expect(await sleeper()).toBe(before);
    const { status } = await dp.until(pod, isReady);
    expect(status.containerStatuses?.[0]?.restartCount).toBe(0);
    await k('delete', 'pod', pod, '--now', '--wait=false');
  });

  it('signals-prestop-quit: a hook ends process 1 by a signal of its own', async () => {
    const { pod } = await created('signals-prestop-quit.yaml');
    await dp.until(pod, isReady);
    // It stays until its log has been read.
    const keep = (finalizers: string[] | null): Promise<string> =>
      k('patch', 'pod', pod, '--type', 'merge', '-p', JSON.stringify({ metadata: { finalizers } }));
    await keep(['example.com/read']);
    await k('delete', 'pod', pod, '--wait=false');
    await dp.until(pod, isOver);
    expect(await k('logs', pod)).toBe('graceful\n');
    await keep(null);
  });

  it('attach-eof: attach ends when its own stdin ends', async () => {
    await dp.kIn(podOf('attach-eof', READER), 'create', '-f', '-');
    await dp.until('attach-eof', isReady);
    expect((await dp.kIn('hi\n', 'attach', '-i', 'attach-eof')).code).toBe(0);
    await eventually(() => k('logs', 'attach-eof'), /^got hi\n$/);
    await k('delete', 'pod', 'attach-eof', '--wait=false');
  });

  it('readonly-hosts: a read-only root keeps hostAliases, DNS and the full host name', async () => {
    const text = await outputOf('readonly-hosts.yaml');
    expect(text).toMatch(/^10\.1\.2\.3\s+legacy\.example\.com$/m);
    expect(text).toMatch(/^search .*corp\.example\.com/m);
    expect(text).toMatch(/^options .*ndots:2/m);
    expect(text).toMatch(/^db-0\.db\.default\.svc\.cluster\.local$/m);
  });

  it.each([
    ['volume-unused.yaml', 'ran\n'],
    ['memory-over-image.yaml', '1777 0\nwritten\n'],
    ['relative-mount.yaml', 'x\n'],
    ['node-labels.yaml', 'ran\n'],
    // The CRI logger drops a CR before an LF.
    ['log-tty.yaml', 'a\0b�\n\nx\ry\n\n\nlast\n'],
  ])('%s', async (file, output) => {
    expect(await outputOf(file)).toBe(output);
  });

  it('variable-not-utf8: the container cannot be created, and says why', async () => {
    const { pod } = await created('variable-not-utf8.yaml');
    const { status } = await dp.until(
      pod,
      ({ status }) =>
        status.containerStatuses?.[0]?.state.waiting?.reason === 'CreateContainerError',
    );
    expect(status.containerStatuses?.[0]?.state.waiting?.message).toContain(
      'string field contains invalid UTF-8',
    );
    await k('delete', 'pod', pod, '--wait=false');
  });

  it('service-names: a Service that leads nowhere yet says so at once', async () => {
    const { warnings } = await created('service-names.yaml');
    expect(warnings).toMatch(/^Warning: .*(name|address)/m);
  });
});
