// Rules that the recordings do not cover, and updates (apis/core/validation/validation.go).
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../src/kinds/pod.ts';
import { defaultPod } from '../../../src/pod/admission/defaults.ts';
import {
  validateEphemeralContainersUpdate,
  validatePod,
  validatePodStatusUpdate,
  validatePodUpdate,
} from '../../../src/pod/validation/validate-pod.ts';
import { podWarnings } from '../../../src/refusals/warnings.ts';

const container = { name: 'c', image: 'x:1' };
const make = (spec: object = {}, metadata: object = {}): Pod =>
  defaultPod({
    metadata: { name: 'p', namespace: 'ns', ...metadata },
    spec: { containers: [container], ...spec },
    status: {},
  } as Pod);
const one = (fields: object): object => ({ containers: [{ ...container, ...fields }] });
const lines = (errors: { field: string; message: string }[]): string[] =>
  errors.map(({ field, message }) => `${field}: ${message}`);

describe('a pod at creation', () => {
  it.each<[object, string]>([
    [
      one({ image: ' nginx' }),
      'spec.containers[0].image: Invalid value: " nginx": must not have leading or trailing whitespace',
    ],
    [
      one({
        resources: {
          requests: { 'hugepages-2Mi': '1Mi', cpu: '1' },
          limits: { 'hugepages-2Mi': '1Mi' },
        },
      }),
      'spec.containers[0].resources.requests[hugepages-2Mi]: Invalid value: "1Mi": 1Mi is not positive integer multiple of hugepages-2Mi',
    ],
    [
      one({ resources: { claims: [{ name: 'x' }] } }),
      'spec.containers[0].resources.claims[0]: Not found: "x": must be one of the names in pod.spec.resourceClaims which is empty',
    ],
    [
      one({ env: [{ name: 'A', valueFrom: {} }] }),
      'spec.containers[0].env[0].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
    ],
    [
      one({
        securityContext: {
          allowPrivilegeEscalation: false,
          capabilities: { add: ['CAP_SYS_ADMIN'] },
        },
      }),
      'spec.containers[0].securityContext: Invalid value: {"Capabilities":{"Add":["CAP_SYS_ADMIN"],"Drop":null},"Privileged":null,"SELinuxOptions":null,"WindowsOptions":null,"RunAsUser":null,"RunAsGroup":null,"RunAsNonRoot":null,"ReadOnlyRootFilesystem":null,"AllowPrivilegeEscalation":false,"ProcMount":null,"SeccompProfile":null,"AppArmorProfile":null}: cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN',
    ],
    [
      { tolerations: [{ operator: 'Equal', value: 'x' }] },
      'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"',
    ],
    [
      { tolerations: [{ key: 'a', operator: 'Lt', value: '1' }] },
      'spec.tolerations[0].operator: Unsupported value: "Lt": supported values: "Equal", "Exists", "Lt", "Gt"',
    ],
    [
      { os: { name: 'mac' } },
      'spec.os: Unsupported value: "mac": supported values: "linux", "windows"',
    ],
    [
      { os: { name: 'windows' }, hostPID: true },
      'spec.hostPID: Forbidden: cannot be set for a windows pod',
    ],
    [{ hostUsers: false, hostPID: true }, 'spec.HostPID: Forbidden: when `hostUsers` is false'],
    [
      { hostPID: true, shareProcessNamespace: true },
      'spec.securityContext.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled',
    ],
    [
      { schedulingGates: [{ name: 'x' }, { name: 'x' }] },
      'spec.schedulingGates[1]: Duplicate value: "x"',
    ],
    [
      { schedulingGates: [{ name: 'x' }], nodeName: 'n' },
      'spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared',
    ],
    [
      {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] },
          },
        },
      },
      'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term',
    ],
    [
      { dnsPolicy: 'None' },
      'spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None',
    ],
    [
      { dnsConfig: { nameservers: ['a'] } },
      'spec.dnsConfig.nameservers[0]: Invalid value: "a": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ],
    [
      { dnsConfig: { options: [{ value: 'x' }] } },
      'spec.dnsConfig.options[0]: Required value: must not be empty',
    ],
    [
      { dnsConfig: { options: [{ name: 'a\nnameserver 6.6.6.6' }] } },
      'spec.dnsConfig.options[0].name: Invalid value: "a\\nnameserver 6.6.6.6": must not contain control characters',
    ],
    [
      { dnsConfig: { options: [{ name: 'a', value: '1\nsearch b' }] } },
      'spec.dnsConfig.options[0].value: Invalid value: "1\\nsearch b": must not contain control characters',
    ],
    [
      one({
        livenessProbe: { exec: { command: ['a'] }, terminationGracePeriodSeconds: 5 },
        readinessProbe: { exec: { command: ['a'] }, terminationGracePeriodSeconds: 5 },
      }),
      'spec.containers[0].readinessProbe.terminationGracePeriodSeconds: Invalid value: 5: must not be set for readinessProbes',
    ],
  ])('%j', (spec, line) => {
    const pod = make(spec);
    if (spec && 'shareProcessNamespace' in spec) pod.spec.securityContext = {};
    expect(lines(validatePod(pod))).toContain(line);
  });

  it('writes the seccomp annotation as a path', () =>
    expect(
      lines(
        validatePod(make({}, { annotations: { 'seccomp.security.alpha.kubernetes.io/pod': 'x' } })),
      ),
    ).toContain(
      'metadata.annotations.seccomp.security.alpha.kubernetes.io/pod: Invalid value: "x": must be a valid seccomp profile',
    ));

  it.each<[object]>([
    [{ schedulerName: 'A_b' }],
    [{ imagePullSecrets: [{ name: '' }] }],
    [{ securityContext: { runAsNonRoot: true, runAsUser: 0 } }],
    [{ volumes: [{ name: 'v', emptyDir: { medium: 'X' } }] }],
  ])('takes %j', (spec) => expect(validatePod(make(spec))).toEqual([]));
});

