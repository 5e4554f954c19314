// Warnings of container ports that two definitions share.
import type { Container } from '../kinds/pod.ts';
import { quote } from '../validation/field-errors.ts';

type Port = NonNullable<Container['ports']>[number];
interface Place {
  field: string;
  port: Port;
  container: string;
}

/** Warnings over all containers, in their order. */
export function portWarnings(containers: readonly (readonly [string, Container])[]): string[] {
  const places = containers.flatMap(([container, { ports = [] }]) => ports.map((port, index): Place => ({ field: `${container}.ports[${index}]`, port, container })));
  return places.flatMap((place, index) => {
    const before = places.slice(0, index);
    return [...numberWarnings(place, before), ...nameWarning(place, before)];
  });
}

function numberWarnings({ field, port }: Place, before: readonly Place[]): string[] {
  const same = before.filter((other) => other.port.containerPort === port.containerPort && (other.port.protocol ?? 'TCP') === (port.protocol ?? 'TCP'));
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
  return hostPort === otherHostPort && (hostIP === '') !== (otherHostIP === '') ? 'dangerously ambiguous' : undefined;
}

function nameWarning({ field, port, container }: Place, before: readonly Place[]): string[] {
  const first = before.find((other) => port.name !== undefined && other.port.name === port.name && other.container !== container);
  if (!first) return [];
  return [`${field}: duplicate port name ${quote(port.name ?? '')} with ${first.field}, services and probes that select ports by name will use ${first.field}`];
}
