// Distributes endpoints over slices: at most 100 in each; existing endpoints keep their slice, and as few slices as possible are written.
import { isDeepStrictEqual } from 'node:util';
import type {
  Endpoint,
  EndpointSlice,
  SlicePort,
} from '../../workloads/endpoints/validate-endpoint-slice.ts';

const MAX_ENDPOINTS = 100;

/** Endpoints with the same ports. */
export interface Group {
  ports: SlicePort[];
  endpoints: Endpoint[];
}

/** The content of a slice of one address type. */
type Content = Pick<EndpointSlice, 'ports' | 'endpoints'>;

export interface Plan {
  create: Content[];
  update: { slice: EndpointSlice; content: Content }[];
  delete: EndpointSlice[];
}

const keyOfPorts = (ports: readonly SlicePort[]): string =>
  JSON.stringify(
    ports
      .map(({ name, protocol, port, appProtocol }) => [name, protocol, port, appProtocol])
      .sort((a, b) => (String(a) < String(b) ? -1 : 1)),
  );

const keyOf = ({ addresses, targetRef }: Endpoint): string =>
  `${targetRef?.uid ?? ''} ${[...addresses].sort().join()}`;

const contentOf = (ports: SlicePort[], endpoints: Endpoint[]): Content => ({
  ports: ports.length > 0 ? ports : null,
  endpoints: endpoints.length > 0 ? endpoints : null,
});

/** Groups by equal ports; without endpoints one empty group, so that every Service has a slice. */
export function grouped(all: readonly { ports: SlicePort[]; endpoint: Endpoint }[]): Group[] {
  const groups = new Map<string, Group>();
  for (const { ports, endpoint } of all) {
    const key = keyOfPorts(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    group.endpoints.push(endpoint);
    groups.set(key, group);
  }
  return groups.size > 0 ? [...groups.values()] : [{ ports: [], endpoints: [] }];
}

/** The writes that turn the existing slices into the groups, with at most `most` endpoints in a slice. */
export function planSlices(
  groups: readonly Group[],
  existing: readonly EndpointSlice[],
  most = MAX_ENDPOINTS,
): Plan {
  const plan: Plan = { create: [], update: [], delete: [] };
  const wanted = new Set(groups.map(({ ports }) => keyOfPorts(ports)));
  const free = existing.filter(({ ports }) => !wanted.has(keyOfPorts(ports ?? [])));
  for (const group of groups) {
    const key = keyOfPorts(group.ports);
    planGroup(
      group,
      existing.filter(({ ports }) => keyOfPorts(ports ?? []) === key),
      plan,
      most,
    );
  }
  plan.delete.push(...free);
  // A slice due for deletion takes the content of one due for creation.
  while (plan.create.length > 0 && plan.delete.length > 0) {
    const slice = plan.delete.shift();
    const content = plan.create.shift();
    if (slice && content) plan.update.push({ slice, content });
  }
  return plan;
}

function planGroup(
  { ports, endpoints }: Group,
  slices: readonly EndpointSlice[],
  plan: Plan,
  most: number,
): void {
  const left = new Map(endpoints.map((endpoint) => [keyOf(endpoint), endpoint]));
  const kept = slices.map((slice) => ({
    slice,
    endpoints: (slice.endpoints ?? []).flatMap((endpoint) => take(left, keyOf(endpoint)) ?? []),
  }));
  // The fullest first, so that nearly empty slices run empty and are deleted.
  for (const { endpoints: held } of [...kept].sort(
    (a, b) => b.endpoints.length - a.endpoints.length,
  ))
    for (const key of [...left.keys()].slice(0, Math.max(0, most - held.length)))
      held.push(...(take(left, key) ?? []));
  const more = [...left.values()];
  for (let at = 0; at < more.length; at += most)
    plan.create.push(contentOf(ports, more.slice(at, at + most)));
  const none = endpoints.length === 0;
  if (none && kept.length === 0) plan.create.push(contentOf(ports, []));
  for (const [index, { slice, endpoints: held }] of kept.entries()) {
    if (held.length === 0 && !(none && index === 0)) plan.delete.push(slice);
    else plan.update.push({ slice, content: contentOf(ports, held) });
  }
}

function take(left: Map<string, Endpoint>, key: string): Endpoint[] | undefined {
  const endpoint = left.get(key);
  left.delete(key);
  return endpoint && [endpoint];
}

/** Whether a slice already has this content, whatever the order of its ports. */
export const hasContent = (slice: EndpointSlice, { ports, endpoints }: Content): boolean =>
  keyOfPorts(slice.ports ?? []) === keyOfPorts(ports ?? []) &&
  isDeepStrictEqual(slice.endpoints ?? [], endpoints ?? []);
