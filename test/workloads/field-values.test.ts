// Values of fields around pods as kube-apiserver 1.35 judges them: measured on one or read from its source, a line each.
import { expect, it } from 'vitest';
import { ingressClasses } from '../../src/api/resources/ingress-classes.ts';
import { ingresses } from '../../src/api/resources/ingresses.ts';
import type { Strategy } from '../../src/api/resources/strategy.ts';
import type { FieldError } from '../../src/errors.ts';
import { validateAutoscalerSpec } from '../../src/workloads/autoscaler/validate-autoscaler.ts';
import { toDeployment, validateDeploymentSpec } from '../../src/workloads/deployment.ts';
import { validateEndpointSlice } from '../../src/workloads/endpoints/validate-endpoint-slice.ts';
import { validatePolicySpec } from '../../src/workloads/network-policy.ts';
import { sameSources } from '../../src/workloads/storage/claim.ts';
import { validateVolume } from '../../src/workloads/storage/volume.ts';

const lines = (errors: FieldError[]): string[] =>
  errors.map(({ field, message }) => `${field}: ${message}`);

const scaled = {
  minReplicas: 1,
  maxReplicas: 3,
  scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' },
};
const target = { type: 'AverageValue', averageValue: '1' };

it.each<[object, string[]]>([
  [{}, []],
  [
    { scaleTargetRef: { kind: 'Deployment', name: 'd' } },
    ['spec.scaleTargetRef.apiVersion: Invalid value: "": apiVersion must specify API group'],
  ],
  [
    { metrics: [{ type: 'Pods' }] },
    ['spec.metrics[0].pods: Required value: must populate information for the given metric source'],
  ],
  [
    { metrics: [{ type: 'Pods', pods: { metric: {}, target } }] },
    ['spec.metrics[0].pods.metric.name: Required value: must specify a metric name'],
  ],
  [
    { metrics: [{ type: 'External', external: { metric: { name: 'm' }, target: { type: 'X' } } }] },
    [
      'spec.metrics[0].external.target.type: Invalid value: "X": must be either Utilization, Value, or AverageValue',
      'spec.metrics[0].external.target.averageValue: Required value: must set either a target value for metric or a per-pod target',
    ],
  ],
  [
    { behavior: { scaleUp: { policies: [{ type: 'X', value: 0, periodSeconds: 1801 }] } } },
    [
      'spec.behavior.scaleUp.policies[0].type: Unsupported value: "X": supported values: "Percent", "Pods"',
      'spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero',
      'spec.behavior.scaleUp.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800',
    ],
  ],
  [
    {
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target },
          pods: { metric: { name: 'm' }, target: { type: 'Value', value: '1' } },
        },
      ],
    },
    [
      'spec.metrics[0].pods.target.averageValue: Required value: must specify a positive target averageValue',
      'spec.metrics[0].pods: Forbidden: must populate the given metric source only',
    ],
  ],
  [
    { metrics: [{ type: 'X', pods: { metric: { name: 'm' }, target } }] },
    [1, 2].map(
      () =>
        'spec.metrics[0].type: Unsupported value: "X": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"',
    ),
  ],
  [
    {
      behavior: {
        scaleUp: {
          policies: [{ type: 'Pods', value: 1, periodSeconds: 1 }],
          tolerance: '-0.1',
        },
        scaleDown: { policies: [{ type: 'Pods', value: 1, periodSeconds: 1 }], tolerance: '0' },
      },
    },
    ['spec.behavior.scaleUp.tolerance: Invalid value: "-100m": must be greater than or equal to 0'],
  ],
])('autoscaler %j', (more, expected) => {
  expect(lines(validateAutoscalerSpec({ ...scaled, ...more }))).toEqual(expected);
});

it.each<[object, string[]]>([
  [{ podSelector: {}, policyTypes: ['Ingress'] }, []],
  [
    { policyTypes: ['Down'] },
    ['spec.policyTypes[0]: Unsupported value: "Down": supported values: "Ingress", "Egress"'],
  ],
  [{ ingress: [{ from: [{}] }] }, ['spec.ingress[0].from[0]: Required value: must specify a peer']],
  [
    {
      egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/33' } }], ports: [{ port: 80, endPort: 79 }] }],
    },
    [
      'spec.egress[0].ports[0].endPort: Invalid value: 80: must be greater than or equal to `port`',
      'spec.egress[0].to[0].ipBlock.cidr: Invalid value: "10.0.0.0/33": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
    ],
  ],
  [
    {
      ingress: [
        {
          from: [
            {
              ipBlock: {
                cidr: '10.0.0.0/16',
                except: ['10.0.1.0/24', '10.0.0.0/16', '10.1.0.0/24', '::/128'],
              },
            },
            { ipBlock: { cidr: '::/0', except: ['fd00::/8', '10.0.0.0/8'] } },
          ],
        },
      ],
    },
    [
      ['0', 1, '10.0.0.0/16'],
      ['0', 2, '10.1.0.0/24'],
      ['0', 3, '::/128'],
      ['1', 1, '10.0.0.0/8'],
    ].map(
      ([peer, index, range]) =>
        `spec.ingress[0].from[${peer}].ipBlock.except[${index}]: Invalid value: "${range}": must be a strict subset of \`cidr\``,
    ),
  ],
])('network policy %j', (spec, expected) => {
  expect(lines(validatePolicySpec({ ...spec }))).toEqual(expected);
});

