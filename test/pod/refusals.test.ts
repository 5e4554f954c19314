// R10, E4, I3, I5, I6: what droppod refuses, with the reason and the place.
import { describe, expect, it } from 'vitest';
import type { Pod, PodSpec } from '../../src/kinds/pod.ts';
import { admitPod } from '../../src/pod/admission.ts';
import { defaultPod } from '../../src/pod/defaults.ts';
import { limitWarnings, refusePod } from '../../src/pod/refusals.ts';

const AWS = { mode: 'aws', beyondFargate: false } as const;
const LOCAL = { mode: 'local', beyondFargate: false } as const;
const BEYOND = { mode: 'local', beyondFargate: true } as const;

function pod(spec: object, container: object = {}): Pod {
  const given = { metadata: { name: 'p', namespace: 'default' }, spec: { containers: [{ name: 'c', image: 'busybox:1.36', ...container }], ...spec }, status: {} };
  const admission = admitPod(defaultPod(given as Pod), { serviceAccount: { metadata: { name: 'default' } }, suffix: 'abcde' });
  if ('forbidden' in admission) throw new Error(admission.forbidden);
  return admission.pod;
}

const fields = (subject: Pod, settings: Parameters<typeof refusePod>[1] = AWS): string[] => refusePod(subject, settings).map(({ field, message }) => `${field}: ${message}`);

