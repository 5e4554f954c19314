// Resources at pod level: values that are filled in from the containers, and the sums that validation and size share.
import type { Container, PodSpec } from '../../kinds/pod.ts';
import { own, setOwn } from '../../own.ts';
import {
  addQuantities,
  canonicalList,
  compareQuantities,
  parseQuantity,
  printQuantity,
  type Quantity,
} from './quantity.ts';
import { present } from '../../present.ts';

/** The resource names that `spec.resources` may contain. */
export const isPodLevelResource = (name: string): boolean =>
  name === 'cpu' || name === 'memory' || name.startsWith('hugepages-');

const more = (left: Quantity | undefined, right: Quantity | undefined): Quantity | undefined =>
  !left ? right : !right || compareQuantities(left, right) >= 0 ? left : right;

const plus = (left: Quantity | undefined, right: Quantity | undefined): Quantity | undefined =>
  left && right ? addQuantities(left, right) : (left ?? right);

const amountOf = (
  { resources }: Pick<Container, 'resources'>,
  list: 'limits' | 'requests',
  name: string,
): Quantity | undefined => {
  const text = own(resources?.[list], name);
  return text === undefined ? undefined : parseQuantity(text);
};

/** The pod's need of a resource at any time: containers and sidecars together, or the largest init container beside the sidecars before it. */
export const aggregateRequest = (spec: PodSpec, name: string): Quantity | undefined =>
  aggregate(spec, 'requests', name);

/** What the containers may need or use of a resource at any time, as `aggregateRequest`. */
function aggregate(spec: PodSpec, list: 'limits' | 'requests', name: string): Quantity | undefined {
  let running: Quantity | undefined;
  for (const container of spec.containers) running = plus(running, amountOf(container, list, name));
  let sidecars: Quantity | undefined;
  let starting: Quantity | undefined;
  for (const container of spec.initContainers ?? []) {
    const own = plus(amountOf(container, list, name), sidecars);
    if (container.restartPolicy === 'Always') sidecars = own;
    starting = more(starting, own);
  }
  return more(plus(running, sidecars), starting);
}

/** `spec.resources` with missing requests taken from the containers' sums, else from the limits. */
export function fillPodResources(spec: PodSpec): NonNullable<PodSpec['resources']> {
  const given = spec.resources ?? {};
  const limits = given.limits && canonicalList(given.limits);
  const requests = given.requests ? canonicalList(given.requests) : {};
  for (const [name, limit] of Object.entries(limits ?? {})) {
    if (own(requests, name) !== undefined || !isPodLevelResource(name)) continue;
    const sum = aggregateRequest(spec, name);
    setOwn(requests, name, sum ? printQuantity(sum) : limit);
  }
  return {
    ...given,
    ...present({ limits }),
    ...(Object.keys(requests).length > 0 && { requests }),
  };
}

/** The pod's request or limit of each resource that one of its containers names, or `spec.resources` where that names it; without overhead. */
export function podAmounts(spec: PodSpec, list: 'limits' | 'requests'): Map<string, Quantity> {
  const amounts = new Map<string, Quantity>();
  const holders = [...spec.containers, ...(spec.initContainers ?? [])];
  for (const name of new Set(
    holders.flatMap(({ resources }) => Object.keys(resources?.[list] ?? {})),
  )) {
    const amount = aggregate(spec, list, name);
    if (amount) amounts.set(name, amount);
  }
  for (const name of Object.keys(spec.resources?.[list] ?? {})) {
    const amount = isPodLevelResource(name) ? amountOf(spec, list, name) : undefined;
    if (amount) amounts.set(name, amount);
  }
  return amounts;
}
