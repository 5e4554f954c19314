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
    return [...numberWarning(place, before), ...nameWarning(place, before)];
  });
}

function numberWarning({ field, port }: Place, before: readonly Place[]): string[] {
  const same = before.filter((other) => other.port.containerPort === port.containerPort && (other.port.protocol ?? 'TCP') === (port.protocol ?? 'TCP'));
  const equal = same.find((other) => (other.port.hostPort ?? 0) === (port.hostPort ?? 0) && (other.port.hostIP ?? '') === (port.hostIP ?? ''));
  if (equal) return [`${field}: duplicate port definition with ${equal.field}`];
  const overlap = same.find((other) => (other.port.hostPort ?? 0) === (port.hostPort ?? 0) && (!other.port.hostIP || !port.hostIP));
  if (overlap) return [`${field}: overlapping port definition with ${overlap.field}`];
  const vague = same.find((other) => !other.port.hostPort !== !port.hostPort);
  return vague ? [`${field}: dangerously ambiguous port definition with ${vague.field}`] : [];
}

function nameWarning({ field, port, container }: Place, before: readonly Place[]): string[] {
  const first = before.find((other) => port.name !== undefined && other.port.name === port.name && other.container !== container);
  if (!first) return [];
  return [`${field}: duplicate port name ${quote(port.name ?? '')} with ${first.field}, services and probes that select ports by name will use ${first.field}`];
}
