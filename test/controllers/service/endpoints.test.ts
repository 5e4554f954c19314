// Endpoints and EndpointSlices of Services, pass by pass.
import { beforeEach, describe, expect, it } from 'vitest';
import { endpointSliceController } from '../../../src/controllers/service/endpoint-slices.ts';
import { endpointController } from '../../../src/controllers/service/endpoints.ts';
import { endpointSliceMirroringController } from '../../../src/controllers/service/mirrored-slices.ts';
import type { KubeObject } from '../../../src/kinds/pod.ts';
import { TestWorld } from '../world.ts';

const SLICES = 'endpointslices.discovery.k8s.io';
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';

let world: TestWorld;
beforeEach(() => {
  world = new TestWorld({
    controllers: [endpointSliceController, endpointController, endpointSliceMirroringController],
  });
});

const service = (spec: object = {}): KubeObject => ({
  metadata: { name: 'web', labels: { team: 'a' } },
  spec: {
    selector: { app: 'web' },
    ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 'web' }],
    clusterIPs: ['10.96.1.1'],
    ipFamilies: ['IPv4'],
    ...spec,
  },
});

const pod = (name: string, ready: boolean, { ip = '10.1.0.1', port = 8080 } = {}): KubeObject => ({
  metadata: { name, labels: { app: 'web' } },
  spec: {
    nodeName: 'node',
    hostname: name,
    subdomain: 'web',
    containers: [{ name: 'c', ports: [{ name: 'web', containerPort: port }] }],
  },
  status: {
    phase: 'Running',
    ...(ip && { podIP: ip, podIPs: [{ ip }] }),
    conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
  },
});

const slices = (): KubeObject[] => world.list(SLICES);
const conditions = (): unknown[] =>
  slices().flatMap((slice) =>
    ((slice['endpoints'] ?? []) as { conditions: object }[]).map((endpoint) => endpoint.conditions),
  );
const subsets = (): unknown => world.get('endpoints', 'web')?.['subsets'];

it('groups ports by the pods that offer them: a pod may stand in several subsets', () => {
  const ports = [
    { name: 'a', protocol: 'TCP', port: 80, targetPort: 'web' },
    { name: 'c', protocol: 'TCP', port: 82, targetPort: 82 },
  ];
  world.add('services', service({ ports }));
  world.add('pods', pod('one', true, { port: 8080 }));
  world.add('pods', pod('two', true, { ip: '10.1.0.2', port: 8081 }));
  world.settle();
  const shown = subsets() as { addresses: { ip: string }[]; ports: { port: number }[] }[];
  const brief = shown.map(({ addresses, ports: offered }) => [
    addresses.map(({ ip }) => ip),
    offered.map(({ port }) => port),
  ]);
  expect(brief).toEqual([
    [['10.1.0.1'], [8080]],
    [['10.1.0.2'], [8081]],
    [['10.1.0.1', '10.1.0.2'], [82]],
  ]);
});

