// R10, E4, I3, I5, I6: what droppod refuses, with reason and field.
import { describe, expect, it } from 'vitest';
import type { Pod, PodSpec } from '../../src/kinds/pod.ts';
import { admitPod } from '../../src/pod/admission/admit.ts';
import { defaultPod } from '../../src/pod/admission/defaults.ts';
import { limitWarnings, refusePod } from '../../src/refusals/refusals.ts';

const AWS = { mode: 'aws', beyondFargate: false } as const;
const LOCAL = { mode: 'local', beyondFargate: false } as const;
const BEYOND = { mode: 'local', beyondFargate: true } as const;

function pod(spec: object, container: object = {}): Pod {
  const given = {
    metadata: { name: 'p', namespace: 'default' },
    spec: { containers: [{ name: 'c', image: 'busybox:1.36', ...container }], ...spec },
    status: {},
  };
  const admission = admitPod(defaultPod(given as Pod), {
    serviceAccount: { metadata: { name: 'default' } },
    suffix: 'abcde',
  });
  if ('forbidden' in admission) throw new Error(admission.forbidden);
  return admission.pod;
}

const fields = (subject: Pod, settings: Parameters<typeof refusePod>[1] = AWS): string[] =>
  refusePod(subject, settings).map(({ field, message }) => `${field}: ${message}`);

describe('refusals', () => {
  it.each<[string, object, object]>([
    [
      'a plain container',
      {},
      {
        command: ['sleep'],
        args: ['1'],
        env: [{ name: 'A', value: '1' }],
        workingDir: '/',
        stdin: true,
        tty: true,
      },
    ],
    [
      'init containers and sidecars',
      {
        initContainers: [
          { name: 'i', image: 'x:1' },
          { name: 's', image: 'x:1', restartPolicy: 'Always' },
        ],
      },
      {},
    ],
    [
      'an emptyDir',
      { volumes: [{ name: 'v', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } }] },
      { volumeMounts: [{ name: 'v', mountPath: '/v', readOnly: true }] },
    ],
    ['resources', {}, { resources: { limits: { cpu: '1', memory: '1Gi' } } }],
    ['a hostPort equal to its containerPort', {}, { ports: [{ containerPort: 80, hostPort: 80 }] }],
    [
      'empty structures',
      { securityContext: {}, affinity: {}, hostUsers: true, os: { name: 'linux' } },
      { securityContext: { privileged: false, allowPrivilegeEscalation: true }, lifecycle: {} },
    ],
    [
      'RuntimeDefault profiles',
      { securityContext: { seccompProfile: { type: 'RuntimeDefault' } } },
      {},
    ],
    ['tolerations', { tolerations: [{ operator: 'Exists' }] }, {}],
  ])('takes %s', (_, spec, container) => expect(fields(pod(spec, container))).toEqual([]));

  it('takes what was read back from the API', () => {
    const stored = pod({}, { ports: [{ containerPort: 80 }] });
    expect(fields(pod(stored.spec))).toEqual([]);
  });
});

