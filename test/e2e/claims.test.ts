// Claims in real containers: data outlives the pods that write it, and is deleted with its claim.
import { describe, expect, it } from 'vitest';
import { eventually, podOf } from './droppod.ts';
import { sharedDroppod } from './shared-droppod.ts';

const IMAGE = 'registry.k8s.io/e2e-test-images/busybox:1.37.0-1';
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
      image: IMAGE,
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
  expect(`${code} ${stderr}`).toBe('0 ');
}

/** The output of the pod, which runs to its end and is deleted. */
async function says(name: string, spec: object): Promise<string> {
  await create(name, spec);
  await dp.until(name, ({ status }) => ['Succeeded', 'Failed'].includes(status.phase));
  const { stdout } = await dp.k('logs', name);
  await dp.k('delete', 'pod', name, '--now');
  return stdout.trim();
}

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
        mounting('cat /part/g; touch /data/x', of('data', { readOnly: true })),
      ),
    ).toBe('two\ntouch: /data/x: Read-only file system');
    await dp.k('delete', 'pvc', 'data');
    const { stdout } = await dp.k('get', 'pvc,pv', '-o', 'name');
    expect(stdout).toBe('');
    await dp.kIn(claim('data'), 'create', '-f', '-');
    expect(await says('again', mounting('ls -A /data', of('data')))).toBe('a');
  }, 240_000);

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
  }, 240_000);

  it('F4: a generic ephemeral volume has a claim of its own, as long as its pod', async () => {
    const volume = { ephemeral: { volumeClaimTemplate: { spec: claimSpec } } };
    await create('scratch', mounting('echo there >/data/f; cat /data/f; sleep 600', volume));
    await dp.until('scratch', ({ status }) => status.phase === 'Running');
    const { stdout } = await dp.k('get', 'pvc', 'scratch-d', '--no-headers');
    expect(stdout).toMatch(/^scratch-d +Bound/);
  }, 240_000);
});