describe('a Service with a selector', () => {
  it("names the zone of a pod's node", () => {
    const labels = { 'topology.kubernetes.io/zone': 'z1' };
    world.add('nodes', { metadata: { name: 'node', labels } });
    world.add('services', service());
    world.add('pods', pod('a', true));
    world.settle();
    expect(slices()[0]?.['endpoints']).toMatchObject([{ nodeName: 'node', zone: 'z1' }]);
  });

  it('has one empty slice and empty Endpoints without pods', () => {
    world.add('services', service());
    world.settle();
    expect(slices()).toMatchObject([
      {
        metadata: {
          generateName: 'web-',
          labels: {
            team: 'a',
            'kubernetes.io/service-name': 'web',
            [MANAGED_BY]: 'endpointslice-controller.k8s.io',
          },
          ownerReferences: [{ kind: 'Service', name: 'web', controller: true }],
        },
        addressType: 'IPv4',
        endpoints: null,
        ports: null,
      },
    ]);
    expect(world.get('endpoints', 'web')).toMatchObject({
      metadata: {
        labels: { team: 'a', 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' },
      },
    });
    expect(subsets()).toBeUndefined();
  });

  it('L2: a pod comes when it has an address, is ready later, and leaves with its deletion timestamp', () => {
    world.add('services', service());
    world.add('pods', pod('a', false, { ip: '' }));
    world.settle();
    expect(conditions()).toEqual([]);

    world.edit('pods', 'a', () => ({
      ...pod('a', false),
      metadata: world.get('pods', 'a')!.metadata,
    }));
    world.settle();
    expect(conditions()).toEqual([{ ready: false, serving: false, terminating: false }]);
    expect(slices()).toHaveLength(1);
    expect(subsets()).toMatchObject([
      { notReadyAddresses: [{ ip: '10.1.0.1' }], ports: [{ name: 'http', port: 8080 }] },
    ]);

    world.edit('pods', 'a', (old) => ({ ...old, status: pod('a', true)['status'] }));
    world.settle();
    expect(conditions()).toEqual([{ ready: true, serving: true, terminating: false }]);
    expect(subsets()).toMatchObject([{ addresses: [{ ip: '10.1.0.1', nodeName: 'node' }] }]);

    world.edit('pods', 'a', (old) => ({
      ...old,
      metadata: { ...old.metadata, deletionTimestamp: '2026-01-01T00:00:30Z' },
    }));
    world.settle();
    expect(conditions()).toEqual([{ ready: false, serving: true, terminating: true }]);
    expect(subsets()).toBeUndefined();

    world.remove('pods', 'a');
    world.settle();
    expect(slices()).toMatchObject([{ endpoints: null, ports: null }]);
  });

  it('publishNotReadyAddresses: all pods are ready, those that are being deleted too', () => {
    world.add('services', service({ publishNotReadyAddresses: true }));
    world.add('pods', pod('a', false));
    world.settle();
    expect(conditions()).toEqual([{ ready: true, serving: false, terminating: false }]);
    expect(subsets()).toMatchObject([{ addresses: [{ ip: '10.1.0.1' }] }]);
  });

  it('a headless one says so, and gives pods their host names', () => {
    world.add('services', service({ clusterIPs: ['None'], ports: undefined }));
    world.add('pods', pod('a', true));
    world.settle();
    expect(slices()).toMatchObject([
      {
        metadata: { labels: { 'service.kubernetes.io/headless': '' } },
        ports: null,
        endpoints: [{ hostname: 'a', addresses: ['10.1.0.1'] }],
      },
    ]);
    expect(subsets()).toMatchObject([{ addresses: [{ hostname: 'a' }] }]);
  });

  it('pods that name a port differently are in different slices, whose owner deletes what runs empty', () => {
    world.add('services', service());
    world.add('pods', pod('a', true));
    world.add('pods', pod('b', true, { ip: '10.1.0.2', port: 9090 }));
    world.settle();
    expect(slices().map((slice) => (slice['ports'] as { port: number }[])[0]?.port)).toEqual([
      8080, 9090,
    ]);
    expect(subsets()).toHaveLength(2);
    world.remove('pods', 'b');
    world.settle();
    expect(slices()).toHaveLength(1);
  });

  it('a slice holds 100 endpoints, those that stay keep their slice, and Endpoints hold 1000', () => {
    world.add('services', service());
    for (let number = 0; number < 1_010; number++)
      world.add('pods', pod(`p${number}`, true, { ip: `10.1.${number >> 8}.${number & 255}` }));
    world.settle();
    const sizes = (): number[] => slices().map((slice) => (slice['endpoints'] as unknown[]).length);
    expect(sizes().sort((a, b) => a - b)).toEqual([10, ...Array.from({ length: 10 }, () => 100)]);
    const endpoints = world.get('endpoints', 'web');
    expect((endpoints?.['subsets'] as { addresses: unknown[] }[])[0]?.addresses).toHaveLength(
      1_000,
    );
    expect(endpoints?.metadata.annotations).toMatchObject({
      'endpoints.kubernetes.io/over-capacity': 'truncated',
    });
    world.written = [];
    world.remove('pods', 'p0');
    world.settle();
    expect(world.written.filter((write) => write.includes(SLICES))).toHaveLength(1);
  });

  it('goes with its Endpoints', () => {
    world.add('services', service());
    world.settle();
    world.remove('services', 'web');
    world.settle();
    expect(world.list('endpoints')).toEqual([]);
  });
});

it.each([
  ['ExternalName', { type: 'ExternalName' }],
  ['no selector', { selector: undefined }],
])('a Service of %s gets no endpoints', (_name, spec) => {
  world.add('services', service(spec));
  world.settle();
  expect([slices(), world.list('endpoints')]).toEqual([[], []]);
});

describe('Endpoints of a Service without a selector', () => {
  const written: KubeObject = {
    metadata: { name: 'web', labels: { own: 'yes' } },
    subsets: [
      {
        addresses: [{ ip: '192.0.2.1' }],
        notReadyAddresses: [{ ip: '2001:db8::1' }],
        ports: [{ name: 'db', port: 5432, protocol: 'TCP' }],
      },
    ],
  };

  it('are mirrored by address family, changed and removed with them', () => {
    world.add('services', service({ selector: undefined }));
    world.add('endpoints', written);
    world.settle();
    expect(slices()).toMatchObject([
      {
        metadata: {
          labels: { own: 'yes', [MANAGED_BY]: 'endpointslicemirroring-controller.k8s.io' },
          ownerReferences: [{ kind: 'Endpoints', name: 'web' }],
        },
        addressType: 'IPv4',
        endpoints: [{ addresses: ['192.0.2.1'], conditions: { ready: true } }],
      },
      { addressType: 'IPv6', endpoints: [{ conditions: { ready: false } }] },
    ]);
    world.edit('endpoints', 'web', (old) => ({ ...old, subsets: undefined }));
    world.settle();
    expect(slices()).toEqual([]);
  });

  it.each<[string, Partial<KubeObject['metadata']>, boolean]>([
    [
      'are labelled to be skipped',
      { labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
      true,
    ],
    ['are a lock', { annotations: { 'control-plane.alpha.kubernetes.io/leader': '{}' } }, true],
    ['have no Service', {}, false],
  ])('are not mirrored when they %s', (_why, metadata, served) => {
    if (served) world.add('services', service({ selector: undefined }));
    world.add('endpoints', { ...written, metadata: { ...written.metadata, ...metadata } });
    world.settle();
    expect(slices()).toEqual([]);
    expect(world.list('endpoints')).toHaveLength(1);
  });
});
