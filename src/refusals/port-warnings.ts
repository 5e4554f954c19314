// Warnings of container ports that two definitions share.
import type { Container } from '../kinds/pod.ts';
import { quote } from '../validation/field-errors.ts';

type Port = NonNullable<Container['ports']>[number];
interface Place {
  field: string;
  port: Port;
  container: string;
}

/** Findings about one kind of clash; nobody reads more, and equal ports clash in pairs. */
const MAX_CLASHES = 100;

/** Warnings over all containers, in their order. */
export function portWarnings(containers: readonly (readonly [string, Container])[]): string[] {
  const places = containers.flatMap(([container, { ports = [] }]) =>
    ports.map((port, index): Place => ({ field: `${container}.ports[${index}]`, port, container })),
  );
  const numbers = new Map<string, Place[]>();
  const names = new Map<string, Place>();
  const warnings: string[] = [];
  for (const place of places) {
    const { containerPort, protocol = 'TCP', name } = place.port;
    const same = group(numbers, `${containerPort}/${protocol}`);
    if (warnings.length < MAX_CLASHES)
      warnings.push(...numberWarnings(place, same), ...nameWarning(place, names.get(name ?? '')));
    if (same.length < MAX_CLASHES) same.push(place);
    if (name && !names.has(name)) names.set(name, place);
  }
  return warnings.slice(0, MAX_CLASHES);
}

function group(groups: Map<string, Place[]>, key: string): Place[] {
  const known = groups.get(key) ?? [];
  groups.set(key, known);
  return known;
}

function numberWarnings({ field, port }: Place, same: readonly Place[]): string[] {
  return same.flatMap((other) => {
    const word = clash(port, other.port);
    return word === undefined ? [] : [`${field}: ${word} port definition with ${other.field}`];
  });
}

function clash(port: Port, other: Port): string | undefined {
  const [hostPort, otherHostPort] = [port.hostPort ?? 0, other.hostPort ?? 0];
  const [hostIP, otherHostIP] = [port.hostIP ?? '', other.hostIP ?? ''];
  if (hostPort === otherHostPort && hostIP === otherHostIP) return 'duplicate';
  if (hostPort === 0 || otherHostPort === 0) return 'overlapping';
  return hostPort === otherHostPort && (hostIP === '') !== (otherHostIP === '')
    ? 'dangerously ambiguous'
    : undefined;
}

/** Names may repeat within a container's own ports only by mistake, which validation refuses. */
function nameWarning({ field, port, container }: Place, first: Place | undefined): string[] {
  if (first === undefined || first.container === container) return [];
  return [
    `${field}: duplicate port name ${quote(port.name ?? '')} with ${first.field}, services and probes that select ports by name will use ${first.field}`,
  ];
}
