// What LimitRanges do to a pod (Kubernetes' plugin LimitRanger): defaults of containers before the pod's own rules, bounds after them.
import type { Container, LimitRange, Pod } from '../../kinds/pod.ts';
import { own } from '../../own.ts';
import { podAmounts } from '../model/pod-resources.ts';
import type { Quantity } from '../model/quantity.ts';
import {
  canonicalList,
  compareQuantities,
  parseQuantity,
  printQuantity,
} from '../model/quantity.ts';

type Limit = NonNullable<LimitRange['spec']>['limits'][number];
type List = Record<string, string>;
type Amounts = ReadonlyMap<string, Quantity>;
interface Need {
  requests: Amounts;
  limits: Amounts;
}

const ANNOTATION = 'kubernetes.io/limit-ranger';

/** The pod with the containers' missing requests and limits; `ranges` hold the limits of one LimitRange each. */
export function withLimitDefaults(pod: Pod, ranges: readonly (readonly Limit[])[]): Pod {
  let filled = pod;
  for (const limits of ranges) {
    const ofContainers = limits.filter(({ type }) => type === 'Container');
    filled = fill(
      filled,
      Object.assign({}, ...ofContainers.map((limit) => limit.default ?? {})) as List,
      Object.assign({}, ...ofContainers.map(({ defaultRequest }) => defaultRequest ?? {})) as List,
    );
  }
  return filled;
}

function fill(pod: Pod, limits: List, requests: List): Pod {
  const said: string[] = [];
  const filled =
    (what: string) =>
    (container: Container): Container => {
      const given = container.resources ?? {};
      const missing = (defaults: List, list: List | undefined): string[] =>
        Object.keys(defaults).filter((name) => own(list, name) === undefined);
      const sets = [
        [missing(requests, given.requests), 'request'],
        [missing(limits, given.limits), 'limit'],
      ] as const;
      for (const [names, list] of sets)
        if (names.length > 0)
          said.push(`${[...names].sort().join(', ')} ${list} for ${what} ${container.name}`);
      if (sets.every(([names]) => names.length === 0)) return container;
      return {
        ...container,
        resources: {
          ...given,
          ...listed('limits', { ...limits, ...given.limits }),
          ...listed('requests', { ...requests, ...given.requests }),
        },
      };
    };
  const { containers, initContainers } = pod.spec;
  const spec = {
    ...pod.spec,
    containers: containers.map(filled('container')),
    ...(initContainers && { initContainers: initContainers.map(filled('init container')) }),
  };
  if (said.length === 0) return pod;
  const annotations = {
    ...pod.metadata.annotations,
    [ANNOTATION]: `LimitRanger plugin set: ${said.join('; ')}`,
  };
  return { ...pod, metadata: { ...pod.metadata, annotations }, spec };
}

const listed = (name: 'limits' | 'requests', list: List): { [name: string]: List } =>
  Object.keys(list).length > 0 ? { [name]: canonicalList(list) } : {};

const amountsOf = (list: List | undefined): Amounts =>
  new Map(
    Object.entries(list ?? {}).flatMap(([name, text]): [string, Quantity][] => {
      const amount = parseQuantity(text);
      return amount ? [[name, amount]] : [];
    }),
  );

/** What of the pod lies outside of the limits: texts for one refusal, in Kubernetes' order. */
export function limitProblems({ spec }: Pod, limits: readonly Limit[]): string[] {
  const containers = [...spec.containers, ...(spec.initContainers ?? [])].map(({ resources }) => ({
    requests: amountsOf(resources?.requests),
    limits: amountsOf(resources?.limits),
  }));
  const whole = { requests: podAmounts(spec, 'requests'), limits: podAmounts(spec, 'limits') };
  return limits.flatMap((limit) => {
    const needs = limit.type === 'Container' ? containers : limit.type === 'Pod' ? [whole] : [];
    return needs.flatMap((need) => [
      ...each(limit.min).flatMap((bound) => minimumProblem(bound, limit.type, need)),
      ...each(limit.max).flatMap((bound) => maximumProblem(bound, limit.type, need)),
      ...each(limit.maxLimitRequestRatio).flatMap((bound) => ratioProblem(bound, limit.type, need)),
    ]);
  });
}

const each = (list: List | undefined): [string, Quantity][] =>
  [...amountsOf(list)].sort(([left], [right]) => (left < right ? -1 : 1));

function minimumProblem([name, least]: [string, Quantity], type: string, need: Need): string[] {
  const says = `minimum ${name} usage per ${type} is ${printQuantity(least)}`;
  const request = need.requests.get(name);
  const limit = need.limits.get(name);
  if (!request) return [`${says}.  No request is specified`];
  if (compareQuantities(request, least) < 0)
    return [`${says}, but request is ${printQuantity(request)}`];
  return limit && compareQuantities(limit, least) < 0
    ? [`${says}, but limit is ${printQuantity(limit)}`]
    : [];
}

function maximumProblem([name, most]: [string, Quantity], type: string, need: Need): string[] {
  const says = `maximum ${name} usage per ${type} is ${printQuantity(most)}`;
  const request = need.requests.get(name);
  const limit = need.limits.get(name);
  if (!limit) return [`${says}.  No limit is specified`];
  if (compareQuantities(limit, most) > 0) return [`${says}, but limit is ${printQuantity(limit)}`];
  return request && compareQuantities(request, most) > 0
    ? [`${says}, but request is ${printQuantity(request)}`]
    : [];
}

function ratioProblem([name, most]: [string, Quantity], type: string, need: Need): string[] {
  const says = `${name} max limit to request ratio per ${type} is ${printQuantity(most)}`;
  const request = need.requests.get(name);
  const limit = need.limits.get(name);
  if (!request?.digits) return [`${says}, but no request is specified or request is 0`];
  if (!limit?.digits) return [`${says}, but no limit is specified or limit is 0`];
  const ratio = asNumber(limit) / asNumber(request);
  return ratio > asNumber(most) ? [`${says}, but provided ratio is ${ratio.toFixed(6)}`] : [];
}

/** As `limitProblems`, for what a claim requests. */
export function claimLimitProblems(
  requests: Readonly<Record<string, unknown>>,
  limits: readonly Limit[],
): string[] {
  const texts = Object.entries(requests).map(([name, amount]) => [name, String(amount)]);
  const asked = amountsOf(Object.fromEntries(texts) as List);
  // A claim has no limit: the greatest amount bounds the request.
  return limits
    .filter(({ type }) => type === 'PersistentVolumeClaim')
    .flatMap((limit) => [
      ...each(limit.min).flatMap((bound) =>
        minimumProblem(bound, limit.type, { requests: asked, limits: new Map() }),
      ),
      ...each(limit.max).flatMap((bound) =>
        maximumProblem(bound, limit.type, { requests: new Map(), limits: asked }).map((text) =>
          text.replace('No limit is', 'No request is').replace('but limit is', 'but request is'),
        ),
      ),
    ]);
}

const asNumber = ({ digits, exponent }: Quantity): number => Number(digits) * 10 ** exponent;