describe('what is refused', () => {
  it.each<[string, object, object, string]>([
    [
      'I3: hostIPC',
      { hostIPC: true },
      {},
      'spec.hostIPC: Forbidden: Fargate has no host to share memory and semaphores with',
    ],
    [
      'I4: hostNetwork',
      { hostNetwork: true },
      {},
      'spec.hostNetwork: Forbidden: Fargate has no host network: a task has an address of its own',
    ],
    [
      'I5: privileged',
      {},
      { securityContext: { privileged: true } },
      'spec.containers[0].securityContext.privileged: Forbidden: Fargate runs no privileged containers',
    ],
    [
      'I6: a hostPort of its own',
      {},
      { ports: [{ containerPort: 80, hostPort: 8080 }] },
      'spec.containers[0].ports[0].hostPort: Forbidden: Fargate has no host ports; it may only equal containerPort',
    ],
    [
      'a volume type without members',
      { volumes: [{ name: 'v', flocker: {} }] },
      {},
      'spec.volumes[0].flocker: Forbidden: Fargate mounts no network file systems or disks of this kind',
    ],
    [
      'a GPU',
      {},
      { resources: { limits: { 'nvidia.com/gpu': '1' }, requests: {} } },
      'spec.containers[0].resources.limits[nvidia.com/gpu]: Forbidden: Fargate has cpu, memory and ephemeral storage only, no GPUs, huge pages or other devices',
    ],
    [
      'seccomp Unconfined',
      { securityContext: { seccompProfile: { type: 'Unconfined' } } },
      {},
      'spec.securityContext.seccompProfile.type: Forbidden: Fargate sets the security profile itself; only RuntimeDefault is possible',
    ],
    [
      'a field that the table does not know',
      { brandNew: 1 },
      {},
      'spec.brandNew: Forbidden: droppod does not know this field',
    ],
  ])('refuses %s, on AWS and in local mode', (_, spec, container, line) => {
    expect(fields(pod(spec, container))).toContain(line);
    expect(fields(pod(spec, container), LOCAL)).toContain(line);
  });

  it('F4: refuses claims on AWS alone', () => {
    const claiming = pod({ volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'x' } }] });
    expect(fields(claiming)).toEqual([
      'spec.volumes[0].persistentVolumeClaim: Forbidden: persistent volumes come to AWS with EFS; until then a pod keeps nothing beyond its emptyDirs',
    ]);
    expect(fields(claiming, LOCAL)).toEqual([]);
  });

  it('refuses the tenth container, init containers counted', () => {
    const many = (count: number): PodSpec['containers'] =>
      Array.from({ length: count }, (_, index) => ({ name: `c${index}`, image: 'x:1' }));
    expect(
      fields(pod({ containers: many(8), initContainers: [{ name: 'i', image: 'x:1' }] })),
    ).toEqual([]);
    expect(
      fields(pod({ containers: many(9), initContainers: [{ name: 'i', image: 'x:1' }] })),
    ).toHaveLength(1);
  });
});

describe('parts and kinds of volumes', () => {
  describe('F2: parts of volumes', () => {
    const volumes = [
      { name: 'v', emptyDir: {} },
      { name: 'conf', configMap: { name: 'c' } },
    ];
    const readOnly = { securityContext: { readOnlyRootFilesystem: true } };
    it.each<[string, object[], object]>([
      [
        'with another volume inside',
        [
          { name: 'v', mountPath: '/m', subPath: 's' },
          { name: 'conf', mountPath: '/m/x' },
        ],
        {},
      ],
      [
        'under a read-only root',
        [
          { name: 'v', mountPath: '/a', subPath: 'a' },
          { name: 'v', mountPath: '/b', subPath: 'b' },
        ],
        readOnly,
      ],
      [
        'that is a file under a read-only root',
        [{ name: 'conf', mountPath: '/etc/app/conf', subPath: 'conf' }],
        readOnly,
      ],
      [
        'that is a file in a writable volume',
        [
          { name: 'v', mountPath: '/etc/app', subPath: 'a' },
          { name: 'conf', mountPath: '/etc/app/conf', subPath: 'conf' },
        ],
        readOnly,
      ],
    ])('takes one %s', (_what, volumeMounts, more) =>
      expect(fields(pod({ volumes }, { volumeMounts, ...more }))).toEqual([]),
    );

    it.each<[string, object[], string]>([
      [
        'a file beside the top directories',
        [{ name: 'conf', mountPath: '/pre-stop.sh', subPath: 'x' }],
        '[0].subPath: Forbidden: Fargate mounts no single files; with readOnlyRootFilesystem none can be put beside the top directories of the image',
      ],
      [
        'a file in /proc',
        [{ name: 'conf', mountPath: '/proc/x', subPath: 'x' }],
        '[0].subPath: Forbidden: Fargate mounts no single files; none can be put into /proc',
      ],
      [
        'a file in a volume of files',
        [
          { name: 'conf', mountPath: '/etc/app' },
          { name: 'conf', mountPath: '/etc/app/x', subPath: 'x' },
        ],
        '[1].subPath: Forbidden: Fargate mounts no single files; into a volume that the container mounts read-only none can be put',
      ],
      [
        'a path that only variables decide, beside the whole',
        [
          { name: 'v', mountPath: '/all' },
          { name: 'v', mountPath: '/etc/x', subPathExpr: '$(A)' },
        ],
        '[1].subPathExpr: Forbidden: with readOnlyRootFilesystem Fargate can mount this part only where all mounts of the volume name it by the same expression: its path is known too late',
      ],
    ])('refuses %s under a read-only root', (_what, volumeMounts, line) => {
      expect(fields(pod({ volumes }, { volumeMounts, ...readOnly }))).toEqual([
        `spec.containers[0].volumeMounts${line}`,
      ]);
    });

    it.each<[string, (index: number) => object]>([
      [
        'many parts of one volume',
        (index) => ({ name: 'v', mountPath: `/m${index}`, subPath: `a/p${index}` }),
      ],
      ['many mounts of one part', (index) => ({ name: 'v', mountPath: `/m${index}` })],
      [
        'parts within parts',
        (index) => ({
          name: 'v',
          mountPath: `/m${index}`,
          subPath: Array.from({ length: index + 1 }, () => 'a').join('/'),
        }),
      ],
    ])(
      'refuses %s beyond what a task definition holds, and in the time of a few',
      (_what, mountOf) => {
        const subject = (count: number) =>
          pod(
            { volumes },
            { volumeMounts: Array.from({ length: count }, (_, index) => mountOf(index)) },
          );
        const took = (count: number): number => {
          const started = process.cpuUsage();
          fields(subject(count));
          limitWarnings(subject(count));
          const { user, system } = process.cpuUsage(started);
          return (user + system) / 1000;
        };
        took(64);
        expect(took(1_000)).toBeLessThan(500 + 100 * took(64));
        expect(fields(subject(1_000))).toEqual([
          expect.stringContaining('spec.volumes: Forbidden: a Fargate task definition has 64 KiB'),
        ]);
      },
    );

    it('counts the containers that bring single files', () => {
      const containers = Array.from({ length: 9 }, (_, index) => ({
        name: `c${index}`,
        image: 'x:1',
        ...readOnly,
        volumeMounts: [{ name: 'conf', mountPath: '/etc/app/conf', subPath: 'conf' }],
      }));
      expect(fields(pod({ volumes, containers: containers.slice(1) }))).toEqual([]);
      expect(fields(pod({ volumes, containers }))).toEqual([
        expect.stringContaining('this pod has 9; 1 more would bring the single files'),
      ]);
    });
  });
});

