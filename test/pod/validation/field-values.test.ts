// Values of a pod's fields as kube-apiserver 1.35 judges them: measured on one or read from its source, a line each.
import { expect, it } from 'vitest';
import type { Pod } from '../../../src/kinds/pod.ts';
import { defaultPod } from '../../../src/pod/admission/defaults.ts';
import { mergeLabelKeys } from '../../../src/pod/admission/label-keys.ts';
import { validatePod } from '../../../src/pod/validation/validate-pod.ts';

const LABELS = { m: 'x', n: 'y' };

function fields(spec: object, container: object = {}): string[] {
  const pod = defaultPod({
    metadata: { name: 'p', namespace: 'ns', labels: LABELS },
    spec: { containers: [{ name: 'app', image: 'x:1', ...container }], ...spec },
    status: {},
  } as unknown as Pod);
  return validatePod({ ...pod, spec: mergeLabelKeys(pod) }).map(
    ({ field, message }) => `${field}: ${message.replace(/(: a | name part).*/, '')}`,
  );
}

const spread = (more: object): object => ({
  topologySpreadConstraints: [
    { maxSkew: 1, topologyKey: 'z', whenUnsatisfiable: 'DoNotSchedule', ...more },
  ],
});
const near = (more: object): object => ({
  affinity: {
    podAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'z', ...more }],
    },
  },
});
const onNode = (term: object): object => ({
  affinity: {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } },
  },
});
const A = { matchLabels: { a: 'b' } };
const TERM = 'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0]';
const NODE =
  'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0]';
const SPREAD = 'spec.topologySpreadConstraints[0]';
const TWICE = 'exists in both matchLabelKeys and labelSelector';

it.each<[string, object, string[]]>([
  ['a key of the pod', spread({ labelSelector: A, matchLabelKeys: ['m'] }), []],
  [
    'a key that is selected already',
    spread({ labelSelector: { matchLabels: { m: 'x' } }, matchLabelKeys: ['m', 'n'] }),
    [`${SPREAD}[0]: Invalid value: "m": ${TWICE}`],
  ],
  [
    'a key twice',
    near({ labelSelector: A, matchLabelKeys: ['m', 'm'] }),
    [`${TERM}[1]: Invalid value: "m": ${TWICE}`],
  ],
  [
    'a key wanted and unwanted',
    near({ labelSelector: A, matchLabelKeys: ['m'], mismatchLabelKeys: ['m', 'n'] }),
    [
      `${TERM}[0]: Invalid value: "m": ${TWICE}`,
      `${TERM}.matchLabelKeys[0]: Invalid value: "m": exists in both matchLabelKeys and mismatchLabelKeys`,
    ],
  ],
  [
    'keys without a selector',
    near({ matchLabelKeys: ['a'] }),
    [`${TERM}.matchLabelKeys: Forbidden: must not be specified when labelSelector is not set`],
  ],
  [
    'a value that no label has',
    onNode({ matchExpressions: [{ key: 'a', operator: 'In', values: ['x y'] }] }),
    [`${NODE}.matchExpressions[0].values[0]: Invalid value: "x y"`],
  ],
  [
    'a name that no node has',
    onNode({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['A_'] }] }),
    [`${NODE}.matchFields[0].values[0]: Invalid value: "A_"`],
  ],
])('scheduling: %s', (_what, spec, expected) => {
  expect(fields(spec)).toEqual(expected);
});

const SECCOMP = 'spec.containers[0].securityContext.seccompProfile.localhostProfile';
const USER = 'spec.securityContext.windowsOptions.runAsUserName';

it.each<[object, string[]]>([
  [{ type: 'Localhost', localhostProfile: '' }, []],
  [
    { type: 'Localhost', localhostProfile: '/x' },
    [`${SECCOMP}: Invalid value: "/x": must be a relative path`],
  ],
  [
    { type: 'RuntimeDefault', localhostProfile: 'x' },
    [
      `${SECCOMP}: Invalid value: {"Type":"RuntimeDefault","LocalhostProfile":"x"}: can only be set when seccomp type is Localhost`,
    ],
  ],
])('seccomp profile %j', (seccompProfile, expected) => {
  expect(fields({}, { securityContext: { seccompProfile } })).toEqual(expected);
});

