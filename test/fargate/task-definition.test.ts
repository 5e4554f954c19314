// The task definition depends only on a pod's shape (docs/design/security.md).
import { describe, expect, it } from 'vitest';
import type { Pod, PodSpec } from '../../src/kinds/pod.ts';
import type { ImageConfig } from '../../src/ports/images.ts';
import type { DefinitionContext } from '../../src/fargate/podlet-definition.ts';
import { taskDefinition } from '../../src/fargate/task-definition.ts';
import { podOf } from '../pod/samples.ts';

const image: ImageConfig = {
  digest: 'sha256:1',
  reference: 'registry.example/busybox@sha256:1',
  name: 'registry.example/busybox:1',
  imageId: 'registry.example/busybox@sha256:1',
  architecture: 'amd64',
  entrypoint: [],
  cmd: ['sh'],
  env: [],
  user: '',
  workingDir: '',
  stopSignal: '',
};
const context: DefinitionContext = {
  images: { app: image },
  size: { cpuUnits: 256, memoryMiB: 512, surplus: { cpuUnits: 0, memoryMiB: 0 } },
  settings: { podletImage: 'podlet:1', logGroup: '/droppod', region: 'us-east-1' },
};
const define = (spec: Partial<PodSpec>, pod: Pod = podOf(spec)) => taskDefinition(pod, context);
const container = (spec: Partial<PodSpec>) => define(spec).containerDefinitions[1]!;

describe('taskDefinition', () => {
  it('puts the podlet first: essential, with every control socket and volume', () => {
    const { containerDefinitions, volumes } = define({
      volumes: [
        { name: 'data', emptyDir: {} },
        { name: 'conf', configMap: { name: 'c' } },
      ],
    });
    expect(containerDefinitions[0]).toMatchObject({
      name: 'droppod-podlet',
      essential: true,
      image: 'podlet:1',
      memoryReservation: 64,
      memory: 256,
      mountPoints: [
        { sourceVolume: 'droppod-bin', containerPath: '/.droppod/bin', readOnly: false },
        { sourceVolume: 'droppod-ctl-app', containerPath: '/.droppod/c/app', readOnly: false },
        { sourceVolume: 'data', containerPath: '/.droppod/v/data', readOnly: false },
        { sourceVolume: 'conf', containerPath: '/.droppod/v/conf', readOnly: false },
      ],
    });
    expect(volumes.map(({ name }) => name)).toEqual([
      'droppod-bin',
      'droppod-ctl-app',
      'data',
      'conf',
    ]);
  });

  it('runs every container under supervise as root, behind the podlet', () => {
    expect(container({})).toMatchObject({
      image: image.reference,
      essential: false,
      entryPoint: ['/.droppod/bin/supervise'],
      user: '0:0',
      dependsOn: [{ containerName: 'droppod-podlet', condition: 'START' }],
      stopTimeout: 120,
      mountPoints: [
        { sourceVolume: 'droppod-bin', containerPath: '/.droppod/bin', readOnly: true },
        { sourceVolume: 'droppod-ctl-app', containerPath: '/.droppod/ctl', readOnly: true },
      ],
      dockerLabels: { 'droppod/pull-policy': 'IfNotPresent' },
    });
  });

  it('M1: makes memory limits hard and reservations small', () => {
    const limited = container({
      containers: [
        {
          name: 'app',
          image: 'x',
          resources: { limits: { memory: '100Mi' }, requests: { memory: '100Mi', cpu: '250m' } },
        },
      ],
    });
    expect(limited).toMatchObject({ memory: 100, memoryReservation: 6, cpu: 256 });
  });

  it('F1: mounts volumes at their paths, files read-only, parts as volumes of their own, inside the whole as well', () => {
    const { mountPoints } = container({
      containers: [
        {
          name: 'app',
          volumeMounts: [
            { name: 'data', mountPath: '/data' },
            { name: 'conf', mountPath: '/conf' },
            { name: 'data', mountPath: '/part', subPath: 'a/b' },
          ],
        },
      ],
      volumes: [
        { name: 'data', emptyDir: {} },
        { name: 'conf', secret: { secretName: 's' } },
      ],
    });
    expect(mountPoints.slice(2)).toEqual([
      { sourceVolume: 'data', containerPath: '/data', readOnly: false },
      { sourceVolume: 'conf', containerPath: '/conf', readOnly: true },
      { sourceVolume: 'data_1_a_b', containerPath: '/part', readOnly: false },
      { sourceVolume: 'data_1_a_b', containerPath: '/data/a/b', readOnly: false },
    ]);
  });

  it('gives an emptyDir in memory that one container mounts as its tmpfs', () => {
    const definition = define({
      containers: [{ name: 'app', volumeMounts: [{ name: 'fast', mountPath: '/fast' }] }],
      volumes: [{ name: 'fast', emptyDir: { medium: 'Memory', sizeLimit: '10Mi' } }],
    });
    expect(definition.containerDefinitions[1]?.linuxParameters).toEqual({
      tmpfs: [
        { containerPath: '/fast', size: 10, mountOptions: ['exec', 'suid', 'dev', 'mode=1777'] },
      ],
    });
    expect(definition.volumes).toHaveLength(2);
  });

  it('a part of such an emptyDir is a tmpfs too, with the group of the pod', () => {
    const { linuxParameters, mountPoints } = container({
      securityContext: { fsGroup: 123 },
      containers: [
        { name: 'app', volumeMounts: [{ name: 'fast', mountPath: '/fast', subPath: 'part' }] },
      ],
      volumes: [{ name: 'fast', emptyDir: { medium: 'Memory', sizeLimit: '10Mi' } }],
    });
    expect(linuxParameters).toEqual({
      tmpfs: [
        {
          containerPath: '/fast',
          size: 10,
          mountOptions: ['exec', 'suid', 'dev', 'mode=3777', 'gid=123'],
        },
      ],
    });
    expect(mountPoints.map(({ containerPath }) => containerPath)).not.toContain('/fast');
  });
});

