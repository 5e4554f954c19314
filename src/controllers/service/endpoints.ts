// endpoint-controller: the pods behind a Service as Endpoints, which older clients read. Pods being deleted are left out.
import { byKey } from '../../workloads/by-key.ts';
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject, Pod } from '../../kinds/pod.ts';
import { present } from '../../present.ts';
import type {
  EndpointAddress,
  Endpoints,
  Subset,
} from '../../workloads/endpoints/validate-endpoints.ts';
import { isHeadless } from '../../workloads/service/default-service.ts';
import type { Controller, Outcome, World } from '../controller.ts';
import {
  HEADLESS,
  TRIGGERED,
  candidates,
  hostnameOf,
  isSelecting,
  isServed,
  portsOf,
  referenceTo,
  servicesOf,
  specOf,
  triggeredAt,
} from './service-pods.ts';

export const ENDPOINTS_MANAGED_BY = 'endpoints.kubernetes.io/managed-by';
export const ENDPOINTS_MANAGER = 'endpoint-controller';
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity';
const MAX_ADDRESSES = 1_000;

const addressOf = (service: KubeObject, pod: Pod): EndpointAddress => ({
  ip: pod.status.podIP ?? '',
  ...present({
    hostname: hostnameOf(service, pod),
    nodeName: pod.spec.nodeName || undefined,
  }),
  targetRef: referenceTo(pod),
});

const byAddress = (a: EndpointAddress, b: EndpointAddress): number => (a.ip < b.ip ? -1 : 1);

/** Groups pods by equal ports, ready and unready ones separately. */
function subsetsOf(service: KubeObject, pods: readonly Pod[]): Subset[] {
  const subsets = new Map<string, Subset>();
  for (const pod of pods) {
    const ports = portsOf(service, pod).map(({ name, port = 0, ...rest }) => ({
      ...(name && { name }),
      port,
      ...rest,
    }));
    if (ports.length === 0 && !isHeadless(specOf(service))) continue;
    const key = JSON.stringify(ports);
    const subset = subsets.get(key) ?? (ports.length > 0 ? { ports } : {});
    const list = isServed(service, pod) ? 'addresses' : 'notReadyAddresses';
    subset[list] = [...(subset[list] ?? []), addressOf(service, pod)].sort(byAddress);
    subsets.set(key, subset);
  }
  return [...subsets].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, subset]) => subset);
}

/** At most 1000 addresses, ready ones first. */
function truncated(subsets: readonly Subset[]): { subsets: Subset[]; cut: boolean } {
  let room = MAX_ADDRESSES;
  let cut = false;
  const kept = subsets.map((subset): Subset => ({ ...subset }));
  for (const list of ['addresses', 'notReadyAddresses'] as const)
    for (const subset of kept) {
      const all = subset[list];
      if (all === undefined) continue;
      cut ||= all.length > room;
      if (room === 0) delete subset[list];
      else subset[list] = all.slice(0, room);
      room -= Math.min(room, all.length);
    }
  return {
    subsets: kept.filter(({ addresses, notReadyAddresses }) => addresses ?? notReadyAddresses),
    cut,
  };
}

function labelsOf(service: KubeObject): Record<string, string> {
  const { [HEADLESS]: _sent, ...labels } = service.metadata.labels ?? {};
  return byKey({
    ...labels,
    ...(isHeadless(specOf(service)) && { [HEADLESS]: '' }),
    [ENDPOINTS_MANAGED_BY]: ENDPOINTS_MANAGER,
  });
}

function reconcile(service: KubeObject, world: World): Outcome {
  if (!isSelecting(service) || service.metadata.deletionTimestamp !== undefined)
    return { writes: [] };
  const { name = '', namespace = '' } = service.metadata;
  const found = world.list('endpoints').find(({ metadata }) => metadata.name === name);
  const pods = candidates(service, world.list('pods')).filter(
    ({ metadata }) =>
      metadata.deletionTimestamp === undefined || specOf(service).publishNotReadyAddresses === true,
  );
  const { subsets, cut } = truncated(subsetsOf(service, pods));
  const labels = labelsOf(service);
  const before = found as Endpoints | undefined;
  const wasCut = before?.metadata?.annotations?.[OVER_CAPACITY] === 'truncated';
  if (
    before !== undefined &&
    isDeepStrictEqual(before.subsets ?? [], subsets) &&
    isDeepStrictEqual(before.metadata?.labels, labels) &&
    wasCut === cut
  )
    return { writes: [] };
  const {
    [OVER_CAPACITY]: _cut,
    [TRIGGERED]: _trigger,
    ...kept
  } = before?.metadata?.annotations ?? {};
  const annotations = {
    ...kept,
    ...present({
      [TRIGGERED]: triggeredAt(service, pods),
      [OVER_CAPACITY]: cut ? 'truncated' : undefined,
    }),
  };
  const { subsets: _subsets, ...rest } = found ?? { metadata: { name, namespace } };
  const object: KubeObject = {
    ...rest,
    metadata: { ...rest.metadata, labels, annotations },
    ...(subsets.length > 0 && { subsets }),
  };
  const [verb, what] =
    found === undefined
      ? (['create', 'FailedToCreateEndpoint'] as const)
      : (['update', 'FailedToUpdateEndpoint'] as const);
  const message = `Failed to ${verb} endpoint ${verb === 'create' ? 'for service ' : ''}${namespace}/${name}: %error`;
  return {
    writes: [
      { verb, resource: 'endpoints', object, refused: { type: 'Warning', reason: what, message } },
    ],
  };
}

export const endpointController: Controller = {
  name: 'endpoint-controller',
  resource: 'services',
  reads: ['pods', 'endpoints'],
  concerns: servicesOf,
  reconcile,
};
