// endpoint-controller: the pods behind a Service as Endpoints, which older clients read. Pods being deleted are left out.
import { byKey } from '../../by-key.ts';
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

/** The pods behind one port, `''` for a headless Service without ports. */
interface Offer {
  port?: NonNullable<Subset['ports']>[number];
  ready: EndpointAddress[];
  notReady: EndpointAddress[];
}

function offersOf(service: KubeObject, pods: readonly Pod[]): Map<string, Offer> {
  const offers = new Map<string, Offer>();
  const offer = (key: string, pod: Pod, port?: Offer['port']): void => {
    const one = offers.get(key) ?? { ...present({ port }), ready: [], notReady: [] };
    one[isServed(service, pod) ? 'ready' : 'notReady'].push(addressOf(service, pod));
    offers.set(key, one);
  };
  for (const pod of pods) {
    const ports = portsOf(service, pod);
    if (ports.length === 0 && isHeadless(specOf(service))) offer('', pod);
    for (const { name, port: number = 0, ...rest } of ports) {
      const port = { ...(name && { name }), port: number, ...rest };
      offer(JSON.stringify(port), pod, port);
    }
  }
  return offers;
}

/** Ports that the same pods offer are one subset: a pod may stand in several. */
function subsetsOf(service: KubeObject, pods: readonly Pod[]): Subset[] {
  const subsets = new Map<string, Subset>();
  const offers = [...offersOf(service, pods)].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [, { port, ready, notReady }] of offers) {
    const addresses = ready.length > 0 ? ready.sort(byAddress) : undefined;
    const notReadyAddresses = notReady.length > 0 ? notReady.sort(byAddress) : undefined;
    const lists: Subset = present({ addresses, notReadyAddresses });
    const key = JSON.stringify(lists);
    const subset = subsets.get(key) ?? lists;
    if (port) subset.ports = [...(subset.ports ?? []), port];
    subsets.set(key, subset);
  }
  return [...subsets.values()];
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