describe('a pod at creation: hosts, volumes and names', () => {
  it.each<[object, string]>([
    [
      { hostAliases: [{ ip: '1.1.1.1' }, { ip: '1.1.1.1' }] },
      'spec.hostAliases[1].ip: duplicate ip "1.1.1.1"',
    ],
    [
      one({
        env: [
          { name: 'A', value: '1' },
          { name: 'A', value: '2' },
        ],
      }),
      'spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply',
    ],
    [
      one({
        env: [
          { name: 'A', value: '1' },
          { name: 'A', value: '$(A)' },
        ],
      }),
      'spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply',
    ],
    [
      one({ ports: [{ containerPort: 1, hostPort: 1 }, { containerPort: 1 }] }),
      'spec.containers[0].ports[1]: overlapping port definition with spec.containers[0].ports[0]',
    ],
    [
      {
        volumes: [
          {
            name: 'v',
            configMap: {
              name: 'm',
              items: [
                { key: 'a', path: 'p' },
                { key: 'b', path: 'p/q' },
              ],
            },
          },
        ],
      },
      'volume "v" (ConfigMap "m"): overlapping paths: "p/q" with "p"',
    ],
    [
      { nodeSelector: { 'beta.kubernetes.io/os': 'linux' } },
      'spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
    ],
    [
      { dnsConfig: { nameservers: ['1.1.1.01'] } },
      'spec.dnsConfig.nameservers[0]: non-standard IP address "1.1.1.01" will be considered invalid in a future Kubernetes release: use "1.1.1.1"',
    ],
    [
      {
        containers: [{ ...container, ports: [{ name: 'p', containerPort: 1 }] }],
        initContainers: [{ ...container, name: 'i', ports: [{ name: 'p', containerPort: 2 }] }],
      },
      'spec.containers[0].ports[0]: duplicate port name "p" with spec.initContainers[0].ports[0], services and probes that select ports by name will use spec.initContainers[0].ports[0]',
    ],
  ])('warns of %j', (spec, warning) => expect(podWarnings(make(spec))).toContain(warning));
});

