// Orders the members of a Service as Kubernetes' own types do (core/v1 ServiceSpec, ServicePort), which `get -o yaml` shows.
import { own } from '../../own.ts';
import type { ServiceSpec } from './default-service.ts';

const SPEC: readonly string[] = [
  'ports',
  'selector',
  'clusterIP',
  'clusterIPs',
  'type',
  'externalIPs',
  'sessionAffinity',
  'loadBalancerIP',
  'loadBalancerSourceRanges',
  'externalName',
  'externalTrafficPolicy',
  'healthCheckNodePort',
  'publishNotReadyAddresses',
  'sessionAffinityConfig',
  'ipFamilies',
  'ipFamilyPolicy',
  'allocateLoadBalancerNodePorts',
  'loadBalancerClass',
  'internalTrafficPolicy',
  'trafficDistribution',
];

const PORT: readonly string[] = [
  'name',
  'protocol',
  'appProtocol',
  'port',
  'targetPort',
  'nodePort',
];

/** The members in the order of `names`; all others follow. */
function ordered<T extends object>(value: T, names: readonly string[]): T {
  const members = value as Record<string, unknown>;
  const first = names.flatMap((name) => {
    const member = own(members, name);
    return member === undefined ? [] : [[name, member] as const];
  });
  const rest = Object.entries(members).filter(([name]) => !names.includes(name));
  return Object.fromEntries([...first, ...rest]) as T;
}

/** The same spec with its members, and those of its ports, in that order. */
export function inPrintOrder(spec: ServiceSpec): ServiceSpec {
  const { ports } = spec;
  return ordered(
    ports === undefined ? spec : { ...spec, ports: ports.map((port) => ordered(port, PORT)) },
    SPEC,
  );
}
