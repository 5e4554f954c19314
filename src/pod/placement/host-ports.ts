// Host ports: a pod whose author names its node may not ask for one that another pod of that node has, as on a kubelet's machine.
import type { Container, Pod } from '../../kinds/pod.ts';

interface HostPort {
  port: number;
  protocol: string;
  /** '': every address. */
  address: string;
}

const EVERY_ADDRESS = ['', '0.0.0.0', '::'];

/** What the containers that run beside one another ask for (sidecars included). */
function hostPorts({ spec }: Pod): HostPort[] {
  const sidecars = (spec.initContainers ?? []).filter(
    ({ restartPolicy }) => restartPolicy === 'Always',
  );
  return [...spec.containers, ...sidecars].flatMap(({ ports = [] }: Container) =>
    ports.flatMap(({ hostPort, protocol = 'TCP', hostIP = '' }) =>
      hostPort
        ? [{ port: hostPort, protocol, address: EVERY_ADDRESS.includes(hostIP) ? '' : hostIP }]
        : [],
    ),
  );
}

/** Whether the pod asks for any host port. */
export const asksForHostPorts = (pod: Pod): boolean => hostPorts(pod).length > 0;

/** Whether two pods' ports overlap; each is looked up once. */
function overlap(some: readonly HostPort[], others: readonly HostPort[]): boolean {
  const placeOf = ({ port, protocol }: HostPort): string => `${port}/${protocol}`;
  const addresses = new Map<string, Set<string>>();
  for (const one of some) {
    const known = addresses.get(placeOf(one)) ?? new Set();
    addresses.set(placeOf(one), known.add(one.address));
  }
  return others.some((other) => {
    const known = addresses.get(placeOf(other));
    return (
      known !== undefined && (other.address === '' || known.has('') || known.has(other.address))
    );
  });
}

/** The node's refusal of a pod whose host port one of its running pods has; undefined: all are free. */
export function hostPortRejection(
  pod: Pod,
  others: readonly Pod[],
): { reason: string; message: string } | undefined {
  const taken = others
    .filter(
      ({ metadata, spec, status }) =>
        metadata.uid !== pod.metadata.uid &&
        spec.nodeName === pod.spec.nodeName &&
        status.startTime !== undefined &&
        status.phase !== 'Succeeded' &&
        status.phase !== 'Failed',
    )
    .flatMap(hostPorts);
  if (!overlap(hostPorts(pod), taken)) return undefined;
  return {
    reason: 'NodePorts',
    message:
      "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
  };
}
