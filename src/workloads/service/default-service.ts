// Defaults of a Service that need no address; the API allocates families, addresses and node ports afterwards.
import type { Service } from '../../kinds/pod.ts';
import { present } from '../../present.ts';

export type ServiceSpec = NonNullable<Service['spec']>;
export type ServicePort = NonNullable<ServiceSpec['ports']>[number];

const AFFINITY_SECONDS = 10_800;

export const isHeadless = ({ clusterIPs = [] }: ServiceSpec): boolean =>
  clusterIPs.length === 1 && clusterIPs[0] === 'None';

export const needsNodePorts = ({ type }: ServiceSpec): boolean =>
  type === 'NodePort' || type === 'LoadBalancer';

/** Whether external clients reach the Service: only then does it have an external traffic policy. */
export const isExternal = (spec: ServiceSpec): boolean =>
  needsNodePorts(spec) || (spec.type === 'ClusterIP' && (spec.externalIPs ?? []).length > 0);

/** Whether the load balancer checks the nodes' health, on a node port of its own. */
export const needsHealthPort = ({ type, externalTrafficPolicy }: ServiceSpec): boolean =>
  type === 'LoadBalancer' && externalTrafficPolicy === 'Local';

const defaultPort = (port: ServicePort): ServicePort => ({
  ...port,
  protocol: port.protocol ?? 'TCP',
  targetPort: port.targetPort || port.port,
});

function affinityOf(given: ServiceSpec): Partial<ServiceSpec> {
  const sessionAffinity = given.sessionAffinity || 'None';
  const kept = given.sessionAffinityConfig;
  if (sessionAffinity === 'ClientIP' && kept?.clientIP?.timeoutSeconds === undefined)
    return {
      sessionAffinity,
      sessionAffinityConfig: { clientIP: { timeoutSeconds: AFFINITY_SECONDS } },
    };
  return {
    sessionAffinity,
    ...present({ sessionAffinityConfig: sessionAffinity === 'None' ? undefined : kept }),
  };
}

/** The Service with every default that follows from its own fields. */
export function defaultService(service: Service): Service {
  const { sessionAffinity: _a, sessionAffinityConfig: _c, ...given } = service.spec ?? {};
  const spec: ServiceSpec = { ...given, type: given.type || 'ClusterIP' };
  return {
    ...service,
    spec: {
      ...spec,
      ...affinityOf(service.spec ?? {}),
      ...(given.ports && { ports: given.ports.map(defaultPort) }),
      ...(isExternal(spec) && { externalTrafficPolicy: given.externalTrafficPolicy || 'Cluster' }),
      ...(['ClusterIP', 'NodePort', 'LoadBalancer'].includes(spec.type ?? '') && {
        internalTrafficPolicy: given.internalTrafficPolicy ?? 'Cluster',
      }),
      ...(spec.type === 'LoadBalancer' && {
        allocateLoadBalancerNodePorts: given.allocateLoadBalancerNodePorts ?? true,
      }),
    },
    status: withModes(service.status ?? { loadBalancer: {} }, spec),
  };
}

/** A load balancer's address is used as it is (VIP) unless its owner says otherwise. */
function withModes(
  status: NonNullable<Service['status']>,
  { type }: ServiceSpec,
): NonNullable<Service['status']> {
  const ingress = status.loadBalancer?.ingress;
  if (type !== 'LoadBalancer' || ingress === undefined) return status;
  return {
    ...status,
    loadBalancer: {
      ...status.loadBalancer,
      ingress: ingress.map((entry) => ({ ...(entry.ip && { ipMode: 'VIP' }), ...entry })),
    },
  };
}