describe('refusals', () => {
  it.each<[string, object, object]>([
    ['a plain container', {}, { command: ['sleep'], args: ['1'], env: [{ name: 'A', value: '1' }], workingDir: '/', stdin: true, tty: true }],
    ['init containers and sidecars', { initContainers: [{ name: 'i', image: 'x:1' }, { name: 's', image: 'x:1', restartPolicy: 'Always' }] }, {}],
    ['an emptyDir', { volumes: [{ name: 'v', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } }] }, { volumeMounts: [{ name: 'v', mountPath: '/v', readOnly: true }] }],
    ['resources', {}, { resources: { limits: { cpu: '1', memory: '1Gi' } } }],
    ['a hostPort equal to its containerPort', {}, { ports: [{ containerPort: 80, hostPort: 80 }] }],
    ['empty structures', { securityContext: {}, affinity: {}, hostUsers: true, os: { name: 'linux' } }, { securityContext: { privileged: false, allowPrivilegeEscalation: true }, lifecycle: {} }],
    ['RuntimeDefault profiles', { securityContext: { seccompProfile: { type: 'RuntimeDefault' } } }, {}],
    ['tolerations', { tolerations: [{ operator: 'Exists' }] }, {}],
  ])('takes %s', (_, spec, container) => expect(fields(pod(spec, container))).toEqual([]));

  it('takes what was read back from the API', () => {
    const stored = pod({}, { ports: [{ containerPort: 80 }] });
    expect(fields(pod(stored.spec))).toEqual([]);
  });

  it.each<[string, object, object, string]>([
    ['I3: hostIPC', { hostIPC: true }, {}, 'spec.hostIPC: Forbidden: Fargate has no host to share memory and semaphores with'],
    ['I4: hostNetwork', { hostNetwork: true }, {}, 'spec.hostNetwork: Forbidden: Fargate has no host network: a task has an address of its own'],
    ['I5: privileged', {}, { securityContext: { privileged: true } }, 'spec.containers[0].securityContext.privileged: Forbidden: Fargate runs no privileged containers'],
    ['I6: a hostPort of its own', {}, { ports: [{ containerPort: 80, hostPort: 8080 }] }, 'spec.containers[0].ports[0].hostPort: Forbidden: Fargate has no host ports; it may only equal containerPort'],
    ['F4: a claim', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'x' } }] }, {}, 'spec.volumes[0].persistentVolumeClaim: Forbidden: persistent volumes (EFS, EBS) are not offered; a pod keeps nothing beyond its emptyDirs'],
    ['a volume type without members', { volumes: [{ name: 'v', flocker: {} }] }, {}, 'spec.volumes[0].flocker: Forbidden: Fargate mounts no network file systems or disks of this kind'],
    ['a GPU', {}, { resources: { limits: { 'nvidia.com/gpu': '1' }, requests: {} } }, 'spec.containers[0].resources.limits[nvidia.com/gpu]: Forbidden: Fargate has cpu, memory and ephemeral storage only, no GPUs, huge pages or other devices'],
    ['seccomp Unconfined', { securityContext: { seccompProfile: { type: 'Unconfined' } } }, {}, 'spec.securityContext.seccompProfile.type: Forbidden: Fargate sets the security profile itself; only RuntimeDefault is possible'],
    ['a field that the table does not know', { brandNew: 1 }, {}, 'spec.brandNew: Forbidden: droppod does not know this field'],
  ])('refuses %s, on AWS and in local mode', (_, spec, container, line) => {
    expect(fields(pod(spec, container))).toContain(line);
    expect(fields(pod(spec, container), LOCAL)).toContain(line);
  });

  it('refuses the tenth container, init containers counted', () => {
    const many = (count: number): PodSpec['containers'] => Array.from({ length: count }, (_, index) => ({ name: `c${index}`, image: 'x:1' }));
    expect(fields(pod({ containers: many(8), initContainers: [{ name: 'i', image: 'x:1' }] }))).toEqual([]);
    expect(fields(pod({ containers: many(9), initContainers: [{ name: 'i', image: 'x:1' }] }))).toHaveLength(1);
  });

  it('F2: refuses a part of a volume with another volume inside, which a link would hide', () => {
    const mounted = (other: string) => pod({ volumes: [{ name: 'v', emptyDir: {} }] }, { volumeMounts: [{ name: 'v', mountPath: '/m', subPath: 's' }, { name: 'v', mountPath: other }] });
    expect(fields(mounted('/m/x'))).toEqual(['spec.containers[0].volumeMounts[0].subPath: Forbidden: Fargate mounts whole volumes; where another one is mounted inside no link can stand in']);
    expect(fields(mounted('/mx'))).toEqual([]);
  });

  it('I5: knows capabilities in small letters as runtimes do', () => {
    const adding = (name: string) => fields(pod({}, { securityContext: { capabilities: { add: [name] } } }));
    expect([adding('net_bind_service'), adding('sys_ptrace'), adding('SYS_ADMIN').length]).toEqual([[], [], 1]);
  });

  it('names the Fargate reason of hostPath on AWS, and no longer beyond Fargate', () => {
    const subject = pod({ volumes: [{ name: 'v', hostPath: { path: '/x' } }] });
    expect(fields(subject)).toEqual(['spec.volumes[0].hostPath: Forbidden: Fargate has no host file system']);
    expect(fields(subject, BEYOND)).not.toContain('spec.volumes[0].hostPath: Forbidden: Fargate has no host file system');
  });

  it.each<[object, object, string[]]>([
    [{ nodeName: 'n1' }, {}, []],
    [{}, { resources: { requests: { memory: '245Gi' } } }, ['spec.containers: 245Gi of memory is requested and the largest Fargate task has 244Gi: the pod cannot be scheduled']],
    [{ schedulerName: 'mine' }, {}, ['spec.schedulerName: droppod places every pod itself; there is no other scheduler']],
    [{}, {}, []],
    [{}, { terminationMessagePath: '/x/log' }, []],
    [{}, { terminationMessagePath: '/dev/termination-log', securityContext: { readOnlyRootFilesystem: true } }, []],
    [{}, { terminationMessagePath: '/v/log', securityContext: { readOnlyRootFilesystem: true }, volumeMounts: [{ name: 'v', mountPath: '/v/' }] }, []],
    [{}, { terminationMessagePath: '/x/log', securityContext: { readOnlyRootFilesystem: true } },
      ['spec.containers[0].terminationMessagePath: Fargate mounts no single files; with readOnlyRootFilesystem /x/log can only lie below /dev or in a writable volume']],
  ])('warns of %j', (spec, container, warnings) => expect(limitWarnings(pod(spec, container))).toEqual(warnings));
});
