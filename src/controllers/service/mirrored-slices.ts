// endpointslicemirroring-controller: turns manually written Endpoints of a Service without a selector into EndpointSlices.
// It also deletes endpoint-controller's Endpoints once their Service is gone, since Endpoints have no owner.
import { byKey } from '../../by-key.ts';
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../kinds/pod.ts';
import { present } from '../../present.ts';
import type { Endpoint, EndpointSlice } from '../../workloads/endpoints/validate-endpoint-slice.ts';
import type { EndpointAddress, Endpoints } from '../../workloads/endpoints/validate-endpoints.ts';
import { controllerReference, isControlledBy } from '../claim.ts';
import type { Controller, Outcome, World, Write } from '../controller.ts';
import { ENDPOINTS_MANAGED_BY, ENDPOINTS_MANAGER } from './endpoints.ts';
import { MANAGED_BY, SERVICE_NAME, TRIGGERED, specOf } from './service-pods.ts';
import { hasContent, planSlices } from './slice-plan.ts';
import type { Group } from './slice-plan.ts';

const SLICES = 'endpointslices.discovery.k8s.io';
const MANAGER = 'endpointslicemirroring-controller.k8s.io';
const SKIP = 'endpointslice.kubernetes.io/skip-mirror';
const LEADER = 'control-plane.alpha.kubernetes.io/leader';
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
const MAX_ADDRESSES = 1_000;

const isMirrored = ({ metadata }: KubeObject, service: KubeObject | undefined): boolean =>
  metadata.labels?.[SKIP] !== 'true' &&
  metadata.annotations?.[LEADER] === undefined &&
  service !== undefined &&
  Object.keys(specOf(service).selector ?? {}).length === 0;

const endpointOf = (address: EndpointAddress, ready: boolean): Endpoint => ({
  addresses: [address.ip],
  conditions: { ready },
  ...present({
    hostname: address.hostname || undefined,
    nodeName: address.nodeName,
    targetRef: address.targetRef,
  }),
});

/** The subsets as groups of one address family. */
const groupsOf = ({ subsets = [] }: Endpoints, family: string): Group[] =>
  subsets.flatMap(({ addresses = [], notReadyAddresses = [], ports = [] }) => {
    const endpoints = [
      ...addresses.map((address) => endpointOf(address, true)),
      ...notReadyAddresses.map((address) => endpointOf(address, false)),
    ]
      .filter(({ addresses: [ip = ''] }) => ip.includes(':') === (family === 'IPv6'))
      .slice(0, MAX_ADDRESSES);
    return endpoints.length === 0
      ? []
      : [
          {
            ports: ports.map(({ name = '', protocol, port, appProtocol }) => ({
              name,
              ...present({ protocol }),
              port,
              ...present({ appProtocol }),
            })),
            endpoints,
          },
        ];
  });

function familyWrites(
  endpoints: KubeObject,
  family: string,
  existing: readonly EndpointSlice[],
): Write[] {
  const { name = '', namespace } = endpoints.metadata;
  const {
    [LAST_APPLIED]: _a,
    [TRIGGERED]: _t,
    ...annotations
  } = endpoints.metadata.annotations ?? {};
  const meta = {
    labels: byKey({
      ...endpoints.metadata.labels,
      [SERVICE_NAME]: name,
      [MANAGED_BY]: MANAGER,
    }),
    ...(Object.keys(annotations).length > 0 && { annotations }),
  };
  const owner = { apiVersion: 'v1', kind: 'Endpoints', object: endpoints };
  const plan = planSlices(groupsOf(endpoints as Endpoints, family), existing, MAX_ADDRESSES);
  const write = (verb: 'create' | 'update' | 'delete', slice: EndpointSlice): Write => ({
    verb,
    resource: SLICES,
    object: slice as unknown as KubeObject,
  });
  return [
    ...plan.update
      .filter(
        ({ slice, content }) =>
          !hasContent(slice, content) ||
          !isDeepStrictEqual(slice.metadata?.labels, meta.labels) ||
          !isDeepStrictEqual(slice.metadata?.annotations ?? {}, annotations),
      )
      .map(({ slice, content }) =>
        write('update', { ...slice, ...content, metadata: { ...slice.metadata, ...meta } }),
      ),
    ...plan.create.map((content) =>
      write('create', {
        metadata: {
          generateName: `${name}-`,
          ...present({ namespace }),
          ...meta,
          ownerReferences: [controllerReference(owner)],
        },
        addressType: family,
        ...content,
      }),
    ),
    ...plan.delete.map((slice) => write('delete', slice)),
  ];
}

function reconcile(endpoints: KubeObject, world: World): Outcome {
  if (endpoints.metadata.deletionTimestamp !== undefined) return { writes: [] };
  const { name, labels } = endpoints.metadata;
  const service = world.list('services').find(({ metadata }) => metadata.name === name);
  if (service === undefined && labels?.[ENDPOINTS_MANAGED_BY] === ENDPOINTS_MANAGER)
    return { writes: [{ verb: 'delete', resource: 'endpoints', object: endpoints }] };
  const slices = world.list(SLICES).filter((slice) => isControlledBy(slice, endpoints));
  if (!isMirrored(endpoints, service))
    return { writes: slices.map((object) => ({ verb: 'delete', resource: SLICES, object })) };
  return {
    writes: ['IPv4', 'IPv6'].flatMap((family) =>
      familyWrites(
        endpoints,
        family,
        slices
          .map((slice) => slice as unknown as EndpointSlice)
          .filter(({ addressType }) => addressType === family),
      ),
    ),
  };
}

export const endpointSliceMirroringController: Controller = {
  name: 'endpointslicemirroring-controller',
  resource: 'endpoints',
  reads: ['services', SLICES],
  concerns: (changed, all) =>
    all.flatMap(({ metadata: { name } }) => (name && name === changed.metadata.name ? [name] : [])),
  reconcile,
};
