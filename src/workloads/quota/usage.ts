// How much of each resource an object uses, under every name that a quota may count it by (pkg/quota/v1/evaluator/core).
import type { KubeObject, PodSpec, Service } from '../../kinds/pod.ts';
import { isMap, own } from '../../own.ts';
import { podAmounts } from '../../pod/model/pod-resources.ts';
import { toPod } from '../../pod/model/to-pod.ts';
import type { Quantity } from '../../pod/model/quantity.ts';
import { addQuantities, parseQuantity } from '../../pod/model/quantity.ts';
import type { Amounts } from './amounts.ts';
import { count, plus } from './amounts.ts';

/** Kinds that also have a name from before `count/`. */
const NAMED = ['configmaps', 'replicationcontrollers', 'resourcequotas', 'secrets'];
const COMPUTE = ['cpu', 'memory', 'ephemeral-storage'];
const OF_CLASS = '.storageclass.storage.k8s.io/';

/** The kind of object that a quota's resource name counts; undefined: none. */
export function countedBy(name: string): string | undefined {
  if (name.startsWith('count/')) return name.slice('count/'.length);
  if (NAMED.includes(name)) return name;
  if (name === 'services' || name.startsWith('services.')) return 'services';
  if (name === 'persistentvolumeclaims' || name === 'requests.storage' || name.includes(OF_CLASS))
    return 'persistentvolumeclaims';
  return 'pods';
}

/** What an object of `resource` (its name in the store) uses at `now`. */
export function usageOf(resource: string, object: KubeObject, now: Date): Amounts {
  const counted: Amounts = new Map([
    [`count/${resource}`, count(1)],
    ...(NAMED.includes(resource) ? [[resource, count(1)] as const] : []),
  ]);
  switch (resource) {
    case 'pods':
      return isCounted(object, now) ? plus(counted, podUsage(toPod(object).spec)) : counted;
    case 'services':
      return plus(counted, serviceUsage(object as Service));
    case 'persistentvolumeclaims':
      return plus(counted, claimUsage(object));
    default:
      return counted;
  }
}

/** A pod counts until it ends, or until its grace period has passed once more after its deletion timestamp. */
function isCounted(object: KubeObject, now: Date): boolean {
  const { phase } = toPod(object).status;
  const end = uncountedAt(object);
  return phase !== 'Succeeded' && phase !== 'Failed' && (end === undefined || now <= end);
}

/** When a pod that is being deleted stops counting. */
export function uncountedAt({ metadata }: KubeObject): Date | undefined {
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return undefined;
  return new Date(new Date(deletionTimestamp).getTime() + deletionGracePeriodSeconds * 1000);
}

function podUsage(spec: PodSpec): Amounts {
  const overhead = spec.overhead ?? {};
  const requests = new Map(podAmounts(spec, 'requests'));
  const limits = new Map(podAmounts(spec, 'limits'));
  for (const [name, text] of Object.entries(overhead)) {
    const amount = parseQuantity(text);
    const limit = limits.get(name);
    if (!amount) continue;
    requests.set(name, addTo(requests.get(name), amount));
    if (limit?.digits) limits.set(name, addQuantities(limit, amount));
  }
  return new Map([['pods', count(1)], ...computeNames(requests, limits)]);
}

const addTo = (sum: Quantity | undefined, amount: Quantity): Quantity =>
  sum ? addQuantities(sum, amount) : amount;

/** The names under which quotas count what containers request. */
export function computeNames(requests: Amounts, limits: Amounts): [string, Quantity][] {
  const named: [string, Quantity][] = [];
  for (const [name, amount] of requests) {
    const isCompute = COMPUTE.includes(name) || name.startsWith('hugepages-');
    if (isCompute) named.push([name, amount]);
    if (isCompute || name.includes('/')) named.push([`requests.${name}`, amount]);
  }
  for (const [name, amount] of limits)
    if (COMPUTE.includes(name)) named.push([`limits.${name}`, amount]);
  return named;
}

function serviceUsage({ spec = {} }: Service): Amounts {
  const ports = spec.ports ?? [];
  const all = spec.type === 'NodePort' || spec.allocateLoadBalancerNodePorts !== false;
  const isBalanced = spec.type === 'LoadBalancer';
  const onNodes = isBalanced || spec.type === 'NodePort';
  const open = onNodes ? ports.filter(({ nodePort }) => all || (nodePort ?? 0) > 0).length : 0;
  return new Map([
    ['services', count(1)],
    ['services.nodeports', count(open)],
    ['services.loadbalancers', count(isBalanced ? 1 : 0)],
  ]);
}

function claimUsage(object: KubeObject): Amounts {
  const spec = isMap(object['spec']) ? object['spec'] : {};
  const resources = isMap(spec['resources']) ? spec['resources'] : {};
  const requests = isMap(resources['requests']) ? resources['requests'] : {};
  const asked = own(requests, 'storage');
  const storage = typeof asked === 'string' ? parseQuantity(asked) : undefined;
  const usage: [string, Quantity][] = [
    ['persistentvolumeclaims', count(1)],
    ...(storage ? [['requests.storage', storage] as [string, Quantity]] : []),
  ];
  const storageClass = spec['storageClassName'];
  if (typeof storageClass !== 'string' || storageClass === '') return new Map(usage);
  return new Map(
    usage.flatMap(([name, amount]): [string, Quantity][] => [
      [name, amount],
      [`${storageClass}${OF_CLASS}${name}`, amount],
    ]),
  );
}