describe('warnings of volumes', () => {
  it('F2: warns where an init container finds the directory that it would make: somebody sees part and whole at once', () => {
    const warned = (inits: object[], app: object[]) =>
      limitWarnings(
        pod(
          {
            volumes: [{ name: 'v', emptyDir: {} }],
            initContainers: inits.map((more, index) => ({
              name: `i${index}`,
              image: 'x:1',
              ...more,
            })),
          },
          { volumeMounts: app },
        ),
      );
    const [whole, part] = [
      { name: 'v', mountPath: '/all' },
      { name: 'v', mountPath: '/p', subPath: 'a' },
    ];
    expect(warned([{ volumeMounts: [whole] }], [part])).toEqual([]);
    expect(warned([], [whole, part])).toEqual([]);
    expect(warned([{ volumeMounts: [whole] }], [whole, part])).toEqual([
      'spec.volumes[0]: the directory a is there from the beginning, because a container that mounts more of the volume runs beside or after the first one that mounts it as subPath',
    ]);
  });

  it('F2: warns where a part is a link: of a claim, and of a path that variables give beside other mounts', () => {
    const warned = (volume: object, ...volumeMounts: object[]) =>
      limitWarnings(
        pod(
          { volumes: [{ name: 'v', ...volume }] },
          { volumeMounts: volumeMounts.map((mount) => ({ name: 'v', ...mount })) },
        ),
      );
    const text = (index: number, field: string): string =>
      `spec.containers[0].volumeMounts[${index}].${field}: shown as a link into the volume, which find, tar and chown -R do not follow`;
    const [part, whole] = [
      { mountPath: '/var/lib/mysql', subPath: 'mysql' },
      { mountPath: '/all' },
    ];
    const expression = { mountPath: '/logs', subPathExpr: '$(POD)' };
    expect(warned({ persistentVolumeClaim: { claimName: 'c' } }, whole, part)).toEqual([
      text(1, 'subPath'),
    ]);
    expect(warned({ ephemeral: { volumeClaimTemplate: { spec: {} } } }, part)).toEqual([
      text(0, 'subPath'),
    ]);
    expect(warned({ emptyDir: {} }, whole, expression)).toEqual([text(1, 'subPathExpr')]);
    expect(warned({ emptyDir: {} }, expression)).toEqual([]);
    expect(warned({ emptyDir: {} }, part, whole)).toEqual([]);
    expect(warned({ emptyDir: {} }, whole, { mountPath: '/a.conf', subPath: 'a.conf' })).toEqual(
      [],
    );
    expect(warned({ configMap: { name: 'c' } }, { mountPath: '/a', subPath: 'a' })).toEqual([]);
  });

  it('F3: warns of a memory volume that is on disk, by the rule that makes it so', () => {
    const warned = (volumeMounts: object[], more: object = {}) =>
      limitWarnings(
        pod(
          { volumes: [{ name: 'v', emptyDir: { medium: 'Memory' } }], ...more },
          { volumeMounts },
        ),
      );
    const text =
      'spec.volumes[0].emptyDir.medium: on Fargate a memory volume belongs to one mount of one container; this one is on disk because 2 mounts show it';
    expect(warned([{ name: 'v', mountPath: '/a' }])).toEqual([]);
    expect(
      warned([
        { name: 'v', mountPath: '/a', subPath: 'a' },
        { name: 'v', mountPath: '/b', subPath: 'b' },
      ]),
    ).toEqual([]);
    expect(
      warned([
        { name: 'v', mountPath: '/a' },
        { name: 'v', mountPath: '/b' },
      ]),
    ).toEqual([text]);
    expect(
      warned([{ name: 'v', mountPath: '/a' }], {
        initContainers: [
          { name: 'i', image: 'x:1', volumeMounts: [{ name: 'v', mountPath: '/a' }] },
        ],
      }),
    ).toEqual([text]);
  });
});

