// endpointslice-controller: the pods behind a Service as EndpointSlices. A deletion timestamp removes a pod, before it gets TERM.
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject, Pod } from '../../kinds/pod.ts';
import { present } from '../../present.ts';
import type { Endpoint, EndpointSlice } from '../../workloads/endpoints/validate-endpoint-slice.ts';
import { controllerReference, isControlledBy } from '../claim.ts';
import type { Controller, Outcome, World, Write } from '../controller.ts';
import {
  MANAGED_BY,
  SERVICE_NAME,
  TRIGGERED,
  candidates,
  hostnameOf,
  isSelecting,
  isServed,
  labelsOf,
  portsOf,
  referenceTo,
  servicesOf,
  specOf,
  triggeredAt,
} from './service-pods.ts';
import { grouped, hasContent, planSlices } from './slice-plan.ts';
import { isReady } from '../pod-states.ts';

const SLICES = 'endpointslices.discovery.k8s.io';
const MANAGER = 'endpointslice-controller.k8s.io';

const ZONE = 'topology.kubernetes.io/zone';

/** Nodes by name -> their zone. */
type Zones = ReadonlyMap<string, string>;

const zonesOf = (nodes: readonly KubeObject[]): Zones =>
  new Map(
    nodes.flatMap(({ metadata: { name = '', labels } }) => {
      const zone = labels?.[ZONE];
      return zone ? [[name, zone] as const] : [];
    }),
  );

function endpointOf(service: KubeObject, pod: Pod, addresses: string[], zones: Zones): Endpoint {
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const serving = isReady(pod as unknown as KubeObject);
  const published = specOf(service).publishNotReadyAddresses === true;
  return {
    addresses,
    conditions: {
      ready: published || (isServed(service, pod) && !terminating),
      serving,
      terminating,
    },
    ...present({
      hostname: hostnameOf(service, pod),
      nodeName: pod.spec.nodeName || undefined,
      zone: zones.get(pod.spec.nodeName ?? ''),
    }),
    targetRef: referenceTo(pod),
  };
}

const addressesOf = ({ status }: Pod, family: string): string[] =>
  (status.podIPs ?? (status.podIP ? [{ ip: status.podIP }] : []))
    .map(({ ip = '' }) => ip)
    .filter((ip) => ip !== '' && ip.includes(':') === (family === 'IPv6'));

/** The annotation that says when the newest change behind the slices was. */
function changeTime(
  service: KubeObject,
  pods: readonly Pod[],
): { annotations?: { [TRIGGERED]: string } } {
  const trigger = triggeredAt(service, pods);
  return present({ annotations: trigger === undefined ? undefined : { [TRIGGERED]: trigger } });
}

/** The writes for the slices of one address family. */
function familyWrites(
  service: KubeObject,
  { pods, zones }: { pods: readonly Pod[]; zones: Zones },
  family: string,
  existing: readonly EndpointSlice[],
): Write[] {
  const groups = grouped(
    pods.flatMap((pod) => {
      const addresses = addressesOf(pod, family);
      return addresses.length === 0
        ? []
        : [{ ports: portsOf(service, pod), endpoint: endpointOf(service, pod, addresses, zones) }];
    }),
  );
  const labels = labelsOf(service, {
    [SERVICE_NAME]: service.metadata.name ?? '',
    [MANAGED_BY]: MANAGER,
  });
  const plan = planSlices(groups, existing);
  const annotations = changeTime(service, pods);
  const ownerReferences = [
    controllerReference({ apiVersion: 'v1', kind: 'Service', object: service }),
  ];
  const named = { generateName: `${service.metadata.name ?? ''}-` };
  const { namespace } = service.metadata;
  return [
    ...plan.update
      .filter(
        ({ slice, content }) =>
          !hasContent(slice, content) || !isDeepStrictEqual(slice.metadata?.labels, labels),
      )
      .map(({ slice, content }) =>
        write(
          'update',
          { ...slice, ...content, metadata: { ...slice.metadata, labels, ...annotations } },
          service,
        ),
      ),
    ...plan.create.map((content) =>
      write(
        'create',
        {
          metadata: {
            ...named,
            ...present({ namespace }),
            labels,
            ...annotations,
            ownerReferences,
          },
          addressType: family,
          ...content,
        },
        service,
      ),
    ),
    ...plan.delete.map((slice) => write('delete', slice, service)),
  ];
}

const write = (
  verb: 'create' | 'update' | 'delete',
  slice: EndpointSlice,
  { metadata }: KubeObject,
): Write => ({
  verb,
  resource: SLICES,
  object: slice as unknown as KubeObject,
  refused: {
    type: 'Warning',
    reason: 'FailedToUpdateEndpointSlices',
    message: `Error updating Endpoint Slices for Service ${metadata.namespace}/${metadata.name}: %error`,
  },
});

function reconcile(service: KubeObject, world: World): Outcome {
  if (!isSelecting(service) || service.metadata.deletionTimestamp !== undefined)
    return { writes: [] };
  const slices = world
    .list(SLICES)
    .filter((slice) => isControlledBy(slice, service))
    .map((slice) => slice as unknown as EndpointSlice)
    .filter(({ metadata }) => metadata?.labels?.[MANAGED_BY] === MANAGER);
  const pods = candidates(service, world.list('pods'));
  const zones = zonesOf(world.list('nodes'));
  const families = specOf(service).ipFamilies ?? ['IPv4'];
  const writes = families.flatMap((family) =>
    familyWrites(
      service,
      { pods, zones },
      family,
      slices.filter(({ addressType }) => addressType === family),
    ),
  );
  return { writes };
}

export const endpointSliceController: Controller = {
  name: 'endpointslice-controller',
  resource: 'services',
  reads: ['pods', SLICES, 'nodes'],
  concerns: servicesOf,
  reconcile,
};