describe('taskDefinition: what it shares and how it is named', () => {
  it('mounts a hostPath from the machine (local mode beyond Fargate)', () => {
    const definition = define({
      containers: [{ name: 'app', volumeMounts: [{ name: 'host', mountPath: '/host' }] }],
      volumes: [{ name: 'host', hostPath: { path: '/srv' } }],
    });
    expect(definition.volumes.at(-1)).toEqual({ name: 'host', host: { sourcePath: '/srv' } });
    expect(definition.containerDefinitions[1]?.mountPoints.at(-1)).toEqual({
      sourceVolume: 'host',
      containerPath: '/host',
      readOnly: false,
    });
    expect(
      definition.containerDefinitions[0]?.mountPoints.some(
        ({ sourceVolume }) => sourceVolume === 'host',
      ),
    ).toBe(false);
  });

  it('E8: shares the process namespace as pidMode task', () =>
    expect(define({ shareProcessNamespace: true }).pidMode).toBe('task'));

  it('adds SYS_PTRACE and drops nothing: supervise drops', () => {
    const capabilities = { add: ['SYS_PTRACE', 'CHOWN', 'NO_SUCH'], drop: ['ALL'] };
    expect(
      container({ containers: [{ name: 'app', securityContext: { capabilities } }] })
        .linuxParameters,
    ).toEqual({ capabilities: { add: ['SYS_PTRACE'] } });
  });

  it.each<[string, Partial<PodSpec>, Pod['metadata'], boolean]>([
    ['another name', {}, { name: 'other', uid: 'other' }, true],
    [
      'another command',
      { containers: [{ name: 'app', image: 'busybox:1.37', command: ['a', 'secret'] }] },
      {},
      true,
    ],
    [
      'another environment',
      {
        containers: [
          { name: 'app', image: 'busybox:1.37', env: [{ name: 'PASSWORD', value: 'x' }] },
        ],
      },
      {},
      true,
    ],
    [
      'another user',
      { containers: [{ name: 'app', image: 'busybox:1.37', securityContext: { runAsUser: 5 } }] },
      {},
      true,
    ],
    [
      'another limit',
      {
        containers: [
          { name: 'app', image: 'busybox:1.37', resources: { limits: { memory: '64Mi' } } },
        ],
      },
      {},
      false,
    ],
    [
      'another container',
      { containers: [{ name: 'app', image: 'busybox:1.37' }, { name: 'more' }] },
      {},
      false,
    ],
  ])('%s: same family %4$s', (_why, spec, metadata, same) => {
    expect(define({}, podOf(spec, metadata)).family === define({}).family).toBe(same);
  });

  it('token volumes with different endings share one family', () => {
    const spec = (ending: string): Partial<PodSpec> => ({
      volumes: [{ name: `kube-api-access-${ending}`, projected: { sources: [] } }],
      containers: [
        {
          name: 'app',
          volumeMounts: [
            {
              name: `kube-api-access-${ending}`,
              mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
              readOnly: true,
            },
          ],
        },
      ],
    });
    expect(define(spec('abcde')).family).toBe(define(spec('vwxyz')).family);
  });
});
