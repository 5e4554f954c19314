// Services: a cluster IP is assigned at creation and kept by updates that omit it.
import { invalid } from '../../errors.ts';
import type { KubeObject, Service } from '../../kinds/pod.ts';
import { present } from '../../present.ts';
import {
  defaultService,
  validateService,
  validateServiceUpdate,
} from '../../validation/service.ts';
import type { Call } from '../call.ts';
import { age, ageColumn, column, fieldDescription, lazyPrinter, nameColumn } from './columns.ts';
import { keepStatus, member, plain, statusOf, text } from './plain.ts';
import type { Strategy } from './strategy.ts';

/** Cluster IPs come from 10.96.0.0/16; .0.1 belongs to default/kubernetes. */
const RANGE = '10.96.0.0/16';
const PREFIX = '10.96.';

const serviceOf = (object: KubeObject): Service => object as Service;
const objectOf = (service: Service): KubeObject => ({
  ...service,
  metadata: service.metadata ?? {},
});

function ports(object: KubeObject): string {
  const list = serviceOf(object).spec?.ports ?? [];
  return (
    list
      .map(
        ({ port, nodePort, protocol }) =>
          `${port}${nodePort ? `:${nodePort}` : ''}/${protocol ?? 'TCP'}`,
      )
      .join(',') || '<none>'
  );
}

function externalAddress(object: KubeObject): string {
  const { spec, status } = serviceOf(object);
  if (spec?.type === 'ExternalName') return spec.externalName ?? '';
  if (spec?.type === 'LoadBalancer')
    return (
      (status?.loadBalancer?.ingress ?? [])
        .map(({ ip, hostname }) => ip ?? hostname ?? '')
        .join(',') || '<pending>'
    );
  return spec?.externalIPs?.join(',') || '<none>';
}

const selector = (object: KubeObject): string =>
  Object.entries(serviceOf(object).spec?.selector ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`)
    .join(',') || '<none>';

/** Finds a free address by reading all services; a lost race gives two services the same address, which is harmless here. */
async function allocate(object: KubeObject, call: Call): Promise<KubeObject> {
  const { spec = {} } = serviceOf(object);
  if (spec.type === 'ExternalName' || spec.clusterIP === 'None') return object;
  const { objects } = await call.ports.store.list({ resource: 'services' });
  const taken = new Set(objects.map((service) => text(service, 'spec', 'clusterIP')));
  if (spec.clusterIP) {
    checkAddress(object, spec.clusterIP, taken);
    return { ...object, spec: { ...spec, clusterIPs: [spec.clusterIP] } };
  }
  for (let number = 2; number < 65_535; number++) {
    const address = `${PREFIX}${number >> 8}.${number & 255}`;
    if (!taken.has(address))
      return { ...object, spec: { ...spec, clusterIP: address, clusterIPs: [address] } };
  }
  throw refuseAddress(object, [], 'failed to allocate a serviceIP: range is full');
}

function checkAddress(object: KubeObject, address: string, taken: Set<string>): void {
  if (!address.startsWith(PREFIX))
    throw refuseAddress(
      object,
      [address],
      `failed to allocate IP ${address}: the provided IP (${address}) is not in the valid range. The range of valid IPs is ${RANGE}`,
    );
  if (taken.has(address))
    throw refuseAddress(
      object,
      [address],
      `failed to allocate IP ${address}: provided IP is already allocated`,
    );
}

const refuseAddress = (
  object: KubeObject,
  addresses: string[],
  problem: string,
): ReturnType<typeof invalid> =>
  invalid('Service', object.metadata.name ?? '', [
    {
      field: 'spec.clusterIPs',
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(addresses)}: ${problem}`,
    },
  ]);

function keepAddress(next: KubeObject, old: KubeObject): KubeObject {
  const kept = keepStatus(next, old);
  const { spec = {} } = serviceOf(kept);
  const before = serviceOf(old).spec;
  if (spec.clusterIP || spec.type === 'ExternalName' || before?.clusterIP === undefined)
    return kept;
  return {
    ...kept,
    spec: {
      ...spec,
      clusterIP: before.clusterIP,
      ...present({ clusterIPs: before.clusterIPs }),
    },
  };
}

export const services: Strategy = {
  ...plain,
  fields: {
    own: true,
    fields: {
      'spec.clusterIP': (object) => text(object, 'spec', 'clusterIP'),
      'spec.type': (object) => text(object, 'spec', 'type'),
    },
  },
  printer: lazyPrinter(
    () => [
      nameColumn(),
      column('Type', fieldDescription('ServiceSpec', 'type')),
      column('Cluster-IP', fieldDescription('ServiceSpec', 'clusterIP')),
      column('External-IP', fieldDescription('ServiceSpec', 'externalIPs')),
      column('Port(s)', fieldDescription('ServiceSpec', 'ports')),
      ageColumn(),
      column('Selector', fieldDescription('ServiceSpec', 'selector'), 1),
    ],
    (object) => [
      object.metadata.name ?? '',
      text(object, 'spec', 'type'),
      text(object, 'spec', 'clusterIP') || '<none>',
      externalAddress(object),
      ports(object),
      age(object),
      selector(object),
    ],
  ),
  defaults: (object) => objectOf(defaultService(serviceOf(object))),
  admit: allocate,
  warnings: () => [
    'spec: stored, but nothing in droppod routes to a Service yet; neither its name nor its addresses lead to pods',
  ],
  prepareForCreate: (object) => ({ ...object, status: { loadBalancer: {} } }),
  validate: (object) => validateService(serviceOf(object)),
  prepareForUpdate: keepAddress,
  validateUpdate: (next, old) => validateServiceUpdate(serviceOf(next), serviceOf(old)),
  resetFields: ['status'],
  returnsDeleted: true,
};

/** `/status` of services. */
export const serviceStatus: Strategy = statusOf(services);

/** Endpoints: written by users or by a controller. */
export const endpoints: Strategy = {
  ...plain,
  deprecation: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  createOnUpdate: true,
  printer: lazyPrinter(
    () => [
      nameColumn(),
      column('Endpoints', fieldDescription('Endpoints', 'subsets')),
      ageColumn(),
    ],
    (object) => [object.metadata.name ?? '', addresses(object), age(object)],
  ),
};

function addresses(object: KubeObject): string {
  const subsets = member(object, 'subsets');
  if (!Array.isArray(subsets)) return '<none>';
  const found = subsets.flatMap((subset: unknown) => {
    const ips = member(subset, 'addresses');
    const numbers = member(subset, 'ports');
    const hosts = Array.isArray(ips) ? ips.map((address: unknown) => text(address, 'ip')) : [];
    const open = Array.isArray(numbers) ? numbers.map((port: unknown) => text(port, 'port')) : [];
    return open.length === 0
      ? hosts
      : hosts.flatMap((host) => open.map((port) => `${host}:${port}`));
  });
  if (found.length === 0) return '<none>';
  return found.length > 3
    ? `${found.slice(0, 3).join(',')} + ${found.length - 3} more...`
    : found.join(',');
}
