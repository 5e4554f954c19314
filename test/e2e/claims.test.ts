// Claims in real containers: data outlives the pods that write it, and is deleted with its claim.
import { describe, expect, it } from 'vitest';
import { eventually, podOf } from './droppod.ts';
import { sharedDroppod } from './shared-droppod.ts';

const dp = sharedDroppod();

const claimSpec = {
  accessModes: ['ReadWriteOnce'],
  resources: { requests: { storage: '1Gi' } },
};
const claim = (name: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name },
    spec: claimSpec,
  });
const mounting = (script: string, volume: object, more: object = {}): object => ({
  restartPolicy: 'Never',
  volumes: [{ name: 'd', ...volume }],
  containers: [
    {
      name: 'main',
      image: 'busybox',
      command: ['sh', '-c', script],
      volumeMounts: [
        { name: 'd', mountPath: '/data' },
        { name: 'd', mountPath: '/part', subPath: 'a/b' },
      ],
    },
  ],
  ...more,
});
const of = (claimName: string, more: object = {}): object => ({
  persistentVolumeClaim: { claimName, ...more },
});

async function create(name: string, spec: object): Promise<void> {
  const { code, stderr } = await dp.kIn(podOf(name, spec), 'create', '-f', '-');
  expect(code).toBe(0);
  // A part of a claim is a link into it, and its author is warned.
  expect(stderr).toMatch(/^(Warning: \S*\.subPath: shown as a link into the volume, .*\n)?$/);
}

/** The output of the pod, which runs to its end and is deleted. */
async function says(name: string, spec: object): Promise<string> {
  await create(name, spec);
  await dp.until(name, ({ status }) => ['Succeeded', 'Failed'].includes(status.phase));
  const { stdout } = await dp.k('logs', name);
  await dp.k('delete', 'pod', name, '--now');
  return stdout.trim();
}

const statefulSet = {
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'db' },
  spec: {
    serviceName: 'db',
    replicas: 2,
    selector: { matchLabels: { app: 'db' } },
    template: {
      metadata: { labels: { app: 'db' } },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [
          {
            name: 'main',
            image: 'busybox',
            command: ['sh', '-c', 'hostname >>/data/starts; exec sleep 3600'],
            volumeMounts: [{ name: 'data', mountPath: '/data' }],
            readinessProbe: { exec: { command: ['test', '-s', '/data/starts'] }, periodSeconds: 1 },
          },
        ],
      },
    },
    volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: claimSpec }],
  },
};

describe('claims', () => {
  it('F4: data outlives its pods, parts and groups included, and goes with the claim', async () => {
    await dp.kIn(claim('data'), 'create', '-f', '-');
    expect(await says('writer', mounting('echo one >/data/f; echo two >/part/g', of('data')))).toBe(
      '',
    );
    expect(
      await says(
        'reader',
        mounting('cat /data/f /data/a/b/g; stat -c "%A %g" /data', of('data'), {
          securityContext: { fsGroup: 2000 },
        }),
      ),
    ).toBe('one\ntwo\ndrwxrwsrwx 2000');
    expect(
      await says(
        'only-reader',
        mounting('cat /part/g; touch /data/x 2>&1', of('data', { readOnly: true })),
      ),
    ).toBe('two\ntouch: /data/x: Read-only file system');
    await dp.k('delete', 'pvc', 'data');
    const left = async (): Promise<string> => (await dp.k('get', 'pvc,pv', '-o', 'name')).stdout;
    await eventually(left, /^$/);
    await dp.kIn(claim('data'), 'create', '-f', '-');
    expect(await says('again', mounting('ls -A /data', of('data')))).toBe('a');
  });

  it('F4: a pod waits for its claim, and the claim for its pod', async () => {
    await create('waiting', mounting('sleep 600', of('late')));
    await eventually(
      async () => (await dp.k('describe', 'pod', 'waiting')).stdout,
      /0\/1 nodes are available: persistentvolumeclaim "late" not found\./,
    );
    await dp.kIn(claim('late'), 'create', '-f', '-');
    await dp.until('waiting', ({ status }) => status.phase === 'Running');
    await dp.k('delete', 'pvc', 'late', '--wait=false');
    const phase = await dp.k('get', 'pvc', 'late', '--no-headers');
    expect(phase.stdout).toMatch(/^late +Terminating/);
    await dp.k('delete', 'pod', 'waiting', '--now');
    await eventually(async () => (await dp.k('get', 'pvc', 'late')).stderr, /not found/);
  });

  it('F4: a generic ephemeral volume has a claim of its own, as long as its pod', async () => {
    const volume = { ephemeral: { volumeClaimTemplate: { spec: claimSpec } } };
    await create('scratch', mounting('echo there >/data/f; cat /data/f; sleep 600', volume));
    await dp.until('scratch', ({ status }) => status.phase === 'Running');
    const { stdout } = await dp.k('get', 'pvc', 'scratch-d', '--no-headers');
    expect(stdout).toMatch(/^scratch-d +Bound/);
  });

  it('Q2, F4: each pod of a StatefulSet keeps its claim: replaced, scaled away, and after the set', async () => {
    const run = async (...words: string[]): Promise<string> => {
      const { stdout, stderr, code } = await dp.k(...words);
      expect(code, stderr).toBe(0);
      return stdout.trim();
    };
    const ready = (count: number): Promise<string> =>
      run('wait', `--for=jsonpath={.status.readyReplicas}=${count}`, 'sts/db', '--timeout=180s');
    const starts = (pod: string): Promise<string> => run('exec', pod, '--', 'cat', '/data/starts');
    const made = await dp.kIn(JSON.stringify(statefulSet), 'create', '-f', '-');
    expect(made.code, made.stderr).toBe(0);
    await ready(2);
    expect(await run('get', 'pvc', '-l', 'app=db', '-o', 'name')).toBe(
      'persistentvolumeclaim/data-db-0\npersistentvolumeclaim/data-db-1',
    );
    await run('delete', 'pod', 'db-1');
    await eventually(() => run('get', 'pod', 'db-1', '-o', 'name', '--ignore-not-found'), /db-1/);
    await run('wait', '--for=condition=Ready', 'pod/db-1', '--timeout=180s');
    expect([await starts('db-0'), await starts('db-1')]).toEqual(['db-0', 'db-1\ndb-1']);
    await run('scale', 'sts', 'db', '--replicas=1');
    await run('wait', '--for=delete', 'pod/db-1', '--timeout=180s');
    await ready(1);
    await run('scale', 'sts', 'db', '--replicas=2');
    await ready(2);
    expect(await starts('db-1')).toBe('db-1\ndb-1\ndb-1');
    await run('delete', 'sts', 'db');
    await run('wait', '--for=delete', 'pod', '-l', 'app=db', '--timeout=180s');
    expect(await run('get', 'pvc', '-l', 'app=db', '--no-headers')).toMatch(
      /^data-db-0 +Bound .*\ndata-db-1 +Bound /,
    );
    await run('delete', 'pvc', '-l', 'app=db');
    const claimed = (): Promise<string> =>
      run('get', 'pv', '-o', 'jsonpath=of {.items[*].spec.claimRef.name}');
    await eventually(claimed, /^of (?!.*data-db)/);
  });
});
