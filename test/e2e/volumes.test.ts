// Volumes in real containers: mounts inside mounts, modes as ls shows them, and exceeded limits.
import { beforeAll, describe, expect, it } from 'vitest';
import { podOf } from './droppod.ts';
import { sharedDroppod } from './shared-droppod.ts';

const dp = sharedDroppod();

beforeAll(async () => {
  await dp.k('create', 'configmap', 'conf', '--from-literal=key=value');
});

const shell = (name: string, script: string, more: object = {}): object => ({
  name,
  image: 'busybox',
  command: ['sh', '-c', script],
  ...more,
});

/** The output of the containers of a pod that runs to its end. */
async function says(name: string, spec: object): Promise<string> {
  const { code, stderr } = await dp.kIn(
    podOf(name, { restartPolicy: 'Never', ...spec }),
    'create',
    '-f',
    '-',
  );
  expect(`${code} ${stderr}`).toBe('0 ');
  await dp.until(name, ({ status }) => ['Succeeded', 'Failed'].includes(status.phase));
  return (await dp.k('logs', name, '--all-containers')).stdout.trim();
}

describe('volumes', () => {
  it('F2: a volume inside an emptyDir is mounted, and both containers see the emptyDir', async () => {
    const volumes = [
      { name: 'outer', emptyDir: {} },
      { name: 'conf', configMap: { name: 'conf' } },
      { name: 'run', emptyDir: {} },
    ];
    const volumeMounts = [
      { name: 'outer', mountPath: '/data' },
      { name: 'conf', mountPath: '/data/conf' },
      { name: 'run', mountPath: '/var/run' },
    ];
    const read =
      'cat /data/conf/key; echo; cat /data/from-init; ls /var/run/secrets/kubernetes.io/serviceaccount/token';
    expect(
      await says('nested', {
        volumes,
        initContainers: [
          shell('init', 'echo hello > /data/from-init', {
            volumeMounts: [{ name: 'outer', mountPath: '/data' }],
          }),
        ],
        containers: [shell('main', read, { volumeMounts })],
      }),
    ).toBe('value\nhello\n/var/run/secrets/kubernetes.io/serviceaccount/token');
  });

  it('F1: directories of volumes have the modes that a node gives them; programs in a memory volume run', async () => {
    const volumes = [
      { name: 'conf', configMap: { name: 'conf' } },
      { name: 'all', projected: { sources: [{ configMap: { name: 'conf' } }] } },
      { name: 'memory', emptyDir: { medium: 'Memory' } },
    ];
    const script =
      'stat -c "%A %n" /conf /conf/..data/. /all /memory; cp /bin/busybox /memory/; /memory/busybox echo ran';
    expect(
      await says('modes', {
        volumes,
        containers: [
          shell('main', script, {
            volumeMounts: volumes.map(({ name }) => ({ name, mountPath: `/${name}` })),
          }),
        ],
      }),
    ).toBe('drwxrwxrwx /conf\ndrwxr-xr-x /conf/..data/.\ndrwxrwxrwt /all\ndrwxrwxrwt /memory\nran');
  });

  it.each([
    ['limit', { sizeLimit: '1Mi' }, {}, 'Usage of EmptyDir volume "v" exceeds the limit "1Mi". '],
    [
      'pod-limit',
      {},
      { resources: { limits: { 'ephemeral-storage': '1Mi' } } },
      'Pod ephemeral local storage usage exceeds the total limit of containers 1Mi. ',
    ],
  ])(
    'O4: what is written above its %s evicts the pod: Failed, Evicted, containers stopped with grace',
    async (name, emptyDir, more, message) => {
      const script =
        'trap "echo bye; exit 0" TERM; dd if=/dev/zero of=/v/big bs=1M count=3 2>/dev/null; while true; do sleep 0.1; done';
      const containers = [
        shell('writer', script, { volumeMounts: [{ name: 'v', mountPath: '/v' }], ...more }),
        shell('other', 'sleep 1000'),
      ];
      await dp.kIn(
        podOf(name, {
          terminationGracePeriodSeconds: 4,
          volumes: [{ name: 'v', emptyDir }],
          containers,
        }),
        'create',
        '-f',
        '-',
      );
      const { status } = await dp.until(name, (pod) => pod.status.phase === 'Failed');
      expect(status).toMatchObject({ reason: 'Evicted', message });
      // A shell without a trap is process 1: TERM has no effect, only KILL.
      expect(status.containerStatuses?.map(({ state }) => state.terminated?.exitCode)).toEqual([
        137, 0,
      ]);
      expect((await dp.k('logs', name, '-c', 'writer')).stdout).toBe('bye\n');
      const { stdout } = await dp.k(
        'get',
        'events',
        '--field-selector',
        `involvedObject.name=${name},reason=Evicted`,
        '-o',
        'jsonpath={.items[*].type} {.items[*].message}',
      );
      expect(stdout).toBe(`Warning ${message}`);
    },
  );
});