describe('reasons and warnings', () => {
  it('I5: knows capabilities in small letters as runtimes do', () => {
    const adding = (name: string) =>
      fields(pod({}, { securityContext: { capabilities: { add: [name] } } }));
    expect([adding('net_bind_service'), adding('sys_ptrace'), adding('SYS_ADMIN').length]).toEqual([
      [],
      [],
      1,
    ]);
  });

  it('names the Fargate reason of hostPath on AWS, and no longer beyond Fargate', () => {
    const subject = pod({ volumes: [{ name: 'v', hostPath: { path: '/x' } }] });
    expect(fields(subject)).toEqual([
      'spec.volumes[0].hostPath: Forbidden: Fargate has no host file system',
    ]);
    expect(fields(subject, BEYOND)).not.toContain(
      'spec.volumes[0].hostPath: Forbidden: Fargate has no host file system',
    );
  });

  it('leaves devices to scheduling beyond Fargate, where nodes may have some', () => {
    const subject = pod({}, { resources: { limits: { 'example.com/dongle': '1' } } });
    expect(fields(subject)).toEqual(
      ['limits', 'requests'].map(
        (list) =>
          `spec.containers[0].resources.${list}[example.com/dongle]: Forbidden: Fargate has cpu, memory and ephemeral storage only, no GPUs, huge pages or other devices`,
      ),
    );
    expect(fields(subject, BEYOND)).toEqual([]);
  });

  it.each<[object, object, string[]]>([
    [{ nodeName: 'n1' }, {}, []],
    [
      {},
      { resources: { requests: { memory: '245Gi' } } },
      [
        'spec.containers: 245Gi of memory is requested and the largest Fargate task has 244Gi: the pod cannot be scheduled',
      ],
    ],
    [
      { schedulerName: 'mine' },
      {},
      ['spec.schedulerName: droppod places every pod itself; there is no other scheduler'],
    ],
    [{}, {}, []],
    [{}, { terminationMessagePath: '/x/log' }, []],
    [
      {},
      {
        terminationMessagePath: '/dev/termination-log',
        securityContext: { readOnlyRootFilesystem: true },
      },
      [],
    ],
    [
      {},
      {
        terminationMessagePath: '/v/log',
        securityContext: { readOnlyRootFilesystem: true },
        volumeMounts: [{ name: 'v', mountPath: '/v/' }],
      },
      [],
    ],
    [
      {},
      { terminationMessagePath: '/x/log', securityContext: { readOnlyRootFilesystem: true } },
      [
        'spec.containers[0].terminationMessagePath: Fargate mounts no single files; with readOnlyRootFilesystem /x/log can only lie below /dev or in a writable volume',
      ],
    ],
  ])('warns of %j', (spec, container, warnings) =>
    expect(limitWarnings(pod(spec, container))).toEqual(warnings),
  );
});
