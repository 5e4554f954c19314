// Rules of Services: defaults, address families of an IPv4 cluster, what an update keeps and drops.
import { describe, expect, it } from 'vitest';
import type { FieldError } from '../../src/errors.ts';
import type { Service } from '../../src/kinds/pod.ts';
import { defaultService } from '../../src/workloads/service/default-service.ts';
import { fillFamilies } from '../../src/workloads/service/families.ts';
import {
  dropUnused,
  keepAllocated,
  validateServiceStatus,
  validateServiceUpdate,
} from '../../src/workloads/service/update-service.ts';
import { validateService } from '../../src/workloads/service/validate-service.ts';

type Spec = NonNullable<Service['spec']>;
const metadata = { name: 'x', namespace: 'ns', resourceVersion: '1' };
const lines = (errors: FieldError[]): string[] =>
  errors.map(({ field, message }) => `${field}: ${message}`);
const service = (spec: Spec): Service => defaultService({ metadata, spec });
const ports = [{ port: 80 }];

it('a Service is defaulted but for families and addresses', () =>
  expect(service({ ports })).toEqual({
    metadata,
    spec: {
      type: 'ClusterIP',
      sessionAffinity: 'None',
      internalTrafficPolicy: 'Cluster',
      ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
    },
    status: { loadBalancer: {} },
  }));

it.each<[Spec, Partial<Spec>]>([
  [{ type: 'NodePort' }, { externalTrafficPolicy: 'Cluster' }],
  [{ type: 'LoadBalancer' }, { allocateLoadBalancerNodePorts: true }],
  [{ externalIPs: ['192.0.2.1'] }, { externalTrafficPolicy: 'Cluster' }],
  [
    { sessionAffinity: 'ClientIP' },
    { sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } } },
  ],
])('%j gets %j', (given, expected) => expect(service(given).spec).toMatchObject(expected));

describe('rules', () => {
  it.each<[Spec, string[]]>([
    [{}, ['spec.ports: Required value']],
    [{ clusterIP: 'None', clusterIPs: ['None'] }, []],
    [{ type: 'ExternalName' }, ['spec.externalName: Required value']],
    [
      { ports: [{ port: 0 }] },
      [
        'spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
        'spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive',
      ],
    ],
    [
      { type: 'X', ports },
      [
        'spec.type: Unsupported value: "X": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
      ],
    ],
    [
      { ports: [{ port: 1 }, { port: 2 }] },
      ['spec.ports[0].name: Required value', 'spec.ports[1].name: Required value'],
    ],
    [
      { ports: [{ port: 1, nodePort: 30000 }] },
      ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
    ],
    [
      { type: 'NodePort', ports, clusterIP: 'None', clusterIPs: ['None'] },
      [
        'spec.clusterIPs[0]: Invalid value: "None": may not be set to \'None\' for NodePort services',
      ],
    ],
    [
      { ports, externalIPs: ['127.0.0.1'] },
      [
        'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
      ],
    ],
    [
      {
        ports,
        sessionAffinity: 'ClientIP',
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 86401 } },
      },
      [
        'spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 86401: must be greater than 0 and less than 86400',
      ],
    ],
    [
      { ports, loadBalancerSourceRanges: ['10.0.0.0/8'], loadBalancerClass: 'x/y' },
      [
        "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
        "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
      ],
    ],
    [
      { ports, externalTrafficPolicy: 'Local' },
      [
        'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
      ],
    ],
  ])('%j', (spec, expected) => expect(lines(validateService(service(spec)))).toEqual(expected));
});

describe('families of a cluster with IPv4', () => {
  it.each<[Spec, Partial<Spec> | string]>([
    [{}, { ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' }],
    [{ ipFamilyPolicy: 'PreferDualStack' }, { ipFamilies: ['IPv4'] }],
    [
      { clusterIP: 'None', clusterIPs: ['None'] },
      { ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'RequireDualStack' },
    ],
    [
      { clusterIP: 'None', clusterIPs: ['None'], selector: { a: 'b' } },
      { ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' },
    ],
    [{ type: 'ExternalName' }, {}],
    [
      { ipFamilyPolicy: 'RequireDualStack' },
      'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
    ],
    [
      { ipFamilies: ['IPv6'] },
      'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster',
    ],
    [
      { clusterIP: '10.96.0.9', clusterIPs: ['10.96.0.8'] },
      'spec.clusterIPs: Invalid value: ["10.96.0.8"]: first value must match `clusterIP`',
    ],
  ])('%j', (spec, expected) => {
    const filled = fillFamilies(spec);
    if (typeof expected === 'string')
      expect('errors' in filled && lines(filled.errors)).toEqual([expected]);
    else expect('spec' in filled && filled.spec).toMatchObject(expected);
  });
});

describe('an update', () => {
  const stored =
    service({ type: 'NodePort', ports: [{ name: 'a', port: 80, nodePort: 30100 }] }).spec ?? {};
  const old: Spec = { ...stored, clusterIP: '10.96.1.1', clusterIPs: ['10.96.1.1'] };

  it('keeps addresses and node ports that it leaves out', () =>
    expect(
      keepAllocated({ type: 'NodePort', ports: [{ name: 'a', port: 81 }] }, old),
    ).toMatchObject({
      clusterIP: '10.96.1.1',
      clusterIPs: ['10.96.1.1'],
      ports: [{ name: 'a', port: 81, nodePort: 30100 }],
    }));

  it('drops what the new type cannot have', () => {
    expect(dropUnused({ ...old, type: 'ClusterIP' }, old)).not.toHaveProperty(
      'externalTrafficPolicy',
    );
    expect(dropUnused({ ...old, type: 'ClusterIP' }, old).ports?.[0]).not.toHaveProperty(
      'nodePort',
    );
    expect(dropUnused({ ...old, type: 'ExternalName' }, old)).not.toHaveProperty('clusterIPs');
  });

  it('may not change the cluster IP', () => {
    const next = {
      metadata,
      spec: { ...old, clusterIP: '10.96.0.77', clusterIPs: ['10.96.0.77'] },
    };
    expect(lines(validateServiceUpdate(next, { metadata, spec: old }))).toEqual([
      'spec.clusterIPs[0]: Invalid value: ["10.96.0.77"]: may not change once set',
    ]);
  });

  it('gives addresses in its status to a load balancer alone', () =>
    expect(
      lines(
        validateServiceStatus({
          metadata,
          spec: old,
          status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } },
        }),
      ),
    ).toEqual([
      "status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is 'LoadBalancer'",
    ]));
});
