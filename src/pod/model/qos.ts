// The quality of service class of a pod, set once at creation.
import type { Pod } from '../../kinds/pod.ts';
import { own } from '../../own.ts';
import { addQuantities, compareQuantities, parseQuantity, type Quantity } from './quantity.ts';

export type QosClass = 'BestEffort' | 'Burstable' | 'Guaranteed';
type Resources = { requests?: Record<string, string>; limits?: Record<string, string> };
type Sums = Map<string, Quantity>;

const COUNTED = ['cpu', 'memory'];

function add(sums: Sums, list: Record<string, string> | undefined): string[] {
  const counted = COUNTED.filter((name) => {
    const text = own(list, name);
    const quantity = text === undefined ? undefined : parseQuantity(text);
    if (!quantity || quantity.digits <= 0n) return false;
    const sum = sums.get(name);
    sums.set(name, sum ? addQuantities(sum, quantity) : quantity);
    return true;
  });
  return counted;
}

/** BestEffort, Burstable or Guaranteed, from cpu and memory of `spec.resources` or else of all containers. */
export function qosClass({ spec }: Pick<Pod, 'spec'>): QosClass {
  const requests: Sums = new Map();
  const limits: Sums = new Map();
  const holders: Resources[] = spec.resources
    ? [spec.resources]
    : [...spec.containers, ...(spec.initContainers ?? [])].map(({ resources }) => resources ?? {});
  const limited = holders.map((resources) => {
    add(requests, resources.requests);
    return add(limits, resources.limits).length === COUNTED.length;
  });
  if (requests.size === 0 && limits.size === 0) return 'BestEffort';
  const equal = [...requests].every(([name, request]) => {
    const limit = limits.get(name);
    return limit !== undefined && compareQuantities(limit, request) === 0;
  });
  return limited.every(Boolean) && equal && requests.size === limits.size
    ? 'Guaranteed'
    : 'Burstable';
}