it.each<[string, string | undefined]>([
  ['NT AUTHORITY\\LOCAL', undefined],
  ['', 'runAsUserName cannot be an empty string'],
  ['a\\b\\c', 'runAsUserName cannot contain more than one backslash'],
  ['.d\\u', "runAsUserName's Domain doesn't match the NetBios nor the DNS format"],
  ['...', "runAsUserName's User cannot contain only periods or spaces"],
  ['a\\', "runAsUserName's User cannot be empty"],
])('Windows user %j', (runAsUserName, problem) => {
  const found = fields({
    os: { name: 'windows' },
    securityContext: { windowsOptions: { runAsUserName } },
  });
  expect(found).toEqual(
    problem === undefined
      ? []
      : [`${USER}: Invalid value: ${JSON.stringify(runAsUserName)}: ${problem}`],
  );
});

const VOLUME = 'spec.volumes[0]';
const CLAIM = `${VOLUME}.ephemeral.volumeClaimTemplate`;
const claim = (spec: object): object => ({
  ephemeral: {
    volumeClaimTemplate: {
      spec: {
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: '1Gi' } },
        ...spec,
      },
    },
  },
});

it.each<[object, string[]]>([
  [claim({}), []],
  [
    claim({ accessModes: ['X'], volumeMode: 'Y' }),
    [
      `${CLAIM}.spec.accessModes: Unsupported value: "X": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"`,
      `${CLAIM}.spec.volumeMode: Unsupported value: "Y": supported values: "Block", "Filesystem"`,
    ],
  ],
  [
    claim({ dataSource: { kind: 'X', name: 'y' } }),
    [
      `${CLAIM}.spec.dataSource: Invalid value: "X": must be 'PersistentVolumeClaim' when referencing the default apiGroup`,
    ],
  ],
  [
    { iscsi: { targetPortal: 'p', iqn: 'x', lun: 256 } },
    [
      `${VOLUME}.iscsi.iqn: Invalid value: "x": must be valid format starting with iqn, eui, or naa`,
      `${VOLUME}.iscsi.lun: Invalid value: 256: must be between 0 and 255, inclusive`,
    ],
  ],
  [{ iscsi: { targetPortal: 'p', iqn: `eui.${'Z'.repeat(16)}` } }, []],
  [{ iscsi: { targetPortal: 'p', iqn: `naa.${'z'.repeat(32)}` } }, []],
  [{ iscsi: { targetPortal: 'p', iqn: 'iqn.2020-01.a..b:c' } }, []],
  [
    { iscsi: { targetPortal: 'p', iqn: 'iqn.2020-01.a', initiatorName: 'eui.1' } },
    [
      `${VOLUME}.iscsi.iqn: Invalid value: "iqn.2020-01.a": must be valid format`,
      `${VOLUME}.iscsi.initiatorname: Invalid value: "eui.1": must be valid format`,
    ],
  ],
  [
    {
      flexVolume: {
        driver: 'd',
        options: { 'a.K8s.io': '1', 'kubernetes.io/x': '2', 'x/k8s.io': '3' },
      },
    },
    ['a.K8s.io', 'kubernetes.io/x'].map(
      (key) =>
        `${VOLUME}.flexVolume.options[${key}]: Invalid value: "${key}": kubernetes.io and k8s.io namespaces are reserved`,
    ),
  ],
  [
    { fc: { targetWWNs: ['a'] } },
    [`${VOLUME}.fc.lun: Required value: lun is required if targetWWNs is specified`],
  ],
  [
    { csi: { driver: 'a'.repeat(64) } },
    [`${VOLUME}.csi.driver: Too long: may not be more than 63 bytes`],
  ],
  [
    { projected: { sources: [{ serviceAccountToken: { path: '' } }] } },
    [`${VOLUME}.projected.path: Required value`],
  ],
])('volume %j', (source, expected) => {
  expect(fields({ serviceAccountName: 'a', volumes: [{ name: 'v', ...source }] })).toEqual(
    expected,
  );
});

it.each<[object, string[]]>([
  [
    { resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'X' }] },
    [
      'spec.containers[0].resizePolicy: Unsupported value: "X": supported values: "NotRequired", "RestartContainer"',
    ],
  ],
  [
    { volumeMounts: [{ mountPath: '/a' }] },
    [
      'spec.containers[0].volumeMounts[0].name: Required value',
      'spec.containers[0].volumeMounts[0].name: Not found: ""',
    ],
  ],
  [
    { resources: { claims: [{ name: 'd' }] } },
    [
      'spec.containers[0].resources.claims[0]: Not found: "d": must be one of the names in pod.spec.resourceClaims which is empty',
    ],
  ],
])('container %j', (container, expected) => {
  expect(fields({}, container)).toEqual(expected);
});