describe('an update of a pod', () => {
  const MAY =
    'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`';

  it.each<[string, object, object, string[]]>([
    ['an image', {}, one({ image: 'y:2' }), []],
    ['a new toleration', {}, { tolerations: [{ key: 'a', operator: 'Exists' }] }, []],
    [
      'longer toleration seconds',
      {
        tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 1 }],
      },
      {
        tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 9 }],
      },
      [],
    ],
    ['a deadline', {}, { activeDeadlineSeconds: 5 }, []],
    ['a shorter deadline', { activeDeadlineSeconds: 5 }, { activeDeadlineSeconds: 4 }, []],
    ['a cleared gate', { schedulingGates: [{ name: 'a' }] }, {}, []],
    [
      "a gated pod's node selector",
      { schedulingGates: [{ name: 'a' }] },
      { schedulingGates: [{ name: 'a' }], nodeSelector: { a: 'b' } },
      [],
    ],
    [
      'a later deadline',
      { activeDeadlineSeconds: 5 },
      { activeDeadlineSeconds: 6 },
      [
        'spec.activeDeadlineSeconds: Invalid value: 6: must be less than or equal to previous value',
      ],
    ],
    [
      'no deadline any more',
      { activeDeadlineSeconds: 5 },
      {},
      [
        'spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value',
      ],
    ],
    [
      'one container more',
      {},
      { containers: [container, { name: 'd', image: 'x:1' }] },
      ['spec.containers: Forbidden: pod updates may not add or remove containers'],
    ],
    [
      'a toleration less',
      { tolerations: [{ key: 'a', operator: 'Exists' }] },
      {},
      [
        'spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds',
      ],
    ],
    [
      'a new gate',
      { schedulingGates: [{ name: 'a' }] },
      { schedulingGates: [{ name: 'x' }] },
      [
        "spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'x'",
      ],
    ],
    [
      'no image',
      {},
      one({ image: '' }),
      ['spec.containers[0].image: Required value', 'spec.containers[0].image: Required value'],
    ],
  ])('%s', (_, before, after, expected) =>
    expect(lines(validatePodUpdate(make(after), make(before)))).toEqual(expected),
  );

  it.each<[string, object]>([
    ['a variable', one({ env: [{ name: 'A', value: '1' }] })],
    ['the grace period', { terminationGracePeriodSeconds: 5 }],
    ['the node selector', { nodeSelector: { a: 'b' } }],
  ])('may not change %s', (_, after) => {
    const [line = '', ...rest] = lines(validatePodUpdate(make(after), make()));
    expect(line).toContain(MAY);
    expect(rest).toEqual([]);
  });

  it('says an immutable member of metadata, before which every kind is asked the same', () =>
    expect(lines(validatePodUpdate(make({}, { uid: 'x' }), make({}, { uid: 'y' })))).toEqual([
      'metadata.uid: Invalid value: "x": field is immutable',
    ]));
});

describe('an update of statuses and ephemeral containers', () => {
  it('lets a status not come back from the end', () => {
    const ended = {
      ...make({ restartPolicy: 'Never' }),
      status: {
        qosClass: 'BestEffort',
        containerStatuses: [{ name: 'c', state: { terminated: { exitCode: 0 } } }],
      },
    } as unknown as Pod;
    const again = {
      ...ended,
      status: {
        qosClass: 'Guaranteed',
        podIP: 'x',
        podIPs: [{ ip: 'x' }],
        containerStatuses: [{ name: 'c', state: { running: {} } }],
      },
    } as unknown as Pod;
    expect(lines(validatePodStatusUpdate(again, ended))).toEqual([
      'status.qosClass: Invalid value: "Guaranteed": field is immutable',
      'status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state',
      'status.podIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ]);
  });

  it.each<[string, object[], string[]]>([
    [
      'one more',
      [
        { name: 'e', image: 'x' },
        { name: 'f', image: 'x' },
      ],
      [],
    ],
    [
      'none',
      [],
      [
        'spec.ephemeralContainers: Forbidden: existing ephemeral containers "e" may not be removed\n',
      ],
    ],
    [
      'a changed one',
      [{ name: 'e', image: 'y' }],
      [
        'spec.ephemeralContainers: Forbidden: existing ephemeral containers "e" may not be changed\n',
      ],
    ],
    [
      'an unknown target',
      [
        { name: 'e', image: 'x' },
        { name: 'f', image: 'x', targetContainerName: 'zz' },
      ],
      ['spec.ephemeralContainers[1].targetContainerName: Not found: "zz"'],
    ],
    [
      'a name in use',
      [
        { name: 'e', image: 'x' },
        { name: 'c', image: 'x' },
      ],
      ['spec.ephemeralContainers[1].name: Duplicate value: "c"'],
    ],
    [
      'ports',
      [
        { name: 'e', image: 'x' },
        { name: 'f', image: 'x', ports: [{ containerPort: 1 }] },
      ],
      ['spec.ephemeralContainers[1].ports: Forbidden: cannot be set for an Ephemeral Container'],
    ],
  ])('ephemeral containers: %s', (_, ephemeralContainers, expected) =>
    expect(
      lines(
        validateEphemeralContainersUpdate(
          make({ ephemeralContainers }),
          make({ ephemeralContainers: [{ name: 'e', image: 'x' }] }),
        ),
      ),
    ).toEqual(expected),
  );
});