it('a strategy is shown as Kubernetes holds it', () => {
  const deployment = toDeployment({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd', namespace: 'ns' },
    spec: {
      selector: { matchLabels: { a: 'b' } },
      strategy: { type: 'X' },
      template: {
        metadata: { labels: { a: 'b' } },
        spec: { containers: [{ name: 'c', image: 'x:1' }] },
      },
    },
  });
  expect(lines(validateDeploymentSpec(deployment))).toEqual([
    'spec.strategy: Unsupported value: {"Type":"X","RollingUpdate":null}: supported values: "Recreate", "RollingUpdate"',
  ]);
});

it('hints of an endpoint name each zone once', () => {
  const slice = {
    metadata: { name: 's', namespace: 'ns' },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.0.0.1'], hints: { forZones: [{ name: 'z' }, { name: 'z' }] } }],
  };
  expect(
    lines(validateEndpointSlice(slice as Parameters<typeof validateEndpointSlice>[0])),
  ).toEqual(['endpoints[0].hints.forZones[1].name: Duplicate value: "z"']);
});

it('a volume names its nodes and its secrets whole', () => {
  const volume = {
    metadata: { name: 'v' },
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: 'Retain',
      csi: { driver: 'd.e', volumeHandle: 'h', nodePublishSecretRef: { name: 'n' } },
      nodeAffinity: {},
    },
  };
  expect(lines(validateVolume(volume))).toEqual([
    'spec.csi.nodePublishSecretRef.namespace: Required value',
    'spec.nodeAffinity.required: Required value: must specify required node constraints',
  ]);
});

const pvc = { kind: 'PersistentVolumeClaim', name: 'd' };
const other = { apiGroup: 'example.com', kind: 'X', name: 'd' };

it.each<[object, object]>([
  [{ dataSource: pvc }, { dataSource: pvc, dataSourceRef: pvc }],
  [{ dataSourceRef: other }, { dataSource: other, dataSourceRef: other }],
  [{ dataSource: other }, {}],
  [{ dataSourceRef: { ...pvc, namespace: 'n' } }, { dataSourceRef: { ...pvc, namespace: 'n' } }],
])("a claim's sources %j", (spec, expected) => {
  expect(sameSources(spec)).toEqual(expected);
});

const ofStrategy = (strategy: Strategy, spec: object): string[] =>
  lines(
    strategy.validate(
      { metadata: { name: 'i', namespace: 'ns' }, spec } as never,
      { resource: { namespaced: true } } as never,
    ),
  ).filter((line) => line.startsWith('spec'));

const backend = { service: { name: 's', port: { number: 80 } } };
const PATH = 'spec.rules[0].http.paths[0]';

it.each<[object, string[]]>([
  [{ pathType: 'ImplementationSpecific', path: '' }, []],
  [{ pathType: 'ImplementationSpecific', path: '/a//b' }, []],
  [
    { pathType: 'ImplementationSpecific', path: 'foo' },
    [`${PATH}.path: Invalid value: "foo": must be an absolute path`],
  ],
  [{ pathType: 'Exact' }, [`${PATH}.path: Invalid value: "": must be an absolute path`]],
  [
    { pathType: 'Prefix', path: '/a//b/..' },
    [
      `${PATH}.path: Invalid value: "/a//b/..": must not contain '//'`,
      `${PATH}.path: Invalid value: "/a//b/..": cannot end with '/..'`,
    ],
  ],
  [
    { pathType: 'Exact', path: '/%2f' },
    [`${PATH}.path: Invalid value: "/%2f": must not contain '%2f'`],
  ],
  [
    { pathType: 'X', path: 'foo' },
    [
      `${PATH}.pathType: Unsupported value: "X": supported values: "Exact", "ImplementationSpecific", "Prefix"`,
    ],
  ],
  [{ backend: {} }, [`${PATH}.pathType: Required value: pathType must be specified`]],
  [
    {
      pathType: 'Prefix',
      path: '/',
      backend: { service: { name: 's', port: { name: 'http', number: 80 } } },
    },
    [`${PATH}.backend: Invalid value: "": cannot set both port name & port number`],
  ],
])('path of an ingress %j', (path, expected) => {
  const rules = [{ http: { paths: [{ backend, ...path }] } }];
  expect(ofStrategy(ingresses, { rules })).toEqual(expected);
});

it.each<[string, string[]]>([
  ['a.example.com', []],
  ['*.example.com', []],
  ['10.0.0.1', ['must be a DNS name, not an IP address']],
  ['a.*.com', ["a wildcard DNS-1123 subdomain must start with '*.'"]],
])('host of an ingress %j', (host, expected) => {
  expect(
    ofStrategy(ingresses, { rules: [{ host }] }).map((line) =>
      line.replace(/, followed by .*/, ''),
    ),
  ).toEqual(expected.map((text) => `spec.rules[0].host: Invalid value: "${host}": ${text}`));
});

it.each<[string, string[]]>([
  ['acme.io/a/b', []],
  ['', ['Required value']],
  [
    'acme.io/',
    ['Invalid value: "acme.io/": must be a domain-prefixed path (such as "acme.io/foo")'],
  ],
  [
    'acme.io/a b',
    [
      `Invalid value: "a b": Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')`,
    ],
  ],
])('controller of an ingress class %j', (controller, expected) => {
  expect(ofStrategy(ingressClasses, { controller })).toEqual(
    expected.map((text) => `spec.controller: ${text}`),
  );
});
