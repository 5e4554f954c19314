// Resources at pod level: values that are filled in from the containers, and the sums that validation and size share.
import type { Container, PodSpec } from '../../kinds/pod.ts';
import { own, setOwn } from '../../own.ts';
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  parseQuantity,
  printQuantity,
  type Quantity,
} from './quantity.ts';

/** The resource names that `spec.resources` may contain. */
export const isPodLevelResource = (name: string): boolean =>
  name === 'cpu' || name === 'memory' || name.startsWith('hugepages-');

const more = (left: Quantity | undefined, right: Quantity | undefined): Quantity | undefined =>
  !left ? right : !right || compareQuantities(left, right) >= 0 ? left : right;

const plus = (left: Quantity | undefined, right: Quantity | undefined): Quantity | undefined =>
  left && right ? addQuantities(left, right) : (left ?? right);

const requestOf = (container: Container, name: string): Quantity | undefined => {
  const text = own(container.resources?.requests, name);
  return text === undefined ? undefined : parseQuantity(text);
};

/** The pod's need of a resource at any time: containers and sidecars together, or the largest init container beside the sidecars before it. */
export function aggregateRequest(spec: PodSpec, name: string): Quantity | undefined {
  let running: Quantity | undefined;
  for (const container of spec.containers) running = plus(running, requestOf(container, name));
  let sidecars: Quantity | undefined;
  let starting: Quantity | undefined;
  for (const container of spec.initContainers ?? []) {
    const own = plus(requestOf(container, name), sidecars);
    if (container.restartPolicy === 'Always') sidecars = own;
    starting = more(starting, own);
  }
  return more(plus(running, sidecars), starting);
}

/** `spec.resources` with missing requests taken from the containers' sums, else from the limits. */
export function fillPodResources(spec: PodSpec): NonNullable<PodSpec['resources']> {
  const given = spec.resources ?? {};
  const canonical = (list: Record<string, string>): Record<string, string> =>
    Object.fromEntries(
      Object.entries(list).map(([name, text]) => [name, canonicalQuantity(text, { milli: true })]),
    );
  const limits = given.limits && canonical(given.limits);
  const requests = given.requests ? canonical(given.requests) : {};
  for (const [name, limit] of Object.entries(limits ?? {})) {
    if (own(requests, name) !== undefined || !isPodLevelResource(name)) continue;
    const sum = aggregateRequest(spec, name);
    setOwn(requests, name, sum ? printQuantity(sum) : limit);
  }
  return {
    ...given,
    ...(limits && { limits }),
    ...(Object.keys(requests).length > 0 && { requests }),
  };
}
